"""Where the command begins; `--version` is answered before anything else is loaded."""

from __future__ import annotations

import sys

from skillkit import VERSION


def main() -> int:
    """Run the command line of this process."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"skillkit {VERSION}\n")
        return 0
    from skillkit.cli.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
