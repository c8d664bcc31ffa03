"""What the replicate screen knows, and what may be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from atsn_tui.console.preview.rows import LinkRow
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import LinkResult
from atsn_tui.node.views import LinkView

Phase = Literal["comparing", "preview", "applying", "stopping", "done"]

RECENT = 1.0
"""Seconds for which nothing can be applied after something moved."""


@dataclass
class PreviewState:
    """Links, their results, and how far things are."""

    phase: Phase = "comparing"
    links: Sequence[LinkView] = ()
    results: dict[str, LinkResult] = field(default_factory=dict)
    modes: dict[str, Mode] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    """Links whose comparison or apply has not ended yet."""
    asked: int = 0
    """How many links the last apply was about."""
    note: str = ""
    """What happened last, for the title line."""
    resting: bool = False
    """Something has just moved: the person first sees what."""

    def mode(self, link: LinkView) -> Mode:
        """The mode in which the link is previewed."""
        return self.modes.get(link.id, link.mode)

    def due(self) -> list[LinkResult]:
        """The results that an apply would carry out, in order."""
        return [
            self.results[link.id]
            for link in self.links
            if link.id not in self.skipped
            and link.id in self.results
            and self.results[link.id].state == "differs"
        ]

    def rows(self) -> list[LinkRow]:
        """The links as the list shows them."""
        verb = "comparing …" if self.phase == "comparing" else "applying …"
        return [
            LinkRow(
                link,
                self.mode(link),
                self.results.get(link.id),
                link.id in self.skipped,
                verb if link.id in self.waiting else "",
            )
            for link in self.links
        ]

    def take(self, result: LinkResult) -> bool:
        """A result came in; True if it says something else than what was shown."""
        link_id = result.link_id or ""
        before = self.results.get(link_id)
        self.results[link_id] = result
        self.waiting.discard(link_id)
        return before is not None and before != result
