"""The pages that only say something, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from skillkit.door import Reply
from skillkit.signin import page
from skillkit.signin.links import Link

# What leads on where the page cannot; a notice that is not here needs nothing more.
COMMANDS: Final[Mapping[str, str]] = {
    "unknown": "skillkit connection list",
    "gone": "skillkit connection list",
    "opened": "skillkit connect --connectionId {id}",
    "expired": "skillkit connect --connectionId {id}",
    "trouble": "skillkit status",
}


def notice(
    spoken: str,
    key: str,
    status: int,
    *,
    app: str = "",
    message: str = "",
    again: str = "",
    again_words: str = "",
    link: Link | None = None,
) -> Reply:
    """Return the page that says the words of `key`; `again` is where its button leads."""
    return page.rendered(
        "notice",
        spoken,
        status,
        title=page.said(spoken, f"{key}_title", app=app),
        letter=page.letter(app) if app else "",
        lead=page.said(spoken, f"{key}_lead", app=app),
        message=message,
        again=again,
        again_words=again_words or page.said(spoken, "again"),
        command=COMMANDS.get(key, "").format(id=link.connection if link else ""),
    )
