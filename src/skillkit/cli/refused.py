"""What tools of this kind have and skillkit has not: why, and what to type in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple


class Refusal(NamedTuple):
    """Why a command is not here, and which one does what it was for."""

    why: str
    instead: str


_NOTHING_TO_SYNC: Final = "connectors are files on this machine, and there is no server to keep them in step with"
_OWN_FILES: Final = "put a connector's folder into SKILLKIT_HOME/connectors; skillkit connector check says whether it is one"
_NO_AGENT: Final = "no agent works here but the one that asks: it does the work itself"

REFUSED: Final[Mapping[str, Refusal]] = {
    "credentials": Refusal(
        "a secret is never handed to an agent, nor shown to anybody",
        "skillkit request CONNECTION PATH sends what is signed with it; skillkit connection list shows what is connected",
    ),
    "token": Refusal(
        "a secret is never handed to an agent, and nothing here needs a token",
        "skillkit request CONNECTION PATH sends what is signed; skillkit status shows what is here",
    ),
    "agent-session": Refusal(
        _NO_AGENT, "skillkit connection ensure APP connects an account; skillkit action list --intent TEXT finds what it can do"
    ),
    "init": Refusal("there is no workspace elsewhere to set up, and no key of one", "skillkit login makes the vault ready"),
    "pull": Refusal(_NOTHING_TO_SYNC, "skillkit connector list shows what is here"),
    "push": Refusal(_NOTHING_TO_SYNC, _OWN_FILES),
    "diff": Refusal(_NOTHING_TO_SYNC, "skillkit connector list shows what is here"),
    "workspace": Refusal("there is one workspace, and it is on this machine", "skillkit status shows what is in it"),
    "workspace init": Refusal("there is one workspace, and it is on this machine", "skillkit login makes its vault ready"),
    "workspace pull": Refusal(_NOTHING_TO_SYNC, "skillkit connector list shows what is here"),
    "workspace push": Refusal(_NOTHING_TO_SYNC, _OWN_FILES),
    "workspace diff": Refusal(_NOTHING_TO_SYNC, "skillkit connector list shows what is here"),
    # Another tool of the same name types these.
    "catalog": Refusal("the apps are called connectors here", "skillkit connector list"),
    "connections": Refusal("a command has its noun in the singular here", "skillkit connection list"),
    "disconnect": Refusal("forgetting an account is a verb of its noun here", "skillkit connection delete CONNECTION"),
    "hook": Refusal("nothing has to be told when a session begins", "skillkit status shows what is here"),
}
# What hints to whoever types more words behind a command than it takes.
WORDLESS: Final[Mapping[str, str]] = {
    "connect": "skillkit connect --connectorKey KEY",
}


def refusal(words: Sequence[str]) -> Refusal | None:
    """Return why a line is refused whose first words name no command, or nothing when it is only unknown."""
    verb = " ".join(words[:2])
    return REFUSED.get(verb) or REFUSED.get(words[0])
