"""Telling of ended runs: only what somebody wants to be told is worked out, and the past is read once for it."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.host.office import Office
from atsn_tui.host.telling import HISTORY, Teller
from atsn_tui.model.run import Run, RunState
from atsn_tui.model.settings import Log, Mail, Settings
from atsn_tui.node.node import Node
from atsn_tui.runner.scheduling.reporting import Finished
from atsn_tui.store import outbox, runs
from tests.node.samples import GROUP, a_task
from tests.nodes import Machine, Machines
from tests.played import ran

MAIL = Mail(when="on_failure", after_failures=2, to=("ops@example.org",))


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each look at all earlier runs of a task."""
    seen: list[Any] = []
    list_runs = runs.list_runs

    def looked(db: sqlite3.Connection, *words: Any, **more: Any) -> list[Run]:
        if more.get("limit") == HISTORY:
            seen.append(words)
        return list_runs(db, *words, **more)

    monkeypatch.setattr(runs, "list_runs", looked)
    return seen


async def told(node: Node, settings: Settings, *states: RunState) -> None:
    """A task has ended like that, and the last end is told."""
    await node.groups.add(GROUP)
    task = await node.tasks.add(GROUP, a_task())
    ended = await node.core.store.write(
        lambda db: [ran(db, task, state, ago=1000 - number) for number, state in enumerate(states)]
    )
    teller = Teller(node.home, node.config, node.core.store, "UTC", Office())
    await teller.tell(Finished(run=ended[-1], task=task.task, settings=settings, group=GROUP))


@pytest.mark.parametrize("state", ["ok", "failed"])
async def test_where_nobody_wants_to_be_told_the_past_is_not_looked_at(
    hq: Machine, looks: list[Any], state: RunState
) -> None:
    async with hq.open() as node:
        await told(node, Settings(name=GROUP), "failed", state)
    assert looks == []


async def test_a_log_file_is_told_of_a_success_without_a_look_at_the_past(
    hq: Machine, looks: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "jobs.log"
    async with hq.open() as node:
        await told(node, Settings(name=GROUP, log=Log(path=str(path), what="runs")), "failed", "ok")
    assert (looks, path.read_text().count("result=ok")) == ([], 1)


async def test_for_mail_and_log_file_together_the_past_is_looked_at_once(
    hq: Machine, looks: list[Any], tmp_path: Path
) -> None:
    path = str(tmp_path / "after-${ATSN_FAILURES}.log")
    async with hq.open() as node:
        await told(node, Settings(name=GROUP, log=Log(path=path), email=MAIL), "ok", "failed", "failed")
        [mail] = await node.core.store.read(outbox.list_outgoing)
    assert len(looks) == 1
    assert b"2 times in a row" in mail.message.content
    assert (tmp_path / "after-2.log").exists()
