"""The timers of links: each due link is part of a cycle, at its time plus a stable jitter."""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.home import locks
from atsn_tui.host.journal import Journal
from atsn_tui.model.dates import to_date, to_micros
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.context import Context
from atsn_tui.replication.cycle import run_cycle
from atsn_tui.replication.targets import Target, targets_of
from atsn_tui.schedule import Schedule, jitter, next_after, parse
from atsn_tui.store import links

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between two looks at links and clock."""

MAX_JITTER = 30
"""Seconds that a link starts late at the most, a tenth of its period at the most."""


async def run_timers(
    context: Context, connections: Connections, zone: str, *, source: str = "timer", pause: Path | None = None
) -> None:
    """Run due links until cancelled. While the lock file `pause` is held by a process, nothing is started.

    What goes wrong is logged, and tried again a moment later.
    """
    timers = _Timers(context, connections, zone, source)
    try:
        while True:
            try:
                await timers.look(paused=pause is not None and locks.held(pause))
                timers.journal.well("timers")
            except AtsnError as error:
                timers.journal.trouble("timers", f"the timers of the links cannot go on: {error}")
            await asyncio.sleep(POLL)
    finally:
        await timers.close()


@dataclass
class _Timer:
    schedule: str
    due: datetime | None


@dataclass
class _Timers:
    context: Context
    connections: Connections
    zone: str
    source: str
    timers: dict[str, _Timer] = field(default_factory=dict)
    """By link."""
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """By group."""
    targets: list[Target] = field(default_factory=list)
    version: int | None = None
    last: datetime = field(default_factory=lambda: to_date(0))
    journal: Journal = field(default_factory=lambda: Journal(log))

    async def look(self, *, paused: bool) -> None:
        """Follow changes of links and of the clock, and start what is due."""
        now = to_date(self.context.now())
        version = await self.context.store.data_version()
        if version != self.version:
            self.targets = await self.context.store.read(targets_of)
            self.version = version
        if now < self.last:
            # The clock was put back: every time that was worked out is too late now.
            self.timers.clear()
        self.last = now
        await self._refresh(now)
        for group, due in self._due(now).items():
            if group in self.running and not self.running[group].done():
                continue
            if not paused:
                self.running[group] = asyncio.create_task(self._cycle(due))
            for target in due:
                timer = self.timers[target.link.id]
                timer.due = next_time(timer.schedule, now, self.zone, target.link.id)
                if not paused:
                    await self._show(target.link.id, timer.due)

    async def close(self) -> None:
        """Cancel what runs, and wait for what was sent already."""
        for task in self.running.values():
            task.cancel()
        await asyncio.gather(*self.running.values(), return_exceptions=True)

    def _due(self, now: datetime) -> dict[str, list[Target]]:
        """The due links by group: those of one group make one cycle, in their order."""
        found: dict[str, list[Target]] = {}
        for target in self.targets:
            timer = self.timers.get(target.link.id)
            if timer and timer.due and timer.due <= now:
                found.setdefault(target.link.group_id or target.link.id, []).append(target)
        return found

    async def _refresh(self, now: datetime) -> None:
        """Follow changes of links: new ones get a timer, changed ones a new time, removed ones none."""
        wanted = {
            each.link.id: each.link for each in self.targets if each.link.enabled and each.link.schedule
        }
        for link_id in self.timers.keys() - wanted.keys():
            del self.timers[link_id]
            await self._show(link_id, None)
        for link_id, link in wanted.items():
            schedule = link.schedule or ""
            if link_id not in self.timers or self.timers[link_id].schedule != schedule:
                timer = _Timer(schedule, next_time(schedule, now, self.zone, link_id))
                self.timers[link_id] = timer
                await self._show(link_id, timer.due)

    async def _cycle(self, due: list[Target]) -> None:
        group = due[0].group
        try:
            report = await run_cycle(
                self.context, self.connections, due, trigger="schedule", source=self.source
            )
        except AtsnError as error:
            self.journal.trouble(group, f"a cycle of group {group} failed: {error}")
        except Exception:
            log.exception("a cycle of group %s failed", group)
        else:
            self.journal.well(group)
            for result in report.links:
                self.journal.result(result)

    async def _show(self, link_id: str, due: datetime | None) -> None:
        """Let the front ends see when the link is next due."""
        micros = None if due is None else to_micros(due)

        def read(db: sqlite3.Connection) -> bool:
            return links.get(db, link_id) is not None and links.get_state(db, link_id).next_at != micros

        def write(db: sqlite3.Connection) -> None:
            if read(db):
                links.set_state(db, link_id, replace(links.get_state(db, link_id), next_at=micros))

        if await self.context.store.read(read):
            await self.context.store.write(write)


def next_time(schedule: str, after: datetime, zone: str, seed: str) -> datetime | None:
    """The next time of a link's schedule, later than `after`, with the link's own jitter."""
    parsed = parse(schedule)
    first = next_after(parsed, after, zone, seed)
    if first is None:
        return None
    if (last := _just_past(parsed, after, first, zone, seed)) is not None:
        due = last + _late(last, first, seed)
        if due > after:
            return due
    return first + _late(first, next_after(parsed, first, zone, seed), seed)


def _just_past(
    schedule: Schedule, after: datetime, following: datetime, zone: str, seed: str
) -> datetime | None:
    """The latest time of the schedule up to `after`, if it is so near that its jittered one may lie ahead."""
    # A jitter is a tenth of its period at the most, and so less than a ninth of what is left of it.
    window = min(timedelta(seconds=MAX_JITTER), (following - after) / 9)
    last: datetime | None = None
    moment = next_after(schedule, after - window, zone, seed)
    while moment is not None and moment <= after:
        last, moment = moment, next_after(schedule, moment, zone, seed)
    return last


def _late(moment: datetime, following: datetime | None, seed: str) -> timedelta:
    """How much later than a time of its schedule the link starts."""
    period = (following - moment).total_seconds() if following else 0.0
    return timedelta(seconds=jitter(seed, int(min(MAX_JITTER, period / 10))))
