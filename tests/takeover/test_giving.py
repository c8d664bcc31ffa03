"""Giving back: the lines are as they were, the tasks are disabled, and what changed meanwhile is told, not lost."""

from typing import Any

import pytest

from atsn_tui.errors import BadInput, Moved, NotFound
from atsn_tui.home.crontab_files import Place
from atsn_tui.model.task import Command
from atsn_tui.node.node import Node
from atsn_tui.node.takeover.taking import Wish
from atsn_tui.node.takeover.views import GiveBackView
from tests.nodes import Machine
from tests.takeover.conftest import ME, TABLE, Cron
from tests.takeover.test_taking import GROUP, enabled, run_by_cron, take, tasks


async def give(node: Node, *words: str, **options: Any) -> GiveBackView:
    """Give back to a single crontab."""
    [view] = await node.takeover.give(words, **options)
    return view


@pytest.fixture
async def place(node: Node, cron: Cron) -> Place:
    """A crontab that was taken over."""
    made = cron.write(TABLE)
    await take(node, made)
    return made


@pytest.mark.parametrize("words", [(), ("the file",), (GROUP,), (f"{GROUP}/backup", f"{GROUP}/poll")])
async def test_every_byte_is_as_it_was_and_nothing_runs_here(
    node: Node, place: Place, words: tuple[str, ...]
) -> None:
    view = await give(node, *(place.source if word == "the file" else word for word in words))
    assert place.read().decode() == TABLE
    assert await enabled(node) == set()
    assert [(line.line, line.notes) for line in view.given] == [(3, ()), (5, ())]
    assert view.backup is not None
    assert not view.left


async def test_one_task_is_given_back_and_the_others_stay(node: Node, place: Place) -> None:
    view = await give(node, f"{GROUP}/poll")
    assert [line.line for line in view.given] == [5]
    assert await enabled(node) == {"backup"}
    assert run_by_cron(place) == ['  /usr/bin/poll --mark "#"']


async def test_a_users_crontab_is_given_back_by_its_source(node: Node, cron: Cron) -> None:
    place = cron.write_own("@daily df\n")
    await take(node, place)
    await give(node, place.source)
    assert place.read() == b"@daily df\n"


async def test_all_crontabs_at_once(node: Node, cron: Cron) -> None:
    site, own = cron.write(TABLE), cron.write_own("@daily df\n")
    cron.write("# of somebody else\n", "other")
    await node.groups.add("ops")
    for each in (site, own):
        await node.takeover.take(each, Wish(into="ops"), without_service=True)
    views = await node.takeover.give([])
    assert {view.source for view in views} == {site.source, own.source}
    assert (site.read().decode(), own.read()) == (TABLE, b"@daily df\n")
    assert await enabled(node, "ops") == set()
    assert await node.takeover.give([]) == ()


async def test_it_can_be_taken_over_again(node: Node, place: Place) -> None:
    ids = {view.task.name: view.id for view in await node.tasks.list(GROUP)}
    await give(node)
    again = await take(node, place)
    assert {line.task_id for line in again.taken} == set(ids.values())
    assert await enabled(node) == {"backup", "poll"}


# What changed meanwhile


async def test_a_line_that_was_edited_is_given_back_as_it_is_now_and_told(node: Node, place: Any) -> None:
    place.path.write_bytes(place.read().replace(b"0 3 *", b"30 4 *"))
    view = await give(node)
    [backup, _] = view.given
    [note] = backup.notes
    assert f"it was: 0 3 * * * {ME} /usr/bin/backup --all" in note
    assert place.read().decode() == TABLE.replace("0 3 *", "30 4 *")


async def test_a_line_that_was_edited_into_nonsense_is_left_and_told(node: Node, place: Any) -> None:
    place.path.write_bytes(place.read().replace(b"0 3 *", b"99 4 *"))
    view = await give(node)
    assert [line.line for line in view.given] == [5]
    [left] = view.left
    assert (left.line, "put it right first" in left.why) == (3, True)
    assert await enabled(node) == {"backup"}


async def test_other_lines_that_were_edited_or_added_stay(node: Node, place: Any) -> None:
    edited = b"# new\nA=1\n" + place.read().replace(b"ops@", b"root@") + b"@daily root df\n"
    place.path.write_bytes(edited)
    await give(node)
    assert place.read().decode() == "# new\nA=1\n" + TABLE.replace("ops@", "root@") + "@daily root df\n"


async def test_a_line_that_is_gone_is_told_and_its_task_goes_on(node: Node, place: Any) -> None:
    place.path.write_bytes(b"\n".join(line for line in place.read().split(b"\n") if b"poll" not in line))
    view = await give(node)
    [left] = view.left
    assert left.text == f'*/5 * * * *   {ME}   /usr/bin/poll --mark "#"'
    assert f"the task {GROUP}/poll stays enabled" in left.why
    assert await enabled(node) == {"poll"}


async def test_a_task_that_was_changed_here_keeps_its_changes_and_is_told(node: Node, place: Place) -> None:
    await node.tasks.change(f"{GROUP}/backup", {"command": "/usr/bin/better", "schedules": "every 2h"})
    view = await give(node)
    [note] = view.given[0].notes
    assert "changed here (action, schedules)" in note
    assert place.read().decode() == TABLE
    task = (await tasks(node))["backup"]
    assert (task.enabled, task.action) == (False, Command(command="/usr/bin/better"))


async def test_a_task_that_was_disabled_or_deleted_here_is_told_and_cron_runs_its_line_again(
    node: Node, place: Place
) -> None:
    [backup, poll] = sorted(await node.tasks.list(GROUP), key=lambda view: view.task.name)
    await node.tasks.set_enabled([backup.id], False)
    await node.tasks.remove([poll.id])
    view = await give(node)
    assert [line.notes for line in view.given] == [
        ("its task was disabled here; cron runs the line again",),
        ("its task was deleted here",),
    ]
    assert place.read().decode() == TABLE


async def test_even_without_the_group_every_line_comes_back(node: Node, place: Place) -> None:
    await node.groups.remove((await node.groups.get(GROUP)).id)
    view = await give(node)
    assert [line.notes for line in view.given] == [("its task was deleted here",)] * 2
    assert place.read().decode() == TABLE


async def test_a_line_of_another_node_stays(node: Node, place: Any) -> None:
    foreign = b"#atsn 00000000 11111111# 0 3 * * * root df\n"
    place.path.write_bytes(place.read() + foreign)
    view = await give(node, place.source)
    assert place.read() == TABLE.encode() + foreign
    [left] = view.left
    assert "another node took it over" in left.why


async def test_a_crontab_that_changes_while_it_is_given_back_is_left_as_it_is(node: Node, place: Any) -> None:
    taken = place.read()

    async def edit(step: str) -> None:
        if step == "waiting":
            place.path.write_bytes(taken + b"# new\n")

    with pytest.raises(Moved):
        await give(node, step=edit)
    assert place.read() == taken + b"# new\n"
    assert await enabled(node) == {"backup", "poll"}


# What is meant


async def test_a_dry_run_tells_the_same_and_changes_nothing(node: Node, place: Place, hq: Machine) -> None:
    before, data = hq.dump(), place.read()
    told = await give(node, dry_run=True)
    assert (hq.dump(), place.read()) == (before, data)
    done = await give(node)
    assert (told.dry_run, told.backup) == (True, None)
    assert (told.given, told.left) == (done.given, done.left)


@pytest.mark.parametrize("word", ["nothing", "/no/such/file", f"{GROUP}/nothing"])
async def test_what_is_not_there_is_said_to_be_missing(node: Node, place: Place, word: str) -> None:
    with pytest.raises(NotFound):
        await give(node, word)
    assert await enabled(node) == {"backup", "poll"}


async def test_what_was_never_taken_over_is_said_to_be_so(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await node.files.import_crontab(place.source, place.read(), system=True)
    for word in (place.source, GROUP, f"{GROUP}/poll"):
        with pytest.raises(NotFound, match="was taken over from a crontab by this node"):
            await give(node, word)


async def test_tasks_of_other_origin_have_nowhere_to_go_back_to(node: Node, cron: Cron) -> None:
    await node.groups.add("ops")
    with pytest.raises(NotFound, match="nothing of 'ops' was imported from a crontab"):
        await give(node, "ops")
    await node.files.import_crontab("/tmp/copy", b"@daily df\n", "ops")
    with pytest.raises(BadInput, match="/tmp/copy, which cron on this machine does not read"):
        await give(node, "ops")
