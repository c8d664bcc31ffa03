"""A change of hands: crontab first, tasks after it, with a journal around both.

Only the crontab decides who runs a job: what it says when the journal is read again is what the tasks follow.
So it does not matter where this ends, or how often it begins anew.
"""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from atsn_tui.errors import AtsnError, NotFound
from atsn_tui.formats import takeover
from atsn_tui.home.crontab_files import Place, place_of
from atsn_tui.home.locks import Lock
from atsn_tui.model import codec, dates
from atsn_tui.node.core import Core
from atsn_tui.node.takeover import journal, moment
from atsn_tui.node.takeover.journal import Journal, Line
from atsn_tui.store import audit, changes, tasks
from atsn_tui.store.database.connection import to_the_end

Step = Callable[[str], Awaitable[None]]
"""Told of each step when it is done."""


async def quiet(step: str) -> None:
    """Somebody who does not care."""


class Changed(NamedTuple):
    """What a change of hands came to."""

    backup: str
    unsure: bool
    """It took so long that a new minute began meanwhile."""


async def change(
    core: Core,
    lock: Lock,
    place: Place,
    action: Literal["take", "give"],
    before: bytes,
    after: bytes,
    lines: Sequence[Line],
    step: Step = quiet,
) -> Changed:
    """Replace a crontab and let the tasks follow. Once begun it is not cancelled.

    Moved: the crontab was changed meanwhile; then nothing is done.
    """
    await step("waiting")
    await moment.between_minutes(core.now())
    work = _change(core, lock, place, action, before, after, lines, step)
    return await to_the_end(asyncio.ensure_future(work))


async def _change(
    core: Core,
    lock: Lock,
    place: Place,
    action: Literal["take", "give"],
    before: bytes,
    after: bytes,
    lines: Sequence[Line],
    step: Step,
) -> Changed:
    backup = journal.save_backup(core.home, place.source, before, core.now())
    await step("saved")
    since = core.now()
    plan = Journal(action=action, source=place.source, since=since, lines=tuple(lines))
    journal.begin(core.home, plan)
    await step("begun")
    try:
        await asyncio.to_thread(place.replace, before, after, core.home.crontabs, lock.fileno())
    except AtsnError:
        await settle(core, lock, plan)
        raise
    # A due time after this is one that an enabled task makes up for, but one that a task still to be disabled runs too.
    taken = core.now()
    await step("written")
    await settle(core, lock, plan, step)
    return Changed(str(backup), moment.apart(since, taken if action == "take" else core.now()))


async def settle(core: Core, lock: Lock, plan: Journal, step: Step = quiet) -> int:
    """Let the tasks follow what the crontab says, and end the journal; how many lines have changed hands."""
    place = place_of(plan.source)
    if place is None:
        raise NotFound(f"{plan.source} is no crontab of this machine any more")
    try:
        data = await asyncio.to_thread(place.read)
    except NotFound:
        data = b""  # it was removed, and nothing of it is run by cron
    marks = [each for each in takeover.marked(data) if each.node == takeover.short(core.store.node_id)]
    ours = {each.task for each in marks}
    if plan.action == "take":
        there = [line for line in plan.lines if takeover.short(line.task_id) in ours]
        gone = await core.store.write(lambda db: _enable(db, core, plan, there))
        await step("followed")
        await _put_back(core, lock, place, data, marks, gone)
        changed = len(there) - len(gone)
    else:
        standing = set(data.split(b"\n"))
        there = [
            line
            for line in plan.lines
            if takeover.short(line.task_id) not in ours and line.text.encode() in standing
        ]
        await core.store.write(lambda db: _disable(db, core, plan, there))
        await step("followed")
        changed = len(there)
    journal.end(core.home)
    await step("done")
    return changed


async def _put_back(
    core: Core, lock: Lock, place: Place, data: bytes, marks: Sequence[takeover.Marked], gone: Sequence[Line]
) -> None:
    """Give lines back whose tasks were deleted before they could be enabled."""
    wanted = {takeover.short(line.task_id) for line in gone}
    numbers = [each.line for each in marks if each.task in wanted]
    if numbers:
        after = takeover.give(data, numbers)
        await asyncio.to_thread(place.replace, data, after, core.home.crontabs, lock.fileno())


def _enable(db: sqlite3.Connection, core: Core, plan: Journal, lines: Sequence[Line]) -> list[Line]:
    """Enable the tasks as of the moment since which cron does not run them; the lines whose tasks are gone."""
    _note(db, "crontab.take-over", plan, lines)
    gone = _set_enabled(db, core, lines, True, f"took over from {plan.source}", plan.since)
    return [line for line in lines if line.task_id in gone]


def _disable(db: sqlite3.Connection, core: Core, plan: Journal, lines: Sequence[Line]) -> None:
    _note(db, "crontab.give-back", plan, lines)
    _set_enabled(db, core, lines, False, f"gave back to {plan.source}", core.now())


def _note(db: sqlite3.Connection, action: str, plan: Journal, lines: Sequence[Line]) -> None:
    """Tell the audit log whose lines changed hands."""
    if lines:
        audit.note(db, action, plan.source, plan.source, after={"tasks": [line.task_id for line in lines]})


def _set_enabled(
    db: sqlite3.Connection, core: Core, lines: Sequence[Line], enabled: bool, summary: str, at: int
) -> set[str]:
    """Enable or disable the tasks of these lines; the ids of those that are not there."""
    by_group: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        by_group[line.group_id].append(line.task_id)
    missing = {line.task_id for line in lines}
    for group_id, ids in by_group.items():
        edits: list[changes.Edit] = []
        for found in tasks.get(db, group_id, ids):
            task_id = found.record.id
            missing.discard(task_id)
            task = codec.decode_task(found.record.body)
            if task.enabled != enabled:
                modified = dates.next_date(core.now(), found.record.modified)
                record = codec.record(task_id, modified, replace(task, enabled=enabled))
                edits.append(changes.Edit(task_id, record, found.origin))
        if edits:
            # The history's moment is that from which due times count.
            changes.commit(db, group_id, edits, replace(core.entry(summary), at=at))
    return missing
