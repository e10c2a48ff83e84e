"""The table of agents: what each is called, how it is recognised, and what its harness means for a command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from skillkit.errors import InvalidInput

LONGEST_NAME: Final = 40
# As long as the shortest limit on one command that is common; who is known to be given more has it in its row.
SECONDS: Final = 60


class Agent(NamedTuple):
    """An agent that types commands here, and what is known of whoever runs it."""

    id: str
    title: str
    # What people call it too; case, spaces and underscores make no difference.
    aliases: tuple[str, ...] = ()
    # Variables that it sets for the commands it runs; `NAME=value` where only that value tells.
    marks: tuple[str, ...] = ()
    # Variables that are there with it, and may be there without it: what an editor sets for every terminal, or a person.
    traces: tuple[str, ...] = ()
    # How long one command of it may well take.
    seconds: int = SECONDS
    # Its person may read it on another device, where a link to this computer opens nothing.
    elsewhere: bool = False


# The first whose mark is there is the one. `seconds` stays a little below what the harness documents.
AGENTS: Final = (
    Agent("cowork", "Claude Cowork", ("claude-cowork",), ("CLAUDE_CODE_IS_COWORK",), seconds=100, elsewhere=True),
    Agent("claude-code", "Claude Code", ("claude",), ("CLAUDECODE", "CLAUDE_CODE"), seconds=100),
    # Its shell goes on with what takes more than ten seconds, and asks again.
    Agent("codex", "Codex", ("codex-cli", "openai-codex"), ("CODEX_THREAD_ID", "CODEX_SANDBOX", "CODEX_CI")),
    # It ends what is silent for five minutes.
    Agent("gemini-cli", "Gemini CLI", ("gemini",), ("GEMINI_CLI",), seconds=240),
    Agent("opencode", "OpenCode", ("open-code",), ("OPENCODE_CLIENT",), seconds=100),
    Agent("antigravity", "Antigravity", (), ("ANTIGRAVITY_AGENT",)),
    Agent("augment", "Augment", ("auggie",), ("AUGMENT_AGENT",)),
    Agent("cursor", "Cursor", ("cursor-cli",), ("CURSOR_AGENT", "CURSOR_EXTENSION_HOST_ROLE=agent-exec"), ("CURSOR_TRACE_ID",)),
    Agent("replit", "Replit", traces=("REPL_ID",), elsewhere=True),
    Agent(
        "github-copilot",
        "GitHub Copilot",
        ("copilot",),
        traces=("COPILOT_MODEL", "COPILOT_ALLOW_ALL", "COPILOT_GITHUB_TOKEN"),
    ),
    # It answers in chat apps: what takes more than ten seconds goes on behind it.
    Agent("openclaw", "OpenClaw", ("clawdbot", "moltbot"), ("OPENCLAW_SHELL",), elsewhere=True),
    Agent("hermes", "Hermes", ("hermes-agent",), elsewhere=True),
    # It ends a command after thirty seconds.
    Agent("cline", "Cline", (), seconds=25),
    Agent("amp", "Amp", ("ampcode",)),
    Agent("continue", "Continue"),
    Agent("crush", "Crush"),
    Agent("dexto", "Dexto"),
    Agent("droid", "Droid", ("factory",)),
    Agent("goose", "Goose"),
    Agent("grok", "Grok"),
    Agent("junie", "Junie"),
    Agent("kilo", "Kilo Code", ("kilocode",)),
    Agent("kimi-code-cli", "Kimi Code", ("kimi", "kimi-cli")),
    Agent("kiro-cli", "Kiro", ("kiro",)),
    Agent("mistral-vibe", "Mistral Vibe", ("vibe",)),
    Agent("mux", "Mux"),
    Agent("openhands", "OpenHands"),
    Agent("pi", "Pi"),
    Agent("qoder", "Qoder"),
    Agent("qwen-code", "Qwen Code", ("qwen",)),
    Agent("roo", "Roo Code", ("zoo-code",)),
    Agent("rovodev", "Rovo Dev", ("rovo",)),
    Agent("tabnine-cli", "Tabnine", ("tabnine",)),
    Agent("trae", "Trae"),
    Agent("warp", "Warp", ("warp-terminal",)),
    Agent("windsurf", "Windsurf", ("devin", "devin-desktop", "codeium")),
    Agent("zed", "Zed"),
)
# Where each reads skills, as observed or as its makers say; the first folder of a place is where it wants its own.


class Reads(NamedTuple):
    """Where an agent looks for skills, and what becomes of them there."""

    # Below the folder of a project, and below the user's own.
    project: tuple[str, ...]
    user: tuple[str, ...]
    # What its pages look like: a row of `skill.profile.PROFILES`.
    profile: str = "portable"
    # Commands that tell that it is on this machine.
    commands: tuple[str, ...] = ()
    # Variables that move a folder of the user's: the variable, and where the folder is without it.
    moves: tuple[tuple[str, str], ...] = ()
    # Its project when that is not the current folder.
    root: str = ""
    # It reads a project's skills only once the user trusts the folder.
    trusts: bool = False
    # How many characters of a description it keeps (0: all), or is dropped for when it has more.
    longest: int = 0
    drops: bool = False
    # How many characters its list of all skills has room for (0: none is known), and what one costs there beyond its own text.
    listing: int = 0
    each: int = 0
    # It tells its model the names alone.
    names_only: bool = False


_SHARED: Final = ".agents/skills"
_CLAUDE: Final = ".claude/skills"


def _own(folder: str, user: str = "", **more: Any) -> Reads:
    """Return what reads its own folder alone."""
    return Reads((f"{folder}/skills",), (f"{user or folder}/skills",), **more)


def _universal(*commands: str, user: str = ".agents") -> Reads:
    return Reads((_SHARED,), (f"{user}/skills",), commands=commands)


# Measured with the versions of November 2026 for the first eight; for the others, what their makers or the `skills` CLI say.
READS: Final[Mapping[str, Reads]] = {
    "claude-code": _own(
        ".claude", profile="claude", commands=("claude",), moves=(("CLAUDE_CONFIG_DIR", ".claude"),), longest=1536, listing=8000
    ),
    "codex": Reads(
        (_SHARED, ".codex/skills"),
        (_SHARED, ".codex/skills"),
        "codex",
        ("codex",),
        (("CODEX_HOME", ".codex"),),
        longest=1024,
        listing=8000,
    ),
    "gemini-cli": Reads((".gemini/skills", _SHARED), (".gemini/skills", _SHARED), "gemini", ("gemini",), trusts=True),
    "opencode": Reads(
        (".opencode/skills", ".opencode/skill", _SHARED, _CLAUDE),
        (".config/opencode/skills", ".config/opencode/skill", ".opencode/skills", _SHARED, _CLAUDE),
        commands=("opencode",),
    ),
    "github-copilot": Reads(
        (".github/skills", _SHARED, _CLAUDE), (".copilot/skills", _SHARED), commands=("copilot",), longest=1024, drops=True
    ),
    "qwen-code": Reads((".qwen/skills", _SHARED), (".qwen/skills", _SHARED), commands=("qwen",)),
    "cline": Reads(
        (".cline/skills", ".clinerules/skills", _SHARED), (".cline/skills", _SHARED), commands=("cline",), names_only=True
    ),
    "openclaw": Reads(
        ("skills", _SHARED),
        (".openclaw/skills", _SHARED),
        "openclaw",
        ("openclaw",),
        moves=(("OPENCLAW_STATE_DIR", ".openclaw"),),
        root=".openclaw/workspace",
        each=97,
    ),
    "amp": Reads((_SHARED, _CLAUDE), (".config/agents/skills", ".config/amp/skills", _CLAUDE), commands=("amp",)),
    "warp": Reads(
        (_SHARED, ".warp/skills", _CLAUDE, ".codex/skills", ".cursor/skills", ".gemini/skills"),
        (_SHARED, ".warp/skills", _CLAUDE, ".codex/skills", ".cursor/skills", ".gemini/skills"),
        commands=("warp", "warp-terminal"),
    ),
    "cursor": Reads(
        (".cursor/skills", _SHARED, _CLAUDE, ".codex/skills"),
        (".cursor/skills", _SHARED, _CLAUDE, ".codex/skills"),
        commands=("cursor", "cursor-agent"),
    ),
    "windsurf": Reads(
        (".windsurf/skills", ".devin/skills"),
        (".codeium/windsurf/skills", ".config/devin/skills"),
        commands=("windsurf", "devin"),
    ),
    "goose": Reads(
        (_SHARED, ".goose/skills", _CLAUDE),
        (_SHARED, ".config/agents/skills", ".config/goose/skills", _CLAUDE),
        commands=("goose",),
    ),
    "roo": _own(".roo"),
    "kilo": Reads((".kilo/skills", _SHARED), (".kilo/skills", ".config/kilo/skills"), commands=("kilo",)),
    "kiro-cli": _own(".kiro", commands=("kiro-cli",)),
    "zed": _universal("zed"),
    "pi": _universal("pi"),
    "kimi-code-cli": _universal("kimi"),
    "replit": _universal(user=".config/agents"),
    "dexto": _universal("dexto"),
    "junie": _own(".junie", commands=("junie",)),
    "continue": _own(".continue", commands=("cn",)),
    "augment": _own(".augment", commands=("auggie",)),
    "crush": _own(".crush", ".config/crush", commands=("crush",)),
    "droid": Reads((_SHARED,), (".factory/skills",), commands=("droid",)),
    "trae": _own(".trae"),
    "qoder": _own(".qoder"),
    "openhands": _own(".openhands", commands=("openhands",)),
    "mux": _own(".mux", commands=("mux",)),
    "mistral-vibe": _own(".vibe", commands=("vibe",)),
    "tabnine-cli": _own(".tabnine/agent", commands=("tabnine",)),
    "rovodev": _own(".rovodev"),
    "grok": _own(".grok", commands=("grok",)),
    "hermes": _own(".hermes", commands=("hermes",)),
}
# Whoever nobody has named: a person at a terminal, or an agent that leaves no mark.
UNNAMED: Final = Agent("", "an agent")

# It is printed and written down, so it is a name and no more.
_NAME: Final = re.compile(rf"[^\W_][\w .+/@()-]{{0,{LONGEST_NAME - 1}}}")


def known(name: str) -> Agent:
    """
    Return the agent of this name; one that is in no table is an agent all the same.

    >>> known("Claude Code").id, known("My Agent")[:2]
    ('claude-code', ('my-agent', 'My Agent'))
    """
    said = name.strip(" ")
    if not _NAME.fullmatch(said):
        raise InvalidInput(
            f"{name[:60]!r} is not the name of an agent",
            hint=f"give it in letters and digits, at most {LONGEST_NAME}: --clientName claude",
        )
    spelled = _spelled(said)
    return _NAMED.get(spelled) or Agent(spelled, said)


def guessed(environ: Mapping[str, str], *, surely: bool = False) -> Agent | None:
    """Return the agent that runs this command, as far as the environment tells; `surely` leaves traces out."""
    own = _named(environ.get("AI_AGENT", ""))
    if own and own.id in _IDS:
        return own
    for agent in AGENTS:
        if any(_left(mark, environ) for mark in agent.marks):
            return agent
    if own or surely:
        return own
    return next((agent for agent in AGENTS if any(_left(trace, environ) for trace in agent.traces)), None)


def waiting(agent: Agent, connection_key: str, url: str, host: str = "", *, again: bool = False) -> str:
    """
    Return what an agent has to do about a connection that waits for its person; it needs no other text.

    `url` is empty where no page can be shown; `host` is what this computer is called, if that helps anybody. `again`: it is
    ready now, and waits to be signed in to anew all the same.
    """
    here = f"this computer ({host})" if host else "this computer"
    terminal = f"in a terminal on {here}, over ssh if need be: skillkit connect --connectionId {connection_key}"
    shown = f"skillkit {'connect --connectionId' if again else 'connection get'} {connection_key}"
    steps = [
        _asked(agent, url, here, terminal),
        "Never ask for a password, key or code in the chat, and never type one yourself: the user gives it to skillkit alone.",
        f"{_pause(agent)} run: {shown} --wait --timeout {agent.seconds} --json",
        (
            f"It waits for the user, {agent.seconds} seconds at most: allow it a little more than that. "
            "Once it prints state READY, go on with what the user wanted. "
            "If it ends with exit code 8, the user is not done yet: run it again, and after some minutes ask how far they are. "
            "On any other state, tell the user what error says."
        ),
    ]
    if url and not agent.elsewhere:
        steps.append(f"The link opens only on {here}. A user who cannot open it there types this {terminal}")
    if url:
        steps.append(f"If the link no longer works, this prints a new one, as uiUrl: {shown} --json")
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _asked(agent: Agent, url: str, here: str, terminal: str) -> str:
    if not url:
        return f"Ask the user to type this {terminal}"
    if not agent.elsewhere:
        return f"Give the user this link and nothing else, to sign in by themselves: {url}"
    return (
        f"Give the user this link, to sign in by themselves: {url}\n"
        f"   Say that it opens only on {here}, and that from a phone or anywhere else they can type this {terminal}"
    )


def _pause(agent: Agent) -> str:
    # Where an answer is sent only when it is complete, an agent that waits at once has not asked the user anything yet.
    return "End your turn here. When the user writes that it is done," if agent.elsewhere else "Then"


def _named(word: str) -> Agent | None:
    """Return the agent that a variable names: alone, or with its version behind it."""
    for said in (word, re.split(r"[/@_ ]", word, maxsplit=1)[0]):
        if (found := _NAMED.get(_spelled(said))) is not None:
            return found
    return known(word) if _NAME.fullmatch(word) else None


def _left(mark: str, environ: Mapping[str, str]) -> bool:
    name, equals, value = mark.partition("=")
    found = environ.get(name, "")
    return found == value if equals else bool(found)


def _spelled(name: str) -> str:
    return re.sub(r"[\s_]+", "-", name.strip().casefold())


_IDS: Final = frozenset(agent.id for agent in AGENTS)
_NAMED: Final[Mapping[str, Agent]] = {
    _spelled(name): agent for agent in AGENTS for name in (agent.id, agent.title, *agent.aliases)
}
