"""Passwords that are typed: nothing of them is shown, and Ctrl-C ends the wait."""

import signal
import sys

from atsn_tui.errors import BadInput

_ASKED = "Password of this node: "


def may_type() -> bool:
    """Whether a person can be asked without it being seen by what reads our output."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask(said: str) -> str | None:
    """The password; None if nothing is typed. `said` is what went wrong before."""
    if said:
        print(said, file=sys.stderr)
    return _typed(_ASKED) or None


def ask_new() -> str:
    """A new password, typed twice. BadInput: the two differ, or nobody can be asked."""
    from atsn_tui.home.password import checked

    if not may_type():
        raise BadInput(
            "there is no terminal to ask for the new password on: put it in a file that only you can read, and name "
            "that with --new-password-file FILE"
        )
    first = checked(_typed("New password: "), "the password")
    if _typed("Again: ") != first:
        raise BadInput("the two passwords differ: nothing was changed")
    return first


def _typed(question: str) -> str:
    """What is typed. The event loop waits meanwhile: as it would only note Ctrl-C, that is caught here."""
    from getpass import getpass

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass(question)
    except EOFError:
        return ""
    finally:
        signal.signal(signal.SIGINT, before)
