"""Where the command begins; `--version` is answered before anything else is loaded."""

from __future__ import annotations

import gc
import sys

from skillkit import VERSION

# Loading modules makes many objects and no garbage: looking for some after each 700 of them takes a tenth of the time.
COLLECT_AFTER = 50_000


def main() -> int:
    """Run the command line of this process."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"skillkit {VERSION}\n")
        return 0
    gc.set_threshold(COLLECT_AFTER)
    try:
        from skillkit.cli.main import main as run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        # Nothing had begun: what runs says more when it is interrupted.
        return 130
    finally:
        # The process ends: nothing is left to collect that the system does not take back faster.
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
