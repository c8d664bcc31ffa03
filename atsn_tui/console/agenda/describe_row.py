"""One line of the agenda in full."""

from datetime import datetime

from atsn_tui.console.agenda.lines import Item, Now, minute, sign_of, told
from atsn_tui.console.lists.document import Block, Words
from atsn_tui.console.look.runs import run_line
from atsn_tui.console.look.times import Clock
from atsn_tui.node.agenda.views import AgendaRow, AgendaView
from atsn_tui.node.agenda.words import heading, summary


def describe_row(item: Item | None, view: AgendaView | None, clock: Clock) -> list[Block]:
    """What the line is about, and everything that it had no room for."""
    if isinstance(item, AgendaRow):
        return _of_row(item, clock)
    if isinstance(item, Now) and view is not None:
        blocks: list[Block] = [Words(summary(view, lambda when: minute(clock, when)) + ".")]
        if view.service == "stopped":
            blocks.append(
                Words(
                    "No service runs, so nothing of what comes will run: start one with atsn serve.", "warn"
                )
            )
        return blocks
    return []


def _of_row(row: AgendaRow, clock: Clock) -> list[Block]:
    sign = sign_of(row)
    lead = f"{sign.glyph} "
    if row.kind in ("together", "gap"):
        words = heading(row, lambda when: minute(clock, when))
        return [Words(f"{clock.both(row.at)}: {words}", sign.role, lead=lead)]
    name = f"{row.group}/{row.task}"
    when = run_line(row.run, clock) if row.run is not None else f"{sign.word} {clock.both(row.at)}"
    blocks: list[Block] = [Words(f"{name}: {when}", sign.role, lead=lead)]
    if said := told(row, clock):
        blocks.append(Words(said))
    if row.count == 1 and row.schedule and row.kind != "run":
        blocks.append(Words(row.schedule, "muted"))
    if row.together:
        others = row.together - 1
        more = "1 other task" if others == 1 else f"{others:,} other tasks"
        at = clock.local(datetime.fromisoformat(row.at))
        blocks.append(Words(f"{more} of {at:%H:%M}", "accent", lead="≡ "))
    return blocks
