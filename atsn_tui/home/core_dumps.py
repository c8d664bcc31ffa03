"""Keeping what this process knows out of core dumps and from other processes of the same user."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def hide() -> None:
    """Let no core dump, debugger or look into /proc show this process's memory and environment, but to root.

    It holds for this process alone. A program that it starts begins as any other does, with all its limits: that is
    why this is not done by RLIMIT_CORE, which jobs would inherit. Does nothing where the system is not Linux.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
