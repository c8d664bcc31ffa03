"""The runs of a node's tasks: what ran, what it printed, and what is to run or to end now."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable

from atsn_tui.errors import BadInput, NotFound, Refused
from atsn_tui.model import codec
from atsn_tui.model.run import ACTIVE, Request, Run
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import Found, find_group, find_task
from atsn_tui.node.nearest import ambiguous
from atsn_tui.node.runs.asking import ask, request
from atsn_tui.node.runs.lookup import find_run, run_or_task, run_that_counts
from atsn_tui.node.runs.views import Asked, DecisionView, RunView, decision_view, run_view
from atsn_tui.runner.output import Follower
from atsn_tui.store import decisions, groups, runs, tasks
from atsn_tui.store.groups import GroupRow

LOOK = 0.2
"""Seconds between two looks for more output."""

RunViews = list[RunView]
DecisionViews = list[DecisionView]

Keys = tuple[str | None, str | None]
"""The ids of a group and of a task; None: of any."""


class Runs:
    """Ask for runs, start and stop them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(
        self, group: str | None = None, task: str | None = None, limit: int = 50, before: str | None = None
    ) -> RunViews:
        """Runs of a task, a group or all, newest first. `before`: those older than the run of that id."""

        def read(db: sqlite3.Connection) -> RunViews:
            found = runs.list_runs(db, *_keys(db, group, task), limit=limit, before=before)
            return _views(db, found, self._core.now())

        return await self._core.store.read(read)

    async def skipped(
        self, group: str | None = None, task: str | None = None, limit: int = 50
    ) -> DecisionViews:
        """Due times of a task, a group or all that did not run, with the reason, newest first."""

        def read(db: sqlite3.Connection) -> DecisionViews:
            names = _names(db)
            found = decisions.list_decisions(db, *_keys(db, group, task), limit=limit)
            return [decision_view(each, names) for each in found]

        return await self._core.store.read(read)

    async def last(self, group: str) -> dict[str, RunView]:
        """The latest run of each task of a group, by the task's id."""

        def read(db: sqlite3.Connection) -> dict[str, RunView]:
            found = runs.last_runs(db, find_group(db, group).id)
            views = _views(db, found.values(), self._core.now())
            return dict(zip(found, views, strict=True))

        return await self._core.store.read(read)

    async def get(self, which: str) -> RunView:
        """The run whose id begins with `which`. NotFound or Ambiguous."""
        return await self._core.store.read(lambda db: _view(db, find_run(db, which), self._core.now()))

    async def find(self, which: str) -> RunView:
        """The run whose id begins with `which`, or the latest run of the task that is meant.

        Of a task, a run that still waits counts only if there is no other. NotFound or Ambiguous.
        """

        def read(db: sqlite3.Connection) -> RunView:
            found = run_or_task(db, which)
            run = found if isinstance(found, Run) else run_that_counts(db, found)
            return _view(db, run, self._core.now())

        return await self._core.store.read(read)

    async def output(self, which: str) -> bytes:
        """What is kept of what a run printed so far, secrets masked."""
        run = await self.get(which)
        return await asyncio.to_thread(Follower(self._core.home.path, run.id).read)

    async def follow(self, which: str) -> AsyncIterator[bytes]:
        """First all that a run has printed so far, be it nothing; then what it prints, until it has ended."""
        run = await self.get(which)
        follower = Follower(self._core.home.path, run.id)
        first = True
        while True:
            over = run.state not in ACTIVE
            new = await asyncio.to_thread(follower.read)
            if new or first:
                yield new
            if over:
                return
            first = False
            await asyncio.sleep(LOOK)
            run = await self.get(run.id)

    async def start(self, which: str) -> Asked:
        """Have the service run a task now. Refused if it may not run, or if no service runs."""

        def make(db: sqlite3.Connection) -> Request:
            row, found = find_task(db, which)
            return request(self._core, "run", group_id=row.id, task_id=found.record.id)

        return await ask(self._core, make)

    async def stop(self, which: str) -> Asked:
        """Have the service end a run, or the one that a task has under way.

        Refused if it is over, or if no service runs; Ambiguous if the task has several.
        """

        def make(db: sqlite3.Connection) -> Request:
            run = _under_way(db, which)
            return request(self._core, "stop", group_id=run.group_id, task_id=run.task_id, run_id=run.id)

        return await ask(self._core, make)


def _view(db: sqlite3.Connection, run: Run, now: int) -> RunView:
    return run_view(run, _names(db), now)


def _views(db: sqlite3.Connection, found: Iterable[Run], now: int) -> RunViews:
    names = _names(db)
    return [run_view(run, names, now) for run in found]


def _names(db: sqlite3.Connection) -> dict[str, str]:
    return {row.id: row.name for row in groups.list_groups(db)}


def _keys(db: sqlite3.Connection, group: str | None, task: str | None) -> Keys:
    within = None if group is None else find_group(db, group)
    if task is None:
        return (None if within is None else within.id), None
    row, found = find_task(db, task) if within is None else _within(db, within, task)
    return row.id, found.record.id


def _within(db: sqlite3.Connection, group: GroupRow, which: str) -> Found:
    """A task of that group, named by its id or its folder and name, or as anywhere."""
    if by_id := tasks.get(db, group.id, [which]):
        return group, by_id[0]
    try:
        return find_task(db, f"{group.name}/{which}")
    except NotFound as error:
        try:
            found = find_task(db, which)
        except NotFound:
            raise error from None
    if found[0].id != group.id:
        raise BadInput(f"task {which} belongs to {found[0].name}, not to {group.name}: name only one of them")
    return found


def _under_way(db: sqlite3.Connection, which: str) -> Run:
    found = run_or_task(db, which)
    if isinstance(found, Run):
        if not found.active:
            raise Refused(f"run {found.id} of {found.path} is over already: {found.state}")
        return found
    group, row = found
    key = (group.id, row.record.id)
    active = [each.run for each in runs.active(db) if (each.run.group_id, each.run.task_id) == key]
    if not active:
        path = codec.decode_task(row.record.body).path
        raise Refused(f"no run of {group.name}/{path} is under way: there is nothing to stop")
    if len(active) > 1:
        raise ambiguous("run", which, (f"{run.id}  {run.path}  {run.state}" for run in active))
    return active[0]
