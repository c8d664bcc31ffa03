"""Pauses on this node, and why a task does not run."""

import asyncio
import shlex
import sqlite3

from msgspec.structs import replace

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model import dates, text
from atsn_tui.model.run import Hold
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_group, find_task
from atsn_tui.node.runs import obstacles
from atsn_tui.node.runs import until as moments
from atsn_tui.node.runs.held import active_holds, hold_view
from atsn_tui.node.runs.obstacles import Scene, scene
from atsn_tui.node.runs.views import DecisionView, HoldView, RunView, WhyView, decision_view, run_view
from atsn_tui.node.takeover.doubles import double_of
from atsn_tui.node.tasks.tasks import Tasks
from atsn_tui.store import decisions, groups, holds, intake, runs

SHOWN = 20
"""How many decisions an explanation shows."""

Target = tuple[str | None, str | None]
"""The ids of a group and of a task; the whole group or the whole node where they are None."""


class Holds:
    """Pause and release tasks, groups and the node; explain."""

    def __init__(self, core: Core, tasks_: Tasks) -> None:
        self._core = core
        self._tasks = tasks_

    async def list(self) -> "list[HoldView]":
        """Everything that is paused on this node: the node first."""
        now = self._core.now()
        return await self._core.store.read(lambda db: active_holds(db, now))

    async def hold(self, which: str | None, until: int | None = None, note: str = "") -> HoldView:
        """Pause a task, a group, or the whole node (None), until a moment in µs or until it is released.

        A hold on the same takes its place. What runs already goes on.
        """
        core = self._core
        if until is not None and not core.now() < until <= dates.LATEST:
            raise BadInput("a hold must end in time to come: give a time such as 2h or 18:00")
        try:
            text.check_text("the note", note)
        except ValueError as error:
            raise BadInput(str(error)) from error

        def write(db: sqlite3.Connection) -> HoldView:
            group_id, task_id = _target(db, which)
            hold = Hold(
                group_id=group_id, task_id=task_id, until=until, who=core.actor.who, at=core.now(), note=note
            )
            holds.put(db, hold)
            return hold_view(db, hold)

        return await core.store.write(write)

    def until_after(self, length: str) -> int:
        """The moment that is so much later than now, as in 2h or 1d 12h; in µs. BadInput."""
        return moments.after(length, self._core.now())

    def until_at(self, when: str) -> int:
        """The moment of a date, a time or both in the node's zone, as in 18:00; in µs. BadInput."""
        return moments.at(when, self._core.now(), self._core.zone)

    def until(self, words: str) -> int:
        """The moment of either of them. BadInput."""
        return moments.either(words, self._core.now(), self._core.zone)

    async def release(self, which: str | None) -> HoldView:
        """End the pause of a task, a group, or the node (None). NotFound if exactly that is not paused.

        A group takes again what peers bring, if an undo has paused that.
        """
        core = self._core

        def write(db: sqlite3.Connection) -> HoldView:
            now = core.now()
            taking = _take_again(db, which)
            try:
                hold = _held(db, which, now)
            except NotFound:
                if taking is None:
                    raise
                return taking
            if hold is None:
                if taking is None:
                    raise NotFound(_not_held(which, active_holds(db, now)))
                return taking
            holds.remove(db, hold.group_id, hold.task_id)
            return replace(hold_view(db, hold), intake=taking is not None)

        return await core.store.write(write)

    async def lasting(self, which: str) -> tuple[str, ...]:
        """What would keep a task from running on this node at any time, once it is on."""
        core = self._core
        seen = await core.store.read(lambda db: scene(db, find_task(db, which), ()))
        return await asyncio.to_thread(lambda: tuple(obstacles.lasting(core, seen)))

    async def why(self, which: str) -> WhyView:
        """What stands in the way of a task now, when it is due next, and when it did not run."""
        core, view = self._core, await self._tasks.get(which)
        pulse = core.home.pulse()

        def read(
            db: sqlite3.Connection,
        ) -> "tuple[Scene, RunView | None, tuple[DecisionView, ...], str | None]":
            group, row = find_task(db, which)
            names, key = {group.id: group.name}, (group.id, row.record.id)
            last = runs.list_runs(db, *key, limit=1)
            skipped = decisions.list_decisions(db, *key, limit=SHOWN)
            found = [
                each
                for each in active_holds(db, core.now())
                if each.group_id in (None, group.id) and each.task_id in (None, row.record.id)
            ]
            return (
                scene(db, (group, row), tuple(found)),
                run_view(last[0], names, core.now()) if last else None,
                tuple(decision_view(each, names) for each in skipped),
                _intake(db, group.id, group.name),
            )

        seen, last, skipped, noted = await core.store.read(read)
        return WhyView(
            task=f"{view.group}/{view.task.path}",
            task_id=view.id,
            # Users may be looked up in a directory service, which takes its time.
            obstacles=await asyncio.to_thread(lambda: tuple(obstacles.obstacles(core, seen, pulse))),
            schedule=view.schedule,
            next_at=view.next_at,
            last=last,
            decisions=skipped,
            also_in=await double_of(core, seen.found),
            notes=(noted,) if noted else (),
        )


def _take_again(db: sqlite3.Connection, which: str | None) -> HoldView | None:
    """Let a group take again what peers bring; None if nothing is meant that does not."""
    try:
        group_id, task_id = _target(db, which)
    except NotFound:
        return None
    if group_id is None or task_id is not None:
        return None
    row = groups.get_group(db, group_id)
    name = row.name if row else group_id
    if not intake.release(db, group_id, name):
        return None
    return HoldView(scope="group", name=name, group_id=group_id, intake=True)


def _target(db: sqlite3.Connection, which: str | None) -> Target:
    """Group and task that are meant; a group's name wins over a task's."""
    if which is None:
        return None, None
    try:
        return find_group(db, which).id, None
    except NotFound as no_group:
        try:
            row, found = find_task(db, which)
        except NotFound as error:
            raise (error if "/" in which else no_group) from error
        return row.id, found.record.id


def _intake(db: sqlite3.Connection, group_id: str, name: str) -> str | None:
    pause = intake.get(db, group_id)
    if pause is None:
        return None
    keeper = f" from {pause.kept_by} and other peers" if pause.kept_by else " from peers"
    return (
        f"its group takes nothing{keeper}, because {pause.who} undid here what they had brought"
        f" ({dates.format_date(pause.at)}); to take it again: atsn release {shlex.quote(name)}"
    )


def _held(db: sqlite3.Connection, which: str | None, now: int) -> Hold | None:
    """The hold on exactly that. A hold outlives what it holds: then it goes by the name in the list."""
    active = [hold for hold in holds.list_holds(db) if hold.active(now)]
    try:
        target = _target(db, which)
    except NotFound:
        left = [hold for hold in active if hold_view(db, hold).name == which and hold.group_id is not None]
        if not left:
            raise
        return left[0]
    return next((hold for hold in active if (hold.group_id, hold.task_id) == target), None)


def _not_held(which: str | None, active: list[HoldView]) -> str:
    what = "the whole node" if which is None else which
    if not active:
        return f"{what} is not held, and nothing else is"
    names = ", ".join("the whole node" if hold.scope == "node" else hold.name for hold in active)
    return f"{what} is not held by itself; what is: {names}"
