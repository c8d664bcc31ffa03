"""The lines of the agenda: rows, and between them the days and the line for now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from atsn_tui.console.look.plain import fit, fit_middle, visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.runs import last_word, run_sign
from atsn_tui.console.look.runs import remark as run_remark
from atsn_tui.console.look.states import Sign
from atsn_tui.console.look.times import Clock
from atsn_tui.node.agenda.views import AgendaRow, AgendaView
from atsn_tui.node.agenda.words import heading, remark

_WORD = 11
_LEAD = 23
"""Cells before the name: time, sign, word, and the gap."""
_REMARK = 24
"""Cells that names leave to what is said after them."""
_NAME = 26
"""So many they get in any case."""


@dataclass(frozen=True)
class Day:
    """Another day begins."""

    text: str


@dataclass(frozen=True)
class Now:
    """The line between what was and what comes."""

    text: str


Item = AgendaRow | Day | Now

_TOGETHER = Sign("≡", "together", "accent")
_GAP = Sign("!", "gap", "bad")
_NOT_RUN = Sign("·", "not run", "muted")
_MISSED = Sign("·", "not run", "warn")
_DUE = Sign(" ", "due", "ink")
_KEPT_FROM = {
    "disabled": Sign("○", "off", "muted"),
    "held": Sign("‖", "held", "warn"),
    "standby": Sign("○", "standby", "muted"),
    "selector": Sign("○", "not here", "muted"),
}


def sign_of(row: AgendaRow) -> Sign:
    """How a row stands."""
    if row.kind == "together":
        return _TOGETHER
    if row.kind == "gap":
        return _GAP
    if row.run is not None:
        return run_sign(row.run)
    if row.kind == "skipped":
        return _MISSED if row.reason == "missed" else _NOT_RUN
    return _DUE if row.reason is None else _KEPT_FROM.get(row.reason, _NOT_RUN)


def items_of(view: AgendaView, clock: Clock) -> list[Item]:
    """All lines in the order of time. With many tasks this takes a moment: run it in a thread."""
    today = clock.local(datetime.fromisoformat(view.now)).date()
    items: list[Item] = []
    day = clock.local(datetime.fromisoformat(view.since)).date()
    for row in chain(view.past, (None,), view.ahead):
        local = clock.local(datetime.fromisoformat(view.now if row is None else row.at))
        if local.date() != day or not items:
            day = local.date()
            items.append(Day(f"{local:%a} {local.day} {local:%b}" + (", today" if day == today else "")))
        items.append(Now(f"now, {local:%H:%M}") if row is None else row)
    return items


def minute(clock: Clock, when: str) -> str:
    """`03:00` within a day of now, else `Sat 03:00`."""
    then, now = clock.local(datetime.fromisoformat(when)), clock.local(clock.now())
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%a %H:%M}"


def name_of(row: AgendaRow, named: bool) -> str:
    """The task; `named`: with its group before it."""
    return f"{visible(row.group)}/{visible(row.task)}" if named and row.task else visible(row.task)


def draw(row: AgendaRow, clock: Clock, width: int, named: bool, longest: int) -> Line:
    """One line; `longest` are the cells of the longest name in the list."""
    sign = sign_of(row)
    local = clock.local(datetime.fromisoformat(row.at))
    line: Line = [(f"{local:%H:%M}  ", "ink"), (f"{sign.glyph} ", sign.role)]
    if row.kind in ("together", "gap"):
        words = heading(row, lambda when: minute(clock, when))
        return [*line, (f"{words}", sign.role)]
    word = last_word(row.run, clock) if row.run is not None and row.count == 1 else sign.word
    name = name_of(row, named)
    room = max(_NAME, min(longest, width - _LEAD - _REMARK))
    muted = row.kind == "due" and row.reason is not None
    line += [(fit(word, _WORD), sign.role), (f"  {fit_middle(name, room)}", "muted" if muted else "ink")]
    return [*line, (f"  {visible(told(row, clock))}", "muted")]


def told(row: AgendaRow, clock: Clock) -> str:
    """What else there is to say of it."""
    said = remark(row, lambda when: minute(clock, when))
    reason = "" if row.run is None else run_remark(row.run)
    return "; ".join(part for part in (said, reason) if part)


def members(items: Sequence[Item], row: AgendaRow) -> Iterator[AgendaRow]:
    """The rows that are listed below a heading."""
    for each in items:
        if isinstance(each, AgendaRow) and each.together and each.at[:16] == row.at[:16]:
            yield each
