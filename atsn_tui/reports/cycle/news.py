"""What a cycle brings that was not told before. Pure: from what each link had told last to what it tells now."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal

from msgspec import Struct

from atsn_tui.home.sections import ReportWhen as When
from atsn_tui.model.result import CycleReport, LinkResult

__all__ = ["News", "Standing", "When", "is_wanted", "link_key", "news_of"]

Kind = Literal["changed", "waiting", "failing", "recovered"]
"""What there can be to tell about a link."""

TROUBLES = frozenset(("held", "moved", "unreachable", "refused", "version_mismatch", "failed"))
"""The states of a link that somebody should look at."""


class Standing(Struct, frozen=True, kw_only=True):
    """What was told about a link and is still so."""

    troubles: tuple[str, ...] = ()
    """The states told since it last was well."""
    waiting: str = ""
    """Stands for the plan that was told and waits for a person."""


class News(Struct, frozen=True, kw_only=True):
    """One thing to tell about a link."""

    kind: Kind
    link: LinkResult


def link_key(link: LinkResult) -> str:
    """What a link's standing is kept under: its id."""
    return link.link_id or f"{link.group_id or link.group}/{link.peer}/{link.direction}"


def news_of(
    standings: Mapping[str, Standing], report: CycleReport
) -> tuple[tuple[News, ...], dict[str, Standing]]:
    """What is new in the report, and the standings of its links from now on; other links keep theirs.

    A link in trouble is told once for each state that it is in, until it was well again, which is told once. A plan
    that waits for a person, also because it is held, is told once, and again when it is another one.
    """
    news: list[News] = []
    after: dict[str, Standing] = {}
    for link in report.links:
        before = standings.get(link_key(link), Standing())
        kinds, after[link_key(link)] = _step(before, link)
        news += (News(kind=kind, link=link) for kind in kinds)
    return tuple(news), after


def is_wanted(when: When, news: tuple[News, ...], report: CycleReport) -> bool:
    """Whether a report is to be sent by that rule.

    - `always`: every cycle that concerned a link.
    - `on_change`: something was applied, waits for a person, began to fail or recovered.
    - `on_failure`: a link began to fail or recovered.
    """
    if when == "always":
        return bool(report.links)
    if when == "on_change":
        return bool(news)
    return when == "on_failure" and any(each.kind in ("failing", "recovered") for each in news)


def _step(before: Standing, link: LinkResult) -> tuple[list[Kind], Standing]:
    if link.state in TROUBLES:
        if link.state in before.troubles:
            another = link.state == "held" and not link.repeated and _fingerprint(link) != before.waiting
            if another:
                return ["waiting"], Standing(troubles=before.troubles, waiting=_fingerprint(link))
            return [], before
        waiting = _fingerprint(link) if link.state == "held" else before.waiting
        return ["failing"], Standing(troubles=(*before.troubles, link.state), waiting=waiting)
    kinds: list[Kind] = []
    if before.troubles:
        kinds.append("recovered")
    if link.state == "applied":
        kinds.append("changed")
    if link.state != "differs":
        return kinds, Standing()
    plan = _fingerprint(link)
    if plan != before.waiting:
        kinds.append("waiting")
    return kinds, Standing(waiting=plan)


def _fingerprint(link: LinkResult) -> str:
    shown = repr((link.changes, link.total)).encode("utf-8", "backslashreplace")
    return blake2b(shown, digest_size=16).hexdigest()
