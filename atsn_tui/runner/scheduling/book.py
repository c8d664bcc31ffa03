"""The groups and tasks of this node as the scheduler knows them, kept up to date with the store."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from typing import Protocol

from atsn_tui.model.codec import decode_settings
from atsn_tui.model.digest import BUCKETS, bucket_of
from atsn_tui.model.record import Origin
from atsn_tui.runner.scheduling.entry import Entry
from atsn_tui.runner.scheduling.group import Group
from atsn_tui.runner.scheduling.pages import Cover, Memory, Page, read_cover, read_memory, read_page
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.records import Records
from atsn_tui.runner.scheduling.timing import changes_timing
from atsn_tui.store import glance, instants, tasks
from atsn_tui.store.instants import Key, Timing
from atsn_tui.store.tasks import TaskRow

_PAGE = 200
"""About so many tasks are taken over before anything else has a turn."""

_EDITS = 5_000
"""Edits that are written at once."""

_UNKNOWN = Timing()
_NOTHING = Memory({}, {})


class Listener(Protocol):
    """Whoever keeps the agenda."""

    def planned(self, entry: Entry) -> None:
        """What is next for the task must be found out anew."""
        ...

    def dropped(self, entry: Entry) -> None:
        """The task is gone."""
        ...


class Book:
    """All groups. `now` gives microseconds since the epoch."""

    def __init__(self, store: Records, place: Place, listener: Listener, now: Callable[[], int]) -> None:
        self.groups: dict[str, Group] = {}
        self._store = store
        self._place = place
        self._listener = listener
        self._now = now
        self._wanted: Mapping[str, bytes] = {}
        """The digests of all groups, as they are to be taken over."""
        self._origins: dict[Origin, Origin] = {}

    def __len__(self) -> int:
        return sum(map(len, self.groups.values()))

    def entry(self, group_id: str, task_id: str) -> Entry | None:
        """The task, if it is there."""
        group = self.groups.get(group_id)
        return None if group is None else group.get(task_id)

    def follow(self, digests: Mapping[str, bytes]) -> AsyncGenerator[None, None]:
        """Take over what changed, a little at a time. What is broken off is done by the next that follows."""
        self._wanted = digests
        for group_id in self.groups.keys() - digests.keys():
            self._drop(group_id)
        return self._load_changed()

    def behind(self, key: Key) -> bool:
        """Whether the task may be another already, because its group has not been taken over yet."""
        group = self.groups.get(key[0])
        return group is not None and group.digest != self._wanted.get(key[0])

    async def catch_up(self, key: Key) -> bool:
        """Take over one task before its turn; whether it is as it was."""
        group = self.groups[key[0]]
        entry = group.get(key[1])
        rows = await self._store.read(lambda db: tasks.get(db, key[0], [key[1]]))
        if entry is not None and rows and rows[0].record.fingerprint == entry.fingerprint:
            return True
        if rows and entry is not None:
            self._take(group, rows[0], _NOTHING)
        elif entry is not None:
            self._remove(group, key[1])
        return False

    def _drop(self, group_id: str) -> None:
        for entry in self.groups.pop(group_id, ()):
            self._listener.dropped(entry)

    async def _load_changed(self) -> AsyncGenerator[None, None]:
        for group_id, digest in self._wanted.items():
            group = self.groups.get(group_id)
            if group is None or group.digest != digest:
                async for _ in self._load(group_id):
                    yield

    async def _load(self, group_id: str) -> AsyncGenerator[None, None]:
        cover = await self._store.read(lambda db: read_cover(db, group_id))
        if cover is None:
            self._drop(group_id)
            return
        group, memory = self.groups.get(group_id), None
        if group is None:
            memory = await self._store.read(lambda db: read_memory(db, group_id))
            group = self.groups[group_id] = Group(cover)
        other_days = self._renew(group, cover)
        different = [each for each in range(BUCKETS) if cover.buckets[each] != group.hashes[each]]
        at_once = max(1, BUCKETS * _PAGE // max(cover.row.tasks, _PAGE))
        for first in range(0, len(different), at_once):
            await self._turn_page(group, different[first : first + at_once], memory)
            yield
        if other_days or group.replan:
            group.replan = True
            async for _ in self._plan_again(group, _around_days_off):
                yield
            group.replan = False
        await self._note_edits(group)
        group.digest = cover.row.digest

    def _renew(self, group: Group, cover: Cover) -> bool:
        """Take over the group's own state; whether its days off are others."""
        before, group.settings = group.settings, decode_settings(cover.row.settings.body)
        group.cover = cover
        return before.holidays != group.settings.holidays

    async def _turn_page(self, group: Group, buckets: list[int], memory: Memory | None) -> None:
        known = {
            task_id: entry.fingerprint for each in buckets for task_id, entry in group.shelves[each].items()
        }
        page = await self._store.read(
            lambda db: read_page(db, group.id, buckets, known, with_memory=memory is None)
        )
        for task_id in known.keys() - page.present:
            self._remove(group, task_id)
        for row in page.changed:
            self._take(group, row, memory or page)
        for bucket, value in page.hashes.items():
            group.hashes[bucket] = value

    def _remove(self, group: Group, task_id: str) -> None:
        entry = group.shelves[bucket_of(task_id)].pop(task_id, None)
        if entry is not None:
            group.forget_follows()
            self._listener.dropped(entry)

    def _take(self, group: Group, row: TaskRow, memory: Memory | Page) -> None:
        """Take over a task that is new or was changed."""
        group.forget_follows()
        row = TaskRow(row.record, self._origins.setdefault(row.origin, row.origin))
        task_id, edits = row.record.id, group.cover.edits
        shelf = group.shelves[bucket_of(task_id)]
        entry = shelf.get(task_id)
        if entry is None:
            entry = shelf[task_id] = Entry((group.id, task_id), row)
            entry.know(memory.timings.get(task_id, _UNKNOWN), self._place.boot_id)
            entry.stretches = memory.stretches.get(task_id, ())
            if not entry.edited:
                # Neither seen by a scheduler before, nor in what was looked at of the history: it is old.
                entry.edited = min(row.record.modified, self._now())
            task = entry.task
        else:
            before = entry.task
            entry.take_over(row)
            task = entry.task
            if task_id not in edits and changes_timing(before, task):
                # It was edited after the history was read, which tells the exact time at the next look.
                entry.edited = self._now()
        if task_id in edits:
            entry.edited, entry.over = edits[task_id], False
        entry.plan(task, group.settings.holidays, self._place)
        self._listener.planned(entry)

    async def move(self, place: Place) -> None:
        """The node goes by another zone or name."""
        self._place = place
        for group in list(self.groups.values()):
            async for _ in self._plan_again(group, lambda entry: True):
                await asyncio.sleep(0)

    async def _plan_again(
        self, group: Group, concerns: Callable[[Entry], bool]
    ) -> AsyncGenerator[None, None]:
        for number, entry in enumerate(list(group), 1):
            if concerns(entry):
                entry.plan(entry.task, group.settings.holidays, self._place)
                self._listener.planned(entry)
            if number % _PAGE == 0:
                yield

    async def _note_edits(self, group: Group) -> None:
        """Store when schedules were edited, so that it is known after a restart."""
        row, edits = group.cover.row, dict(group.cover.edits)
        for task_id, at in edits.items():
            entry = group.get(task_id)
            if entry is not None and entry.edited != at:
                entry.edited, entry.over = at, False
                self._listener.planned(entry)
        pending = list(edits.items())
        for first in range(0, len(pending), _EDITS):
            some = dict(pending[first : first + _EDITS])
            await self._store.write(partial(instants.set_edited, group_id=row.id, edits=some))
        if group.cover.seen != row.sequence:
            await self._store.write(lambda db: glance.set_seen(db, row.id, row.sequence))


def _around_days_off(entry: Entry) -> bool:
    return entry.times is None or entry.times.with_days_off
