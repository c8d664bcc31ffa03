"""Killed at any step, a change of hands is finished or undone: each job is run by cron or by its task."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from atsn_tui.errors import BadFile
from atsn_tui.home import locks
from atsn_tui.home.home import Home
from atsn_tui.node.node import Node
from atsn_tui.node.takeover import journal
from atsn_tui.node.takeover.journal import Journal, Line
from atsn_tui.node.takeover.taking import Wish
from atsn_tui.store import glance
from tests.nodes import ADA, Machine
from tests.takeover.conftest import TABLE, Cron, use
from tests.takeover.killing import CASES, directory_of, place_of_kind, table_of_kind
from tests.takeover.test_taking import GROUP, enabled, run_by_cron, take

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def killed(fresh: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all cases, which are played once for all workers of this test run."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    base = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    words = [sys.executable, "-m", "tests.takeover.killing", str(base / "killed"), str(fresh.home)]
    with locks.exclusive(base / "killed.lock", patience=120):
        if not (base / "killed.done").exists():
            subprocess.run(words, check=True, cwd=REPOSITORY, timeout=120)
            (base / "killed.done").touch()
    return base / "killed"


async def run_here(node: Node) -> set[str]:
    """The commands of all enabled tasks."""
    return {
        getattr(view.task.action, "command", "")
        for group in await node.groups.list()
        for view in await node.tasks.list(group.id)
        if view.task.enabled
    }


@pytest.mark.parametrize("case", CASES, ids="-".join)
async def test_the_next_run_finishes_or_undoes_it(
    killed: Path, case: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    action, kind, step = case
    directory = directory_of(killed, case)
    cron, home = Cron(directory / "machine"), Home(directory / "home")
    use(cron, monkeypatch)
    place = place_of_kind(cron, kind)
    begun = step in ("begun", "written", "followed")
    assert (journal.unfinished(home) is not None) == begun
    async with Node.open(home, ADA) as node:
        found = await node.takeover.recover()
        assert (found is not None) == begun
        assert await node.takeover.recover() is None
        by_cron = {command.strip() for command in run_by_cron(place)}
        here = await run_here(node)
        assert not by_cron & here, "run by both"
        assert len(by_cron | here) == 2, "run by neither"
        changed = step in ("written", "followed", "done")
        assert by_cron == set() if (action == "take") == changed else here == set()
        await check_the_rest(node, cron, kind)


async def check_the_rest(node: Node, cron: Cron, kind: str) -> None:
    """After that, taking over and giving back go on as ever."""
    place = place_of_kind(cron, kind)
    await node.takeover.take(place, Wish(), without_service=True)
    assert run_by_cron(place) == []
    assert len(await run_here(node)) == 2
    await node.takeover.give([])
    assert place.read().decode() == table_of_kind(kind)
    assert await run_here(node) == set()
    assert node.core.home.crontabs.joinpath("journal.json").exists() is False


# What recovery looks at


async def taken(node: Node, cron: Cron) -> Journal:
    """Take over, and write the journal that stood there meanwhile."""
    view = await take(node, cron.write(TABLE))
    lines = [
        Line(task_id=line.task_id, group_id=view.imported.group_id or "", text=line.text)
        for line in view.taken
    ]
    plan = Journal(action="take", source=view.source, since=node.core.now() - 90_000_000, lines=tuple(lines))
    journal.begin(node.core.home, plan)
    return plan


async def test_an_unfinished_change_is_finished_by_the_next_command_too(node: Node, cron: Cron) -> None:
    plan = await taken(node, cron)
    await node.tasks.set_enabled([line.task_id for line in plan.lines], False)
    assert len((await take(node, cron.site)).already) == 2
    assert await enabled(node) == {"backup", "poll"}
    assert journal.unfinished(node.core.home) is None


async def test_due_times_since_cron_let_go_are_not_forgotten(node: Node, cron: Cron) -> None:
    plan = await taken(node, cron)
    await node.tasks.set_enabled([line.task_id for line in plan.lines], False)
    await node.takeover.recover()
    group_id = plan.lines[0].group_id
    edits = await node.core.store.read(lambda db: glance.last_edits(db, group_id, 0, lambda edit: True, 1))
    assert edits == {line.task_id: plan.since for line in plan.lines}


async def test_a_line_whose_task_was_deleted_before_it_was_enabled_goes_back_to_cron(
    node: Node, cron: Cron
) -> None:
    plan = await taken(node, cron)
    [gone, _] = plan.lines
    await node.tasks.remove([gone.task_id])
    await node.takeover.recover()
    assert len(run_by_cron(cron.site)) == 1
    assert await enabled(node) == {"poll"}


async def test_what_was_edited_in_the_crontab_since_counts_as_it_stands(node: Node, cron: Cron) -> None:
    plan = await taken(node, cron)
    await node.tasks.set_enabled([line.task_id for line in plan.lines], False)
    cron.site.path.write_bytes(
        b"\n".join(
            line.partition(b"# ")[2] if b"backup" in line else line for line in cron.site.read().split(b"\n")
        )
    )
    await node.takeover.recover()
    assert run_by_cron(cron.site) == ["/usr/bin/backup --all"]
    assert await enabled(node) == {"poll"}


async def test_a_crontab_that_was_removed_ends_it(node: Node, cron: Cron) -> None:
    await taken(node, cron)
    cron.site.path.unlink()
    assert await node.takeover.recover() is not None
    assert journal.unfinished(node.core.home) is None


async def test_nobody_meddles_with_what_another_process_is_at(node: Node, cron: Cron) -> None:
    await taken(node, cron)
    with locks.exclusive(node.core.home.crontabs / "lock"):
        assert await node.takeover.recover() is None
    assert await node.takeover.recover() is not None


async def test_a_journal_that_cannot_be_read_is_not_passed_over(node: Node, cron: Cron) -> None:
    plan = await taken(node, cron)
    (node.core.home.crontabs / "journal.json").write_text("{")
    with pytest.raises(BadFile, match=r"journal\.json cannot be read"):
        await take(node, cron.site)
    with pytest.raises(BadFile):
        await node.takeover.recover()
    assert plan.source == cron.site.source
    assert await enabled(node, GROUP) == {"backup", "poll"}
