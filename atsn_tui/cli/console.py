"""`atsn` without a verb: the console, which needs a terminal."""

import os
import sys

from atsn_tui.errors import BadInput


def open_console(option: str | None, password_file: str | None = None) -> int:
    """Open the console on the node that is meant; the exit code. BadInput where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput(
            "the console needs a terminal, and standard input or output is none: "
            "name a command, as in atsn status (atsn --help lists them)"
        )
    from atsn_tui.home.home import Home
    from atsn_tui.home.password import Passwords
    from atsn_tui.node.actor import Actor

    home = Home.resolve(option, os.environ)
    home.check()
    from atsn_tui.console.app import run

    run(home, Actor.of(os.environ, "console"), Passwords.take(os.environ, password_file))
    return 0
