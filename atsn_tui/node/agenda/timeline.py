"""The agenda, computed from what was read: pure, and bounded by the number of tasks and of runs that are kept."""

from atsn_tui.model.dates import format_date
from atsn_tui.model.run import FAILURES
from atsn_tui.node.agenda.ahead import number_due, to_come
from atsn_tui.node.agenda.collisions import (
    began_together,
    beside,
    busiest,
    were_busy,
    will_be_busy,
    will_begin_together,
    with_headings,
)
from atsn_tui.node.agenda.facts import Facts
from atsn_tui.node.agenda.past import gaps, not_run, ran, undecided
from atsn_tui.node.agenda.views import AgendaView


def timeline(facts: Facts) -> AgendaView:
    """Past and time to come, each row in its place."""
    skipped = [*not_run(facts), *undecided(facts)]
    past = with_headings([*ran(facts), *skipped, *gaps(facts)], began_together(facts))
    coming = will_begin_together(facts)
    ahead = with_headings(to_come(facts), coming)
    ended = [run for run in facts.runs if run.started is not None or not run.active]
    return AgendaView(
        now=format_date(facts.now),
        since=format_date(facts.since),
        until=format_date(facts.until),
        zone=facts.zone,
        service="running" if facts.running else "stopped",
        group=facts.group,
        past=tuple(beside(past, were_busy(facts))),
        ahead=tuple(beside(ahead, will_be_busy(facts))),
        ran=len(ended),
        failed=sum(run.state in FAILURES for run in ended),
        missed=sum(row.count for row in skipped),
        due=number_due(facts.tasks),
        busiest=busiest(coming),
    )
