"""Tasks of a node: named by path or id, dated forwards, trusted by their origin, never lost to another editor."""

import re

import pytest
from msgspec.structs import replace

from atsn_tui.errors import Ambiguous, BadInput, Moved, NotFound, Refused
from atsn_tui.model import codec, dates
from atsn_tui.model.text import new_id
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.store import history
from tests.node.samples import FROM_PEER, GROUP, a_task, floor, received
from tests.nodes import Machine, eventually

FUTURE = dates.parse_date("2100-01-01T00:00:00Z")


async def test_a_task_is_found_by_its_path_its_id_and_the_beginning_of_its_id(node: Node) -> None:
    group = await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task(folder="databases/nightly"))
    for which in (
        f"{GROUP}/databases/nightly/backup",
        f"{group.id}/databases/nightly/backup",
        task.id,
        task.id[:8],
        task.id[:4],
    ):
        assert (await node.tasks.get(which)).id == task.id


@pytest.mark.parametrize("name", ["a/b", "a[/b]", "[bold]x", "Größe ☃", "日本語", "dead-beef", "-x", "a  b"])
async def test_any_name_that_is_allowed_can_be_used_to_find_the_task(node: Node, name: str) -> None:
    for where in (GROUP, "a/b", "ä[/x]"):
        await node.groups.add(where)
        task = await node.tasks.add(where, a_task(name))
        assert (await node.tasks.get(f"{where}/{name}")).id == task.id
        assert [each.task.name for each in await node.tasks.list(where)] == [name]


async def test_an_unknown_name_is_answered_with_the_nearest(node: Node) -> None:
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task("nightly-backup", folder="db"))
    with pytest.raises(NotFound, match=f"the nearest: {GROUP}/db/nightly-backup"):
        await node.tasks.get(f"{GROUP}/db/nightly-bakup")
    with pytest.raises(NotFound, match=f"the nearest: {GROUP}/"):
        await node.tasks.get("Replcated tasks/nightly-backup")
    with pytest.raises(NotFound, match="atsn task list GROUP"):
        await node.tasks.get("deadbeef")


async def test_a_name_that_two_tasks_have_is_answered_with_both_ids(node: Node) -> None:
    await node.groups.add("a")
    await node.groups.add("a/b")
    tasks = [
        await node.tasks.add("a/b", a_task("c")),
        await node.tasks.add("a", a_task("c", folder="b")),
        await node.tasks.add("a", a_task("b/c")),
    ]
    with pytest.raises(Ambiguous) as caught:
        await node.tasks.get("a/b/c")
    assert all(f"{task.id}  a/b/c" in caught.value.message for task in tasks)


async def test_an_id_that_two_groups_have_is_never_guessed(node: Node) -> None:
    for name in ("one", "two"):
        await node.groups.add(name)
    task = await node.tasks.add("one", a_task())
    await received(node, "two", codec.record(task.id, 1, a_task()))
    for ask in (
        lambda: node.tasks.get(task.id),
        lambda: node.tasks.set_enabled([task.id], False),
        lambda: node.tasks.remove([task.id]),
    ):
        with pytest.raises(Ambiguous, match=r"use the name of one of them:\n.*one/backup\n.*two/backup"):
            await ask()
    assert (await node.tasks.get("two/backup")).task.enabled


async def test_a_list_is_sorted_by_folder_and_name(node: Node) -> None:
    await node.groups.add(GROUP)
    for path in ("b/x", "z", "a/y", "a"):
        folder, _, name = path.rpartition("/")
        await node.tasks.add(GROUP, a_task(name, folder=folder))
    assert [task.task.path for task in await node.tasks.list(GROUP)] == ["a", "z", "a/y", "b/x"]


async def test_a_list_shows_every_change_at_once(node: Node) -> None:
    await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task())

    async def shown() -> tuple[str, bool, str]:
        [view] = await node.tasks.list(GROUP)
        return view.task.action.command, view.next_at is not None, view.group  # type: ignore[union-attr]

    assert await shown() == ("true", True, GROUP)
    await node.tasks.change(task.id, {"command": "false"})
    assert await shown() == ("false", True, GROUP)
    await node.tasks.set_enabled([task.id], False)
    assert await shown() == ("false", False, GROUP)
    await node.groups.change(GROUP, {"name": "other"})
    [view] = await node.tasks.list("other")
    assert view.group == "other"


async def test_a_due_time_that_has_passed_is_not_shown_again(node: Node) -> None:
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task(schedules="* * * * * *"))
    [first] = await node.tasks.list(GROUP)
    assert first.next_at is not None
    due = dates.parse_date(first.next_at)
    await eventually(lambda: node.core.now() >= due)
    [second] = await node.tasks.list(GROUP)
    assert second.next_at is not None
    assert second.next_at > first.next_at


async def test_days_off_of_the_group_move_the_due_times_of_its_tasks(node: Node) -> None:
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task(schedules="0 12 24 12 *", timezone="UTC", on_holiday="skip"))
    [before] = await node.tasks.list(GROUP)
    assert before.next_at is not None
    year = int(before.next_at[:4])
    await node.groups.change(GROUP, {"holidays.dates": f"{year}-12-24"})
    [after] = await node.tasks.list(GROUP)
    assert after.next_at == f"{year + 1}-12-24T12:00:00.000000Z"


async def test_a_task_from_elsewhere_whose_schedule_cannot_be_read_is_shown_without_a_due_time(
    node: Node,
) -> None:
    await node.groups.add(GROUP)
    await received(node, GROUP, codec.record(new_id(), 1, replace(a_task(), schedules=("whenever",))))
    [view] = await node.tasks.list(GROUP)
    assert (view.schedule, view.next_at) == ("whenever", None)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"schedules": "61 * * * *"}, "minute"),
        ({"timezone": "Europe/Berln"}, "Europe/Berlin"),
        ({"timeout": "-5"}, "duration"),
        ({"name": " x"}, "blank"),
    ],
)
async def test_a_task_that_breaks_a_rule_is_not_saved_not_even_in_part(
    node: Node, values: dict[str, str], told: str
) -> None:
    await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task())
    digest = (await node.groups.get(GROUP)).digest
    with pytest.raises(BadInput, match=told):
        await node.tasks.change(task.id, {"command": "changed", **values})
    with pytest.raises(BadInput, match=told):
        await node.tasks.add(GROUP, a_task(**{"command": "changed", **values}))
    assert (await node.tasks.get(task.id)).fingerprint == task.fingerprint
    assert (await node.groups.get(GROUP)).digest == digest


async def test_a_change_that_changes_nothing_leaves_no_trace(node: Node) -> None:
    await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task())
    digest = (await node.groups.get(GROUP)).digest
    assert await node.tasks.change(task.id, {"command": "true"}) == task
    assert await node.tasks.set_enabled([task.id], True) == 0
    assert (await node.groups.get(GROUP)).digest == digest


async def test_the_date_of_a_change_never_goes_back(node: Node) -> None:
    await node.groups.add(GROUP)
    task_id = new_id()
    await received(node, GROUP, codec.record(task_id, FUTURE, a_task()))
    changed = await node.tasks.change(task_id, {"command": "x"})
    assert changed.modified_at == dates.format_date(FUTURE + 1)
    await node.tasks.set_enabled([task_id], False)
    assert (await node.tasks.get(task_id)).modified_at == dates.format_date(FUTURE + 2)
    await node.tasks.remove([task_id])
    assert await floor(node, changed.group_id, task_id) == FUTURE + 2


async def test_enabling_a_task_is_no_reason_to_trust_it(node: Node) -> None:
    await node.groups.add(GROUP)
    task_id = new_id()
    await received(node, GROUP, codec.record(task_id, 1, a_task(enabled="no")))
    await node.tasks.set_enabled([task_id], True)
    await node.tasks.change(task_id, {"notes": "seen", "schedules": "@daily", "timeout": "5m"})
    view = await node.tasks.get(task_id)
    assert view.task.enabled
    assert view.origin == FROM_PEER
    assert [each.origin for each in await node.tasks.list(GROUP)] == [FROM_PEER]


@pytest.mark.parametrize(
    "change", [{"command": "other"}, {"run_as": "root"}, {"environment.X": "1"}, {"shell": "/bin/bash"}]
)
async def test_who_decides_what_runs_or_as_whom_answers_for_the_task(
    node: Node, change: dict[str, str]
) -> None:
    await node.groups.add(GROUP)
    task_id = new_id()
    await received(node, GROUP, codec.record(task_id, 1, a_task()))
    changed = await node.tasks.change(task_id, change)
    assert (changed.origin.kind, changed.origin.who) == ("local", "ada")


async def test_an_editor_does_not_overwrite_what_another_has_saved(node: Node, hq: Machine) -> None:
    await node.groups.add(GROUP)
    seen = await node.tasks.add(GROUP, a_task())
    async with hq.open(Actor("bob", "test")) as other:
        await other.tasks.change(seen.id, {"command": "bob's"})
    with pytest.raises(Moved, match="'backup' was changed by someone else"):
        await node.tasks.replace(seen.id, a_task(command="mine"), seen.fingerprint)
    found = await node.tasks.get(seen.id)
    assert found.task == a_task(command="bob's")
    replaced = await node.tasks.replace(seen.id, a_task(command="mine"), found.fingerprint)
    assert replaced.task == a_task(command="mine")


async def test_an_editor_of_a_task_that_was_deleted_is_told_so(node: Node, hq: Machine) -> None:
    await node.groups.add(GROUP)
    seen = await node.tasks.add(GROUP, a_task())
    async with hq.open() as other:
        await other.tasks.remove([seen.id])
    with pytest.raises(Moved, match="'backup' was deleted by someone else"):
        await node.tasks.replace(seen.id, a_task(command="mine"), seen.fingerprint)
    with pytest.raises(NotFound):
        await node.tasks.replace(seen.id, a_task(command="mine"))


async def test_many_tasks_are_switched_and_deleted_at_once_or_not_at_all(node: Node) -> None:
    for name in ("one", "two"):
        await node.groups.add(name)
    tasks = [
        await node.tasks.add(name, a_task(f"t{number}")) for name in ("one", "two") for number in range(3)
    ]
    ids = [task.id for task in tasks]
    with pytest.raises(NotFound):
        await node.tasks.set_enabled([*ids, new_id()], False)
    assert all([(await node.tasks.get(task_id)).task.enabled for task_id in ids])
    assert await node.tasks.set_enabled([*ids, ids[0], ids[0][:13], "one/t0"], False) == 6
    assert await node.tasks.set_enabled(ids[:4], True) == 4
    with pytest.raises(NotFound):
        await node.tasks.remove([*ids, "one/nothing"])
    assert await node.tasks.remove(ids[2:]) == 4
    assert [len(await node.tasks.list(name)) for name in ("one", "two")] == [2, 0]


async def test_every_change_stands_in_the_history_with_who_made_it(node: Node) -> None:
    group = await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task())
    await node.tasks.change(task.id, {"command": "x"})
    await node.tasks.set_enabled([task.id], False)
    await node.tasks.remove([task.id])
    rows = await node.core.store.read(lambda db: history.list_history(db, group.id))
    assert [row.entry.summary for row in rows] == [
        "deleted 1 task",
        "disabled 1 task",
        "changed backup",
        "added backup",
        "created",
    ]
    assert {(row.entry.who, row.entry.source) for row in rows} == {("ada", "test")}


async def chain(node: Node) -> list[str]:
    """Three tasks of which each follows the one before; their ids."""
    await node.groups.add(GROUP)
    added = [
        await node.tasks.add(GROUP, a_task("backup", folder="db")),
        await node.tasks.add(GROUP, a_task("check", folder="db", schedules="after backup")),
        await node.tasks.add(GROUP, a_task("report", schedules="0 3 * * *; after db/check on any")),
    ]
    return [view.id for view in added]


async def test_a_circle_of_tasks_is_not_saved(node: Node) -> None:
    backup, *_ = await chain(node)
    digest = (await node.groups.get(GROUP)).digest
    with pytest.raises(BadInput, match="report → db/backup → db/check → report"):
        await node.tasks.change(backup, {"schedules": "after report"})
    with pytest.raises(BadInput, match="'db/backup' would run after itself"):
        await node.tasks.change(backup, {"schedules": "after backup on failure"})
    with pytest.raises(BadInput, match=r"no task 'bakup' in the group.*; the nearest: db/backup"):
        await node.tasks.add(GROUP, a_task("late", schedules="after bakup"))
    assert (await node.groups.get(GROUP)).digest == digest


async def test_what_follows_a_renamed_task_goes_along_in_the_same_commit(node: Node) -> None:
    backup, check, report = await chain(node)
    await node.tasks.change(backup, {"name": "dump", "folder": "files"})
    assert (await node.tasks.get(check)).task.schedules == ("after dump",)
    found = await node.tasks.get(check)
    await node.tasks.replace(check, replace(found.task, name="verify"), found.fingerprint)
    assert (await node.tasks.get(report)).task.schedules == ("0 3 * * *", "after db/verify on any")
    rows = await node.core.store.read(lambda db: history.list_history(db, found.group_id))
    assert [row.entry.summary for row in rows[:2]] == [
        "changed db/verify and what follows it in 1 task",
        "changed files/dump and what follows it in 1 task",
    ]


async def test_a_task_that_another_follows_is_deleted_only_by_force(node: Node) -> None:
    backup, check, report = await chain(node)
    with pytest.raises(Refused, match="report follows db/check and would never run again"):
        await node.tasks.remove([backup, check])
    assert len(await node.tasks.list(GROUP)) == 3
    assert await node.tasks.remove([check], force=True) == 1
    assert (await node.tasks.get(report)).task.schedules == ("0 3 * * *", "after db/check on any")
    await node.tasks.change(report, {"notes": "what it followed is gone"})


async def test_a_task_that_came_from_elsewhere_and_follows_nobody_can_be_edited(node: Node) -> None:
    await node.groups.add(GROUP)
    task_id = new_id()
    await received(node, GROUP, codec.record(task_id, 1, a_task(schedules="after nothing")))
    await node.tasks.change(task_id, {"command": "other", "name": "renamed"})
    with pytest.raises(BadInput, match="'after nobody'"):
        await node.tasks.change(task_id, {"schedules": "after nobody"})


@pytest.mark.parametrize(
    ("line", "times", "command"),
    [
        ("*/5 * * * * /usr/bin/x", "*/5 * * * *", "/usr/bin/x"),
        ("0 3 * * mon-fri  root  /usr/bin/x -a", "0 3 * * mon-fri", "root  /usr/bin/x -a"),
        ("@daily /usr/bin/x", "@daily", "/usr/bin/x"),
        ("@reboot sleep 5", "@reboot", "sleep 5"),
    ],
)
async def test_a_line_of_a_crontab_is_no_command(node: Node, line: str, times: str, command: str) -> None:
    await node.groups.add(GROUP)
    told = re.escape(f"put '{times}' into the schedule and only '{command}' into the command")
    with pytest.raises(BadInput, match=told):
        await node.tasks.add(GROUP, a_task(command=line))
    task = await node.tasks.add(GROUP, a_task(command="*/5 * * * x; sleep 1 2 3 4 5; @nothing x"))
    with pytest.raises(BadInput, match=told):
        await node.tasks.change(task.id, {"command": line})
