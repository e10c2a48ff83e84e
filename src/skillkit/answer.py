"""What an app's answer means: its rows or its result, or which kind of error it is and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from skillkit.connector import Action, Errors, Rate, Rule
from skillkit.document import MISSING, Json, Missing, at, dump, find, first, parse, text
from skillkit.errors import BY_KIND, SkillkitError, Upstream
from skillkit.request import Response
from skillkit.retry import retry_after

NOT_MODIFIED: Final = 304
LONGEST_MESSAGE: Final = 500
LONGEST_CODE: Final = 80

KINDS: Final[Mapping[int, str]] = {
    400: "invalid_input",
    401: "auth",
    402: "quota",
    403: "permission",
    404: "not_found",
    408: "unavailable",
    409: "conflict",
    410: "not_found",
    412: "conflict",
    413: "invalid_input",
    415: "invalid_input",
    422: "invalid_input",
    423: "conflict",
    425: "unavailable",
    429: "rate_limited",
    502: "unavailable",
    503: "unavailable",
    504: "unavailable",
}
HINTS: Final[Mapping[str, str]] = {
    "auth": "the user signs in again: skillkit connect --connectionId KEY",
    "permission": "the account may not do this; its owner can allow it in the app",
    "rate_limited": "wait, then try again",
    "unavailable": "the app has trouble of its own; try again later",
    "not_found": "check the id; a list action shows the ones there are",
}


def failure(errors: Errors, response: Response, now: float, rate: Rate | None = None) -> SkillkitError | None:
    """Return the error that an answer is, or None when it is none; an app may also say so inside a 200."""
    if response.status == NOT_MODIFIED or (response.status < 300 and not errors.fail_when):
        return None
    if 300 <= response.status < 400:
        return _redirect(response)
    said = _said(response)
    if response.status < 300 and not holds(errors.fail_when, said):
        return None
    code = at(said, errors.code) if errors.code else None
    rule = _rule(errors, response.status, "" if code is None else text(code))
    kind = rule.kind if rule else KINDS.get(response.status, "upstream")
    return BY_KIND[kind](
        _message(errors, said, response, code),
        hint=(rule.hint if rule else "") or HINTS.get(kind, ""),
        status=response.status,
        retry_after=retry_after(response, rate, now),
    )


def holds(wanted: Mapping[str, Any], document: Json) -> bool:
    """
    Return whether every path has its value, or one of its values; a condition of nothing never holds.

    >>> holds({"status": ["done", "ready"]}, {"status": "done"})
    True
    """
    return bool(wanted) and all(_equals(find(document, path), value) for path, value in wanted.items())


def rows(action: Action, document: Json) -> list[Json]:
    """Return the rows of a list's page."""
    found = first(document, action.items)
    if isinstance(found, list):
        return found
    what = "nothing" if isinstance(found, Missing) else dump(found)[:80]
    raise Upstream(
        f"{action.id}: the answer has {what} where its rows should be ({', '.join(action.items)})",
        hint="skillkit run show ID has the answer as it came",
    )


def result(action: Action, document: Json) -> Json:
    """Return the record an answer is about."""
    if not action.result:
        return document
    found = first(document, action.result)
    if isinstance(found, Missing):
        raise Upstream(f"{action.id}: the answer has nothing at {', '.join(action.result)}")
    return found


def failed(action: Action, document: Json) -> list[Json]:
    """Return what a partial success says of the part that failed."""
    found = find(document, action.errors.partial) if action.errors.partial else MISSING
    return found if isinstance(found, list) else []


def same(left: Json, right: Json) -> bool:
    """Return whether two values mean the same: an id may be a number in one place and a text in another."""
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return left == right
    if isinstance(left, str) or isinstance(right, str):
        return str(left) == str(right)
    return left == right


def _equals(found: Json | Missing, wanted: Any) -> bool:
    if isinstance(found, Missing):
        return False
    return any(same(found, value) for value in wanted) if isinstance(wanted, list) else same(found, wanted)


def _said(response: Response) -> Json:
    try:
        return parse(response.content) if response.content.strip() else None
    except ValueError:
        return None


def _rule(errors: Errors, status: int, code: str) -> Rule | None:
    for rule in errors.rules:
        if (not rule.statuses or status in rule.statuses) and (not rule.codes or code in rule.codes):
            return rule
    return None


def _message(errors: Errors, said: Json, response: Response, code: Json) -> str:
    for path in errors.message:
        found = at(said, path)
        if found not in ("", None):
            return (found if isinstance(found, str) else dump(found))[:LONGEST_MESSAGE]
    # Not a word of an HTML page: it is written for a browser, and by whoever stood in the way.
    told = "" if code in ("", None) else f" with code {text(code)[:LONGEST_CODE]}"
    return f"the app answered {response.status}{told}"


def _redirect(response: Response) -> SkillkitError:
    # Only the host: what follows it may be a signed link.
    found = re.match(r"([A-Za-z]{1,10}:)?//(?:[^/?#@]*@)?([\w.-]{1,253})", response.headers.get("location", ""), re.ASCII)
    where = f"{found[1] or ''}//{found[2]}" if found else "another path"
    return Upstream(
        f"the app answered {response.status} and points to {where}; the credential is not sent after it",
        status=response.status,
        hint="if the account has moved, connect it again with its new address",
    )
