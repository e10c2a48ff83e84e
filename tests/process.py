"""A whole process that runs a command, as a shell starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SKILLKIT = [sys.executable, "-m", "skillkit"]


def environment(home: Path | str, **more: str) -> dict[str, str]:
    """Return the environment of a shell that has never heard of this suite."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START"}}
    return {**kept, "SKILLKIT_HOME": str(home), "HOME": str(Path(home).parent), **more}


def ended(
    home: Path | str, *words: str, given: bytes = b"", env: Mapping[str, str] | None = None, code: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, or Python code in its place, to its end."""
    command = [sys.executable, "-c", code, *words] if code else [*SKILLKIT, *words]
    return subprocess.run(command, input=given, capture_output=True, env=environment(home, **(env or {})), timeout=30, check=False)
