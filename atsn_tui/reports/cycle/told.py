"""What a report about a cycle says, before it is laid out as text or HTML."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from atsn_tui.mail.legible import one_line
from atsn_tui.model.result import ChangeView, CycleReport, LinkResult
from atsn_tui.model.states import STANDING
from atsn_tui.model.words import first_few, plural, span, stamp
from atsn_tui.reports.cycle import words
from atsn_tui.reports.cycle.news import News, When, link_key

MAX_CHANGES = 50
"""The changes of one link that are shown; the others are counted."""

MAX_FIELDS = 30
"""The fields of one change that are shown."""

_IN_LINE = ("name", "folder")
"""Fields of a new record that its line has told already."""


class ToldField(Struct, frozen=True):
    """A field, with its value before (None for a new record) and after."""

    name: str
    before: str | None
    after: str


class ToldChange(Struct, frozen=True):
    """One change: its line, and the fields that differ."""

    line: str
    fields: tuple[ToldField, ...] = ()


class ToldLink(Struct, frozen=True, kw_only=True):
    """One link's part."""

    glyph: str
    style: str
    heading: str
    state: str
    changes: tuple[ToldChange, ...] = ()
    more: str = ""
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    mend: str = ""


class Told(Struct, frozen=True, kw_only=True):
    """The parts of the report. Texts may hold anything; laying out makes them safe."""

    headline: str
    summary: str
    links: tuple[ToldLink, ...]
    footer: str
    troubles: tuple[str, ...] = ()
    """What is wrong with the report's own settings."""


def tell(
    report: CycleReport,
    news: tuple[News, ...],
    *,
    node: str,
    zone: tzinfo,
    when: When,
    troubles: Sequence[str] = (),
) -> Told:
    """Put together what there is to say; links with news come first, those in sync last."""
    recovered = {link_key(each.link) for each in news if each.kind == "recovered"}
    fresh = {link_key(each.link) for each in news}
    links = sorted(report.links, key=lambda link: (link_key(link) not in fresh, link.state == "in_sync"))
    return Told(
        headline=f"{one_line(node, 100)}: {headline(report, news)}",
        summary=_summary(report, node, zone),
        links=tuple(_link(link, link_key(link) in recovered) for link in links),
        footer=f"Sent by {one_line(node, 100)}: its config.toml reports replication {when}.",
        troubles=_bounded([one_line(trouble, 500) for trouble in troubles]),
    )


def headline(report: CycleReport, news: tuple[News, ...]) -> str:
    """What happened in a few words, as in `web1 offline; 3 changes on web2`."""
    parts: list[str] = []
    if failing := _of(news, "failing"):
        parts.append(_listed([f"{_peer(link)} {STANDING[link.state].word}" for link in failing]))
    if recovered := _of(news, "recovered"):
        parts.append(f"{_listed([_peer(link) for link in recovered])} recovered")
    if changed := _of(news, "changed"):
        done = sum(_applied(link) for link in changed)
        parts.append(f"{plural(done, 'change')} on {_listed([_peer(link) for link in changed])}")
    if waiting := _of(news, "waiting"):
        parts.append(f"changes wait for {_listed([_peer(link) for link in waiting])}")
    return "; ".join(parts) or _counts(report.links)


def _summary(report: CycleReport, node: str, zone: tzinfo) -> str:
    begun, ended = (datetime.fromisoformat(each) for each in (report.started_at, report.ended_at))
    how = "by hand" if report.trigger == "hand" else "on schedule"
    took = span((ended - begun).total_seconds())
    return f"Replication on {one_line(node, 100)}, {stamp(begun, zone)}, {how}, took {took}: {_counts(report.links)}"


def _link(link: LinkResult, recovered: bool) -> ToldLink:
    glyph, _, style = STANDING[link.state]
    shown = link.changes[:MAX_CHANGES]
    total = max(link.total, len(link.changes))
    conflicts = [f"{words.change_line(each)[2:]}: left as it is on both sides" for each in link.conflicts]
    return ToldLink(
        glyph=glyph,
        style=style,
        heading=f"{words.route(link)}  ({link.direction}, {link.mode})",
        state=words.state_words(link) + (", recovered" if recovered else ""),
        changes=tuple(_change(each) for each in shown),
        more="" if not shown or total <= len(shown) else f"and {plural(total - len(shown), 'more change')}",
        notes=_bounded([*conflicts, *(one_line(note, 500) for note in link.notes)]),
        errors=tuple(words.errors(link)),
        mend=words.mend(link),
    )


def _change(change: ChangeView) -> ToldChange:
    new = change.why == "missing here"
    told = [each for each in change.fields if not (new and each.field in _IN_LINE)]
    fields = [
        ToldField(
            one_line(each.field, 200), None if new else words.value(each.before), words.value(each.after)
        )
        for each in told[:MAX_FIELDS]
    ]
    if len(told) > MAX_FIELDS:
        fields.append(ToldField("…", None, f"and {plural(len(told) - MAX_FIELDS, 'more field')}"))
    return ToldChange(words.change_line(change), tuple(fields))


def _bounded(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= MAX_CHANGES:
        return tuple(lines)
    return (*lines[:MAX_CHANGES], f"and {plural(len(lines) - MAX_CHANGES, 'more note')}")


def _counts(links: Sequence[LinkResult]) -> str:
    """The states of the links, counted, trouble first, as in `3 links: 1 held, 2 in sync`."""
    if not links:
        return "no links"
    states = [link.state for link in links]
    counts = {
        name: states.count(state) for state, (_, name, _) in reversed(STANDING.items()) if state in states
    }
    if len(counts) == 1:
        return f"{plural(len(links), 'link')} {next(iter(counts))}"
    return f"{plural(len(links), 'link')}: {', '.join(f'{count} {name}' for name, count in counts.items())}"


def _of(news: tuple[News, ...], kind: str) -> list[LinkResult]:
    return [each.link for each in news if each.kind == kind]


def _applied(link: LinkResult) -> int:
    done = link.applied
    return done.added + done.updated + done.deleted + done.settings


def _peer(link: LinkResult) -> str:
    return one_line(link.peer, 60)


def _listed(names: list[str]) -> str:
    return first_few(list(dict.fromkeys(names)))
