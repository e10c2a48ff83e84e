"""The process in which files from strangers are opened: it reads requests, answers them, and may be ended at any time."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any, BinaryIO, Final

MEMORY: Final = 1 << 30


def main() -> None:
    """Answer requests until the other side closes; each is a line of JSON and as many bytes as it says."""
    confine()
    # Nothing that a library prints may look like an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        _answer(answers, _done(asked["task"], sys.stdin.buffer.read(asked["size"]), asked["kind"]))


def confine() -> None:
    """Bound what this process may hold, so that a file which grows without end ends it and nothing else."""
    try:
        import resource
    except ImportError:
        return
    # The address space cannot be bounded, because Saxon reserves much of it that it never uses.
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _done(task: str, content: bytes, kind: str) -> dict[str, Any]:
    # Imported late, so that a request which fails to load them is answered by the end of this process.
    from skillkit.sandbox.invoice import read, untrusted, validate

    if task == "read":
        return read.packed(read.read(content, kind))
    return {"findings": [asdict(each) for each in validate.report(untrusted.tree(content)).findings]}


def _answer(answers: BinaryIO, answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    answers.write(b"%d\n" % len(body))
    answers.write(body)
    answers.flush()


if __name__ == "__main__":
    main()
