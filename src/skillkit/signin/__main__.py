"""Where the page's process begins: it lets go of the command that started it, and answers until nobody is waited for."""

from __future__ import annotations

import os


def main() -> None:
    """Serve the home that the environment names."""
    if os.fork():
        # The command waits for this one alone, so that nobody has to bury the other.
        os._exit(0)
    from skillkit.home import home
    from skillkit.signin import process

    process.serve(home())


if __name__ == "__main__":
    main()
