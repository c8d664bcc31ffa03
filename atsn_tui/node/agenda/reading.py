"""Reading what an agenda is made from, and computing it away from the screen."""

import asyncio
import sqlite3

from msgspec import Struct

from atsn_tui.errors import BadInput
from atsn_tui.home import locks
from atsn_tui.model.run import Decision, Run
from atsn_tui.node.agenda.due_times import DueTimes, GroupFacts, Here
from atsn_tui.node.agenda.facts import Facts
from atsn_tui.node.agenda.timeline import timeline
from atsn_tui.node.agenda.views import AgendaView
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_group
from atsn_tui.node.runs.held import active_holds
from atsn_tui.node.runs.views import HoldView
from atsn_tui.runner.scheduling.retention import Retention
from atsn_tui.store import decisions, groups, instants, runs, standby, tasks

HOURS = 24
"""How far it looks, back and ahead."""

MOST_HOURS = 168

_HOUR = 3_600_000_000


class _Read(Struct, frozen=True, kw_only=True):
    groups: tuple[GroupFacts, ...]
    names: dict[str, str]
    holds: tuple[HoldView, ...]
    runs: tuple[Run, ...]
    decisions: tuple[Decision, ...]


class Agenda:
    """Asks for the time around now."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def show(self, group: str | None = None, hours: int = HOURS) -> AgendaView:
        """The last and the next hours of a group, or of all. BadInput: they are too few or too many."""
        if not 1 <= hours <= MOST_HOURS:
            raise BadInput(f"an agenda shows 1 to {MOST_HOURS} hours, not {hours}")
        core = self._core
        now = core.now()
        since, until = now - hours * _HOUR, now + hours * _HOUR
        read = await core.store.read(lambda db: _read(db, group, now, since))
        running = locks.held(core.home.service_lock)
        here = Here(
            name=core.config.name,
            tags=core.config.tags,
            zone=core.zone,
            running=running,
            now=now,
            since=since,
            until=until,
            holds=read.holds,
        )
        # Many tasks take a second, in which a screen must not stand still.
        return await asyncio.to_thread(_compute, here, read, group is not None)


def _read(db: sqlite3.Connection, group: str | None, now: int, since: int) -> _Read:
    every = groups.list_groups(db)
    wanted = every if group is None else [find_group(db, group)]
    group_id = None if group is None else wanted[0].id
    here = standby.list_here(db)
    return _Read(
        groups=tuple(
            GroupFacts(
                row=row,
                tasks=tasks.list_tasks(db, row.id),
                standby=row.id in here and here[row.id].standby,
                stretches=instants.stretches(db, row.id),
                timings=instants.timings(db, row.id),
            )
            for row in wanted
        ),
        names={row.id: row.name for row in every},
        holds=tuple(active_holds(db, now)),
        runs=tuple(runs.since(db, since, group_id)),
        decisions=tuple(
            each for each in decisions.list_decisions(db, group_id, since=since) if each.last >= since
        ),
    )


def _compute(here: Here, read: _Read, one: bool) -> AgendaView:
    times = DueTimes(here)
    return timeline(
        Facts(
            now=here.now,
            since=here.since,
            until=here.until,
            zone=here.zone,
            running=here.running,
            group=read.groups[0].row.name if one else None,
            names=read.names,
            runs=read.runs,
            kept=Retention().runs_per_task,
            decisions=read.decisions,
            tasks=tuple(each for group in read.groups for each in times.of(group)),
        )
    )
