"""What a check is, and what it finds."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from atsn_tui.home.home import Home
from atsn_tui.node.core import Core

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
        """What it finds. It changes nothing, and what may block runs in `host.aside`."""
        ...


class Check(Protocol):
    """Looks at an open node. Other topics are added by writing one and naming it in `examine.CHECKS`."""

    topic: str
    """One or two words."""
    fine: str
    """What is so when nothing was found."""

    async def look(self, core: Core) -> Sequence[Finding]:
        """What it finds. It changes nothing, and what may block runs in `host.aside`."""
        ...
