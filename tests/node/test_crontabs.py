"""Importing a crontab, and importing it again: what was edited here stays, what changed there comes."""

from typing import Any

import pytest

from atsn_tui.errors import BadFile, BadInput, NotFound
from atsn_tui.model.task import Command, Task
from atsn_tui.node.files.views import CrontabImport, ImportedLine
from atsn_tui.node.node import Node
from tests.node.samples import GROUP, a_task
from tests.nodes import Machine

SOURCE = "/etc/cron.d/site"
TABLE = """\
# Save the database
0 3 * * * /usr/bin/backup --all
*/5 * * * * /usr/bin/poll
@daily /usr/bin/tidy
"""


async def imported(node: Node, table: str = TABLE, **options: Any) -> CrontabImport:
    """Import a user's crontab into the group."""
    return await node.files.import_crontab(SOURCE, table.encode(), **{"into": GROUP, **options})


async def found(node: Node, group: str = GROUP) -> dict[str, Task]:
    """The group's tasks by name."""
    return {view.task.path: view.task for view in await node.tasks.list(group)}


def names(lines: tuple[ImportedLine, ...]) -> list[str]:
    return [line.task for line in lines]


@pytest.fixture
async def group(node: Node) -> Node:
    await node.groups.add(GROUP)
    return node


async def test_every_job_becomes_a_disabled_task(group: Node) -> None:
    outcome = await imported(group)
    assert names(outcome.added) == ["backup", "poll", "tidy"]
    assert [line.line for line in outcome.added] == [2, 3, 4]
    assert not outcome.enabled
    tasks = await found(group)
    assert not any(task.enabled for task in tasks.values())
    assert tasks["backup"].action == Command(command="/usr/bin/backup --all")
    assert tasks["backup"].schedules == ("0 3 * * *",)
    assert tasks["backup"].notes == "Save the database"


async def test_tasks_arrive_enabled_and_in_a_folder_if_asked_to(group: Node) -> None:
    await imported(group, enable=True, folder="from cron")
    tasks = await found(group)
    assert set(tasks) == {"from cron/backup", "from cron/poll", "from cron/tidy"}
    assert all(task.enabled for task in tasks.values())


async def test_without_a_group_it_makes_one_named_after_the_file(node: Node) -> None:
    outcome = await imported(node, into=None)
    assert outcome.group == "Imported from site"
    assert len(await found(node, "Imported from site")) == 3
    assert outcome.group_id == (await node.groups.get("Imported from site")).id
    again = await imported(node, into=None)
    assert (again.group_id, len(again.unchanged)) == (outcome.group_id, 3)


async def test_the_same_file_again_changes_nothing(group: Node) -> None:
    await imported(group)
    digest = (await group.groups.get(GROUP)).digest
    again = await imported(group)
    assert names(again.unchanged) == ["backup", "poll", "tidy"]
    assert not any((again.added, again.updated, again.vanished, again.deleted_here, again.rejected))
    assert (await group.groups.get(GROUP)).digest == digest


async def test_an_unchanged_line_leaves_its_task_alone_whatever_was_edited(group: Node) -> None:
    await imported(group)
    edits = {
        "name": "my backup",
        "folder": "db",
        "command": "something else",
        "schedules": "every 2h",
        "enabled": "yes",
        "notes": "mine",
        "environment.X": "1",
        "timeout": "5m",
    }
    await group.tasks.change(f"{GROUP}/backup", edits)
    before = await found(group)
    again = await imported(group, table=f"\n# moved down\n\n{TABLE}")
    assert names(again.unchanged) == ["db/my backup", "poll", "tidy"]
    assert await found(group) == before


async def test_a_changed_line_brings_what_changed_and_nothing_else(group: Node) -> None:
    await imported(group)
    await group.tasks.change(f"{GROUP}/backup", {"enabled": "yes", "notes": "mine", "timeout": "5m"})
    again = await imported(group, table=TABLE.replace("0 3 * * *", "30 4 * * *"))
    [line] = again.updated
    assert (line.task, line.fields) == ("backup", ("schedules",))
    task = (await found(group))["backup"]
    assert task.schedules == ("30 4 * * *",)
    assert (task.enabled, task.notes, task.options.timeout) == (True, "mine", 300)


async def test_a_line_that_changed_wins_where_the_same_field_was_edited(group: Node) -> None:
    await imported(group)
    await group.tasks.change(f"{GROUP}/backup", {"schedules": "every 2h"})
    await imported(group, table=TABLE.replace("0 3 * * *", "30 4 * * *"))
    assert (await found(group))["backup"].schedules == ("30 4 * * *",)


async def test_variables_of_the_file_and_of_the_editor_live_side_by_side(group: Node) -> None:
    await imported(group, table=f"SITE=a\nGONE=1\n{TABLE}")
    await group.tasks.change(f"{GROUP}/backup", {"environment.MINE": "1"})
    await imported(group, table=f"SITE=b\n{TABLE}")
    assert (await found(group))["backup"].environment == {"SITE": "b", "MINE": "1"}


async def test_only_what_decides_what_runs_makes_the_importer_answer_for_it(group: Node) -> None:
    await imported(group)
    before = {view.task.name: view for view in await group.tasks.list(GROUP)}
    await imported(group, table=TABLE.replace("0 3", "0 4").replace("/usr/bin/poll", "/usr/bin/poll -v"))
    after = {view.task.name: view for view in await group.tasks.list(GROUP)}
    assert after["backup"].modified_at > before["backup"].modified_at
    assert after["poll"].task.action == Command(command="/usr/bin/poll -v")
    assert after["tidy"] == before["tidy"]
    assert {view.id for view in after.values()} == {view.id for view in before.values()}


async def test_a_vanished_line_is_reported_and_its_task_kept(group: Node) -> None:
    await imported(group)
    before = await found(group)
    without = TABLE.replace("*/5 * * * * /usr/bin/poll\n", "")
    for _ in range(2):
        assert names((await imported(group, table=without)).vanished) == ["poll"]
        assert await found(group) == before
    assert names((await imported(group)).unchanged) == ["backup", "poll", "tidy"]


async def test_a_task_that_was_deleted_here_is_left_out(group: Node) -> None:
    await imported(group)
    await group.tasks.remove([f"{GROUP}/poll"])
    for _ in range(2):
        assert names((await imported(group)).deleted_here) == ["poll"]
        assert set(await found(group)) == {"backup", "tidy"}


async def test_a_line_that_left_the_file_after_its_task_was_deleted_here_is_new_when_it_comes_back(
    group: Node,
) -> None:
    await imported(group)
    await group.tasks.remove([f"{GROUP}/poll"])
    without = TABLE.replace("*/5 * * * * /usr/bin/poll\n", "")
    await imported(group, table=without, dry_run=True)
    assert names((await imported(group)).deleted_here) == ["poll"], "a dry run forgets nothing"
    await imported(group, table=without)
    again = await imported(group)
    assert (names(again.added), names(again.deleted_here)) == (["poll"], [])
    assert set(await found(group)) == {"backup", "poll", "tidy"}


async def test_a_task_that_was_deleted_here_comes_back_when_its_line_changes(group: Node) -> None:
    await imported(group)
    poll = await group.tasks.get(f"{GROUP}/poll")
    await group.tasks.remove([poll.id])
    again = await imported(group, table=TABLE.replace("/usr/bin/poll", "/usr/bin/poll -v"))
    assert names(again.added) == ["poll"]
    back = await group.tasks.get(f"{GROUP}/poll")
    assert back.id == poll.id
    assert back.modified_at > poll.modified_at
    assert not back.task.enabled


async def test_what_cron_would_not_run_is_rejected_with_its_line_and_the_rest_comes(group: Node) -> None:
    outcome = await imported(group, table=f"61 * * * * wrong\n{TABLE}0 0 31 2 * never\nnonsense\n")
    assert [(line.line, line.text.split()[-1]) for line in outcome.rejected] == [
        (1, "wrong"),
        (6, "never"),
        (7, "nonsense"),
    ]
    assert all(line.why for line in outcome.rejected)
    assert set(await found(group)) == {"backup", "poll", "tidy"}


async def test_two_files_of_one_group_do_not_touch_each_other(group: Node) -> None:
    await imported(group)
    other = await group.files.import_crontab("/etc/cron.d/other", b"0 5 * * * /usr/bin/backup\n", GROUP)
    assert names(other.added) == ["backup-2"]
    assert not other.vanished
    assert names((await imported(group)).unchanged) == ["backup", "poll", "tidy"]


async def test_a_task_that_was_here_before_keeps_its_name(group: Node) -> None:
    await group.tasks.add(GROUP, a_task("backup", command="by hand"))
    assert names((await imported(group)).added) == ["backup-2", "poll", "tidy"]
    assert (await found(group))["backup"].action == Command(command="by hand")


async def test_a_system_crontab_says_who_runs_each_job(group: Node) -> None:
    outcome = await imported(group, table="0 3 * * * root /usr/bin/backup\n", system=True)
    assert outcome.format == "system-crontab"
    assert (await found(group))["backup"].run_as == "root"


async def test_a_dry_run_tells_everything_and_changes_nothing(group: Node, hq: Machine) -> None:
    await imported(group)
    await group.tasks.remove([f"{GROUP}/tidy"])
    table = "0 4 * * * /usr/bin/backup --all\n@daily /usr/bin/tidy\n0 5 * * * /usr/bin/new\nnonsense\n"
    before = hq.dump()
    told = await imported(group, table=table, dry_run=True)
    assert hq.dump() == before
    done = await imported(group, table=table)
    assert told.dry_run
    assert not done.dry_run
    for part in ("group_id", "added", "updated", "unchanged", "vanished", "deleted_here", "rejected"):
        assert getattr(told, part) == getattr(done, part), part
    assert [len(done.added), len(done.updated), len(done.vanished), len(done.deleted_here)] == [1, 1, 1, 1]


async def test_a_dry_run_does_not_make_the_group_either(node: Node, hq: Machine) -> None:
    before = hq.dump()
    told = await imported(node, into=None, dry_run=True)
    assert (told.group, told.group_id, len(told.added)) == ("Imported from site", None, 3)
    assert hq.dump() == before


@pytest.mark.parametrize(
    ("options", "error"),
    [({"into": "nothing"}, NotFound), ({"folder": "a//b"}, BadInput), ({"folder": " "}, BadInput)],
)
async def test_what_makes_no_sense_changes_nothing(
    group: Node, hq: Machine, options: dict[str, Any], error: type[Exception]
) -> None:
    before = hq.dump()
    with pytest.raises(error):
        await imported(group, **options)
    assert hq.dump() == before


async def test_an_empty_file_and_one_of_mere_bytes_bring_nothing(group: Node) -> None:
    for data in (b"", b"\n# nothing\n", b"\xff\xfe\x01"):
        outcome = await group.files.import_crontab("/tmp/x", data, GROUP)
        assert not outcome.added
    with pytest.raises(BadFile, match="NUL"):
        await group.files.import_crontab("/tmp/x", b"\x7fELF\x00\x01", GROUP)
    assert await found(group) == {}
