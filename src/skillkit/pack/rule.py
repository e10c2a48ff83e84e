"""Why an agent does not see a skill, or not as it was meant: one rule a function, as their real clients were observed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from skillkit.agent import Reads

# As the specification has it; some drop what has a longer name.
LONGEST_NAME: Final = 64


class Seen(NamedTuple):
    """A skill in a folder that an agent reads, as it lies there."""

    path: str
    scope: str
    # What its folder is called, and it itself.
    folder: str
    name: str
    description: str
    # Whether its page begins with a frontmatter, and whether that could be read at all.
    framed: bool = True
    told: bool = True
    # What its page is called, if that is nearly SKILL.md.
    spelled: str = ""
    bom: bool = False
    # It lies in a folder of a folder.
    nested: bool = False
    # It is a symbolic link that leads out of the folder that is read.
    linked: bool = False
    # It is in the first folder of that scope, the agent's own.
    own: bool = True
    # Commands that it says it needs, and that are not on PATH.
    lacking: tuple[str, ...] = ()
    # The user has told the agent to trust the folder of the project.
    trusted: bool = True


Rule = Callable[[str, Reads, Seen], str]


def _misspelled(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    return f"its page is called {seen.spelled}, and has to be SKILL.md" if seen.spelled else ""


def _begins_with_bom(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    return _for(agent, "codex", "gemini-cli", text="its page begins with a byte order mark" if seen.bom else "")


def _bare(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    text = "its page does not begin with a frontmatter, between two lines of ---" if not seen.framed else ""
    return _for(agent, "codex", "gemini-cli", "github-copilot", "opencode", "openclaw", "qwen-code", text=text)


def _unreadable(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    broken = seen.framed and not seen.told
    text = "its frontmatter is no YAML; a colon in the description has to be in quotes" if broken else ""
    return _for(agent, "github-copilot", "cline", text=text)


def _nameless(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    return _for(agent, "opencode", "gemini-cli", "qwen-code", text="" if seen.name or not seen.told else "it has no name")


def _undescribed(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    text = "" if seen.description or not seen.told else "it has no description"
    return _for(agent, "codex", "gemini-cli", "qwen-code", "openclaw", text=text)


def _long_name(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    long = len(seen.name) > LONGEST_NAME
    return _for(agent, "codex", "github-copilot", text=f"its name has more than {LONGEST_NAME} characters" if long else "")


def _long_description(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    long = reads.drops and len(seen.description) > reads.longest
    return f"its description has {len(seen.description):,} characters, more than {reads.longest:,}" if long else ""


def _nested(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    text = "it lies in a folder of a folder" if seen.nested else ""
    return _for(agent, "claude-code", "gemini-cli", "qwen-code", "cline", text=text)


def _linked(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    escapes = reads.root and seen.scope == "project" and seen.own and seen.linked
    return "it is a symbolic link that leads out of the agent's project" if escapes else ""


def _untrusted(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    hidden = reads.trusts and seen.scope == "project" and not seen.trusted
    return "the user has not told the agent to trust this project" if hidden else ""


def _lacking(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    return _for(agent, "openclaw", text=f"it needs {', '.join(seen.lacking)} on PATH" if seen.lacking else "")


def _misnamed(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    return f"it is called {seen.name}, and its folder {seen.folder}" if seen.name not in {"", seen.folder} else ""


def _cut(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    long = reads.longest and not reads.drops and len(seen.description) > reads.longest
    return f"its description is cut to {reads.longest:,} of {len(seen.description):,} characters" if long else ""


def _name_alone(agent: str, reads: Reads, seen: Seen) -> str:  # noqa: ARG001 - a row of the table
    return "the agent is told its name alone, and not its description" if reads.names_only else ""


# What keeps an agent from seeing a skill; and what it should be known for all the same.
HIDING: Final[tuple[Rule, ...]] = (
    _misspelled,
    _begins_with_bom,
    _bare,
    _unreadable,
    _nameless,
    _undescribed,
    _long_name,
    _long_description,
    _nested,
    _linked,
    _untrusted,
    _lacking,
)
NOTED: Final[tuple[Rule, ...]] = (_misnamed, _cut, _name_alone)


def hidden(agent: str, reads: Reads, seen: Seen) -> tuple[str, ...]:
    """Return everything that keeps an agent from seeing a skill; nothing when it sees it."""
    return _broken(HIDING, agent, reads, seen)


def noted(agent: str, reads: Reads, seen: Seen) -> tuple[str, ...]:
    """Return what is odd about a skill that an agent sees."""
    return _broken(NOTED, agent, reads, seen)


def cost(reads: Reads, seen: Seen) -> int:
    """Return how many characters a skill takes in the agent's list of all skills."""
    name = len(seen.name or seen.folder) + reads.each
    if reads.names_only:
        return name
    return name + (min(len(seen.description), reads.longest) if reads.longest else len(seen.description))


def _broken(rules: tuple[Rule, ...], agent: str, reads: Reads, seen: Seen) -> tuple[str, ...]:
    return tuple(filter(None, (rule(agent, reads, seen) for rule in rules)))


def _for(agent: str, *agents: str, text: str) -> str:
    return text if agent in agents else ""
