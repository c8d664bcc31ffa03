"""Taking over: what this node can run changes hands, and nothing else."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.errors import Moved, NotFound, Refused
from atsn_tui.formats import crontab, takeover
from atsn_tui.home import crontab_files, locks
from atsn_tui.home.crontab_files import Place, UserCrontab
from atsn_tui.home.home import Home
from atsn_tui.model.run import GroupHere, Hold
from atsn_tui.model.task import Task
from atsn_tui.node.node import Node
from atsn_tui.node.takeover import moment
from atsn_tui.node.takeover.taking import Wish
from atsn_tui.node.takeover.views import TakeOverView
from atsn_tui.store import glance, holds, standby
from tests.nodes import Machine
from tests.takeover.conftest import ME, TABLE, Cron

GROUP = "Imported from site"
POLL = f'*/5 * * * *   {ME}   /usr/bin/poll --mark "#"'


async def take(node: Node, place: Place, **options: Any) -> TakeOverView:
    """Take over, as if a service ran."""
    wish = Wish(into=options.pop("into", None), folder=options.pop("folder", ""))
    return await node.takeover.take(place, wish, **{"without_service": True, **options})


async def tasks(node: Node, group: str = GROUP) -> dict[str, Task]:
    """The tasks of the group by name."""
    return {view.task.path: view.task for view in await node.tasks.list(group)}


def run_by_cron(place: Place) -> list[str]:
    """The commands that cron runs."""
    return [job.command for job in crontab.parse(place.read(), system=place.system).jobs]


async def enabled(node: Node, group: str = GROUP) -> set[str]:
    """The names of enabled tasks."""
    return {name for name, task in (await tasks(node, group)).items() if task.enabled}


async def test_jobs_are_commented_out_and_their_tasks_enabled(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    view = await take(node, place)
    assert [(line.line, line.task) for line in view.taken] == [(3, f"{GROUP}/backup"), (5, f"{GROUP}/poll")]
    assert run_by_cron(place) == []
    assert await enabled(node) == {"backup", "poll"}
    assert not view.unsure


async def test_everything_else_in_the_file_stays_byte_for_byte(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    view = await take(node, place)
    ours = node.identity().node_id[:8]
    expected = TABLE.split("\n")
    for line in view.taken:
        expected[line.line - 1] = f"#atsn {ours} {line.task_id[:8]}# {expected[line.line - 1]}"
    assert place.read().decode() == "\n".join(expected)
    assert takeover.as_before(place.read(), node.identity().node_id) == TABLE.encode()


async def test_a_backup_is_kept_in_the_home_for_its_owner_alone(node: Node, cron: Cron, hq: Machine) -> None:
    view = await take(node, cron.write(TABLE))
    assert view.backup is not None
    assert view.backup.startswith(str(hq.home))
    check_backup(Path(view.backup))


def check_backup(path: Path) -> None:
    assert path.read_text() == TABLE
    assert path.stat().st_mode & 0o077 == 0


async def test_a_users_crontab_is_taken_over_with_its_user(node: Node, cron: Cron) -> None:
    place = cron.write_own("@daily df\n# words\n")
    view = await take(node, place)
    assert view.imported.group == f"Imported from crontab of {ME}"
    assert run_by_cron(place) == []
    [task] = (await tasks(node, view.imported.group)).values()
    assert (task.run_as, task.enabled) == (ME, True)


async def test_the_real_crontab_is_taken_over_and_given_back(
    stranger: str, node: Node, cron: Cron, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"].replace(f"{cron.root / 'bin'}:", ""))
    table = b"# words\nMAILTO=''\n\n0 3 * * *\t /usr/bin/backup  \n@daily df\n"
    install(stranger, table)
    place = UserCrontab(stranger)
    view = await take(node, place)
    assert [(line.line, line.task.rpartition("/")[2]) for line in view.taken] == [(4, "backup"), (5, "df")]
    assert run_by_cron(place) == []
    assert takeover.as_before(place.read(), node.identity().node_id) == table
    assert await enabled(node, view.imported.group) == {"backup", "df"}
    await node.takeover.give([place.source])
    assert place.read() == table
    assert await enabled(node, view.imported.group) == set()


def install(user: str, table: bytes) -> None:
    """Give a user a crontab as crontab(1) does."""
    subprocess.run(["crontab", "-u", user, "-"], input=table, check=True, capture_output=True)


async def test_again_there_is_nothing_left_to_take_over(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    after = place.read()
    again = await take(node, place)
    assert (again.taken, [line.line for line in again.already], again.backup) == ((), [3, 5], None)
    assert len(again.imported.unchanged) == 2
    assert not again.imported.vanished
    assert place.read() == after


async def test_an_import_takes_what_was_taken_over_for_what_it_was(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    outcome = await node.files.import_crontab(place.source, place.read(), system=True)
    assert (len(outcome.unchanged), outcome.vanished, outcome.added) == (2, (), ())
    edited = place.read().replace(b"0 3 *", b"30 4 *")
    outcome = await node.files.import_crontab(place.source, edited, system=True)
    [line] = outcome.updated
    assert (line.task, line.fields) == ("backup", ("schedules",))
    assert (await tasks(node))["backup"].enabled


async def test_a_line_that_came_later_is_taken_over_too(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    place.path.write_bytes(place.read() + f"@daily {ME} /usr/bin/tidy\n".encode())
    view = await take(node, place)
    assert [line.task for line in view.taken] == [f"{GROUP}/tidy"]
    assert run_by_cron(place) == []
    assert await enabled(node) == {"backup", "poll", "tidy"}


async def test_what_was_imported_and_edited_before_is_taken_over_as_it_is_now(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await node.files.import_crontab(place.source, place.read(), system=True)
    await node.tasks.change(f"{GROUP}/backup", {"schedules": "every 2h", "name": "mine", "timeout": "5m"})
    view = await take(node, place)
    assert {line.task for line in view.taken} == {f"{GROUP}/mine", f"{GROUP}/poll"}
    task = (await tasks(node))["mine"]
    assert (task.enabled, task.schedules, task.options.timeout) == (True, ("every 2h",), 300)


async def test_a_crontab_that_was_imported_as_a_file_of_crons_own_is_known_again(
    node: Node, cron: Cron
) -> None:
    place = cron.write_own("@daily df\n")
    await node.groups.add("ops")
    await node.files.import_crontab(str(cron.spool / ME), place.read(), "ops")
    view = await take(node, place, into="ops")
    assert (view.imported.added, [line.task for line in view.taken]) == ((), ["ops/df"])


async def test_a_task_that_was_deleted_here_is_left_to_cron(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await node.files.import_crontab(place.source, place.read(), system=True)
    await node.tasks.remove([f"{GROUP}/poll"])
    view = await take(node, place)
    assert [(line.line, line.why) for line in view.left] == [(5, "its task was deleted here")]
    assert run_by_cron(place) == ['  /usr/bin/poll --mark "#"']
    assert await enabled(node) == {"backup"}


async def test_a_task_that_was_deleted_after_its_line_was_taken_over_is_named(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    await node.tasks.remove([f"{GROUP}/poll"])
    view = await take(node, place)
    [left] = view.left
    assert (left.line, left.text) == (5, POLL)
    assert "nobody runs it" in left.why


# What this node would not run


async def hold(node: Node, **values: Any) -> None:
    await node.core.store.write(lambda db: holds.put(db, Hold(**values)))


async def imported(node: Node, place: Place) -> str:
    """Import first; the group's id."""
    outcome = await node.files.import_crontab(place.source, place.read(), system=place.system)
    assert outcome.group_id is not None
    return outcome.group_id


async def nothing_taken(node: Node, place: Place, why: str) -> None:
    before = place.read()
    view = await take(node, place)
    assert view.taken == ()
    assert all(why in line.why for line in view.left), view.left
    assert len(view.left) == 2
    assert place.read() == before
    assert await enabled(node) == set()


async def test_nothing_is_taken_over_while_the_node_is_held(node: Node, cron: Cron) -> None:
    await hold(node)
    await nothing_taken(node, cron.write(TABLE), "this node is held")


async def test_nothing_is_taken_over_into_a_group_that_is_held_or_on_standby(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    group_id = await imported(node, place)
    await hold(node, group_id=group_id)
    await nothing_taken(node, place, "is held on this node")
    await node.core.store.write(lambda db: holds.remove(db, group_id))
    await node.core.store.write(lambda db: standby.put(db, group_id, GroupHere(standby=True)))
    await nothing_taken(node, place, "is on standby on this node")


async def test_a_hold_that_is_over_is_in_nobodys_way(node: Node, cron: Cron) -> None:
    await hold(node, until=1)
    assert len((await take(node, cron.write(TABLE))).taken) == 2


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"nodes": "web1"}, "its nodes are web1"),
        ({"run_as": "no-such-user"}, "no-such-user does not exist"),
    ],
)
async def test_a_task_that_would_not_run_here_is_left_to_cron(
    node: Node, cron: Cron, edit: dict[str, str], why: str
) -> None:
    place = cron.write(TABLE)
    await imported(node, place)
    await node.tasks.change(f"{GROUP}/poll", edit)
    view = await take(node, place)
    [left] = view.left
    assert left.line == 5
    assert why in left.why
    assert await enabled(node) == {"backup"}
    assert len(run_by_cron(place)) == 1


async def test_a_line_of_another_node_is_left_alone(node: Node, cron: Cron) -> None:
    place = cron.write(f"#atsn 00000000 11111111# 0 3 * * * root df\n@daily {ME} du\n")
    view = await take(node, place)
    assert [line.line for line in view.taken] == [2]
    [left] = view.left
    assert (left.line, left.text) == (1, "0 3 * * * root df")
    assert "another node took it over" in left.why
    assert place.read().startswith(b"#atsn 00000000 11111111# 0 3 * * * root df\n")


# Refusals


async def test_without_a_service_nothing_happens_unless_told_that_it_does_not_matter(
    node: Node, cron: Cron, hq: Machine
) -> None:
    place = cron.write(TABLE)
    before = hq.dump()
    with pytest.raises(Refused, match="no service runs for this node"):
        await take(node, place, without_service=False)
    assert (place.read().decode(), hq.dump()) == (TABLE, before)
    with locks.exclusive(Home(hq.home).service_lock):
        assert len((await take(node, place, without_service=False)).taken) == 2


async def test_a_crontab_that_changes_meanwhile_is_left_as_it_is(node: Node, cron: Cron, hq: Machine) -> None:
    place = cron.write(TABLE)

    async def edit(step: str) -> None:
        if step == "waiting":
            place.path.write_text(TABLE + f"@daily {ME} du\n")

    with pytest.raises(Moved, match="was changed by someone else meanwhile"):
        await take(node, place, step=edit)
    assert place.read().decode() == TABLE + f"@daily {ME} du\n"
    assert await enabled(node) == set()
    assert not (hq.home / "crontabs" / "journal.json").exists()
    assert len((await take(node, place)).taken) == 3


async def test_what_crontab_refuses_leaves_all_as_it_was(node: Node, cron: Cron, hq: Machine) -> None:
    place = cron.write_own("@daily refuse\n")
    with pytest.raises(Refused, match=r"(?s)can't install.*cron goes on running what it ran"):
        await take(node, place)
    assert place.read() == b"@daily refuse\n"
    assert await enabled(node, f"Imported from crontab of {ME}") == set()
    assert not (hq.home / "crontabs" / "journal.json").exists()


async def test_only_one_at_a_time_changes_crontabs(node: Node, cron: Cron, hq: Machine) -> None:
    place = cron.write(TABLE)
    (hq.home / "crontabs").mkdir()
    with locks.exclusive(hq.home / "crontabs" / "lock"), pytest.raises(Refused, match="is held by"):
        await take(node, place)
    assert place.read().decode() == TABLE


async def test_nobody_takes_over_what_is_not_there(node: Node, cron: Cron, hq: Machine) -> None:
    before = hq.dump()
    for place in (cron.site, cron.own):
        with pytest.raises(NotFound):
            await take(node, place)
    with pytest.raises(NotFound if os.geteuid() == 0 else Refused):
        await take(node, UserCrontab("stranger"))
    assert hq.dump() == before


# The moment


async def test_a_dry_run_tells_the_same_and_changes_nothing(node: Node, cron: Cron, hq: Machine) -> None:
    place = cron.write(TABLE)
    before = hq.dump()
    told = await take(node, place, dry_run=True, without_service=False)
    assert (hq.dump(), place.read().decode()) == (before, TABLE)
    assert not (hq.home / "crontabs").exists()
    done = await take(node, place)
    assert told.dry_run
    assert [(each.line, each.task) for each in told.taken] == [(each.line, each.task) for each in done.taken]


@pytest.mark.parametrize(
    ("second", "seconds"),
    [(0.0, 2.0), (1.5, 0.5), (2.0, 0.0), (30.0, 0.0), (50.0, 0.0), (50.5, 11.5), (59.9, 2.1)],
)
def test_a_crontab_is_changed_in_the_middle_of_a_minute(second: float, seconds: float) -> None:
    assert moment.pause(int((1_800_000_000 + second) * 1e6)) == pytest.approx(seconds)


async def test_due_times_count_from_the_moment_at_which_cron_let_go(node: Node, cron: Cron) -> None:
    seen: dict[str, int] = {}

    async def look(step: str) -> None:
        seen[step] = node.core.now()

    view = await take(node, cron.write(TABLE), step=look)
    group_id = view.imported.group_id or ""
    edits = await node.core.store.read(lambda db: glance.last_edits(db, group_id, 0, _enabling, 9))
    assert set(edits) == {line.task_id for line in view.taken}
    assert all(seen["saved"] <= at <= seen["begun"] for at in edits.values())
    assert list(seen) == ["imported", "waiting", "saved", "begun", "written", "followed", "done"]


def _enabling(edit: Any) -> bool:
    return edit.before is not None


async def test_if_a_minute_ends_while_the_crontab_is_written_it_says_so(
    node: Node, cron: Cron, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moment, "apart", lambda begun, ended: True)
    assert (await take(node, cron.write(TABLE))).unsure


def test_moments_of_one_minute_are_not_apart() -> None:
    assert not moment.apart(60_000_000, 119_999_999)
    assert moment.apart(119_999_999, 120_000_000)


async def test_a_system_crontab_that_may_not_be_written_is_refused_before_anything_changes(
    node: Node, cron: Cron, hq: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = cron.write(TABLE)
    before = hq.dump()
    monkeypatch.setattr(crontab_files.os, "access", lambda path, mode: False)
    with pytest.raises(Refused, match="site"):
        await take(node, place)
    assert hq.dump() == before


async def test_the_audit_log_tells_whose_lines_changed_hands(node: Node, cron: Cron) -> None:
    place = cron.write(TABLE)
    await take(node, place)
    await node.takeover.give([])
    told = [entry for entry in await node.audit.list() if entry.action.startswith("crontab.")]
    assert [(entry.action, entry.name) for entry in told] == [
        ("crontab.give-back", place.source),
        ("crontab.take-over", place.source),
    ]
    assert told[0].after == told[1].after
    assert (await node.audit.verify()).intact
