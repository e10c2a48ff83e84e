"""The real clients, unmodified, typed by a person who has a home and a project of their own and no way off this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from interop.authority import NODE
from interop.command import SKILLKIT, Ended, waited

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "build" / "interop" / "clients" / "node_modules"
JUDGES = ROOT / "build" / "interop" / "judges" / "bin"
# What programs keep here for their next start is compiled once for all.
SCRATCH = ROOT / "build" / "interop" / "scratch"

# Their packages link these when they are installed, by a program that is not run here.
NATIVE = {"claude": "@anthropic-ai/claude-code-*/claude", "opencode": "opencode-*/bin/opencode"}

# Nothing is counted, looked up or renewed.
QUIET = {
    "AUTO_UPDATE": "0",
    "CI": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAWHUB_DISABLE_TELEMETRY": "1",
    "COPILOT_AUTO_UPDATE": "false",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GEMINI_TELEMETRY_ENABLED": "false",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
}


def program(name: str) -> list[str]:
    """Return how a program of somebody else is started, or skillkit itself."""
    if name == "skillkit":
        return SKILLKIT
    if name in NATIVE:
        return [str(min(MODULES.glob(NATIVE[name]), key=lambda path: len(str(path))))]
    if (MODULES / ".bin" / name).exists():
        return [str(MODULES / ".bin" / name)]
    return [str(JUDGES / name)]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an empty home, who works in an empty project; `ear` is where whatever leaves this machine is heard."""

    home: Path
    project: Path
    ear: str
    # Where the command skillkit is for whoever looks for it on PATH.
    tools: str = os.path.dirname(sys.executable)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a shell that has never heard of this suite."""
        path = [str(MODULES / ".bin"), str(NODE.parent), self.tools, os.defpath]
        kept = {"HOME": str(self.home), "SKILLKIT_HOME": str(self.home / "skillkit"), "PATH": os.pathsep.join(path)}
        shown = {"LANG": "C.UTF-8", "NO_COLOR": "1", "TERM": "dumb", "TMPDIR": str(SCRATCH), "XDG_CACHE_HOME": str(SCRATCH)}
        beyond = {"HTTPS_PROXY": self.ear, "HTTP_PROXY": self.ear, "NO_PROXY": "127.0.0.1,localhost", "NODE_USE_ENV_PROXY": "1"}
        return {**QUIET, **kept, **shown, **beyond, **more}

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a program and do not wait for it."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        spoken = [*program(words[0]), *words[1:]]
        return subprocess.Popen(spoken, cwd=self.project, env=self.environment(**more), **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, *words: str, given: str = "", seconds: float = 180, **more: str) -> Ended:
        """Run a program to its end."""
        with self.start(*words, **more) as process:
            return waited(process, given, seconds)

    def ok(self, *words: str, given: str = "", code: int = 0, seconds: float = 180, **more: str) -> Ended:
        """Run a program that ends with `code`."""
        ended = self.run(*words, given=given, seconds=seconds, **more)
        assert ended.code == code, f"{words} ended with {ended.code}: {ended.stdout}{ended.stderr}"
        return ended
