"""What a check is, and what it finds."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeVar

from msgspec import Struct

from atsn_tui.home.home import Home
from atsn_tui.node.core import Core

T = TypeVar("T")

Verdict = Literal["ok", "note", "warning", "problem"]

WORST: dict[str, int] = {"ok": 0, "note": 1, "warning": 2, "problem": 3}
"""The verdicts, the worse the higher."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that a check found."""

    topic: str
    verdict: Verdict
    text: str
    """What is so, in one sentence without a full stop."""
    fix: str = ""
    """What to do about it, in one line; empty where nothing is to be done or the text says it."""


class Examination(Struct, frozen=True, kw_only=True):
    """Everything that was found."""

    home: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst one."""
        return max((each.verdict for each in self.findings), key=WORST.__getitem__, default="ok")

    @property
    def healthy(self) -> bool:
        """Whether nobody has to do anything."""
        return WORST[self.verdict] < WORST["warning"]


class HomeCheck(Protocol):
    """Looks at a home that need not be in order."""

    topic: str
    """One or two words."""
    fine: str
    """What is so when nothing was found."""

    async def look(self, home: Home) -> Sequence[Finding]:
        """What it finds. It changes nothing, and what may block runs in `aside`."""
        ...


class Check(Protocol):
    """Looks at an open node. Other topics are added by writing one and naming it in `examine.CHECKS`."""

    topic: str
    """One or two words."""
    fine: str
    """What is so when nothing was found."""

    async def look(self, core: Core) -> Sequence[Finding]:
        """What it finds. It changes nothing, and what may block runs in `aside`."""
        ...


async def aside(function: Callable[[], T]) -> T:
    """What the function returns, in a thread of its own that nobody waits for when the program ends."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def tell(act: Callable[[], None]) -> None:
        if not outcome.done():
            act()

    def work() -> None:
        try:
            result = function()
        except BaseException as error:
            failure = error
            act = lambda: tell(lambda: outcome.set_exception(failure))  # noqa: E731
        else:
            act = lambda: tell(lambda: outcome.set_result(result))  # noqa: E731
        with contextlib.suppress(RuntimeError):  # the loop is closed, so nobody wants to know
            loop.call_soon_threadsafe(act)

    threading.Thread(target=work, daemon=True, name="atsn-doctor").start()
    return await outcome


def listed(names: Sequence[str], shown: int = 3) -> str:
    """Some names, and how many more there are."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, what: str) -> str:
    """`1 task`, `3 tasks`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
