"""Runs of a node: found by id or task, read and followed, begun and ended by asking the service."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from atsn_tui.errors import Ambiguous, BadInput, NotFound, Refused, Unreachable
from atsn_tui.home import locks
from atsn_tui.model.run import Request
from atsn_tui.node.node import Node
from atsn_tui.node.views import TaskView
from atsn_tui.store import requests, runs
from tests.node.samples import GROUP, a_task
from tests.nodes import eventually
from tests.played import Play, playing_here, printed, ran, skipped

T = TypeVar("T")

ONE, TWO = "11111111-0000-4000-8000-000000000001", "11112222-0000-4000-8000-000000000002"


@pytest.fixture
async def backup(node: Node) -> TaskView:
    await node.groups.add(GROUP)
    return await node.tasks.add(GROUP, a_task(folder="databases"))


async def write(node: Node, function: Callable[[sqlite3.Connection], T]) -> T:
    return await node.core.store.write(function)


async def test_runs_are_listed_newest_first_of_all_a_group_or_a_task(node: Node, backup: TaskView) -> None:
    await node.groups.add("other")
    clean = await node.tasks.add("other", a_task("clean"))
    await write(node, lambda db: [ran(db, backup, ago=9), ran(db, clean, ago=8), ran(db, backup, ago=7)])
    everything = await node.runs.list()
    assert [(run.group, run.task) for run in everything] == [
        (GROUP, "databases/backup"),
        ("other", "clean"),
        (GROUP, "databases/backup"),
    ]
    assert [run.task_id for run in await node.runs.list(group="other")] == [clean.id]
    assert len(await node.runs.list(task=backup.id[:8])) == 2
    assert len(await node.runs.list(group=GROUP, task="databases/backup")) == 2
    assert await node.runs.list(limit=1) == everything[:1]
    assert await node.runs.list(limit=5, before=everything[0].id) == everything[1:]


async def test_a_task_of_another_group_is_not_looked_for_in_this_one(node: Node, backup: TaskView) -> None:
    await node.groups.add("other")
    with pytest.raises(BadInput, match="belongs to"):
        await node.runs.list(group="other", task=backup.id)
    with pytest.raises(NotFound):
        await node.runs.list(group="other", task="databases/backup")


async def test_a_run_says_how_long_it_took_or_has_taken_so_far(node: Node, backup: TaskView) -> None:
    await write(
        node,
        lambda db: [ran(db, backup, "queued"), ran(db, backup, "running", ago=60), ran(db, backup)],
    )
    over, running, waiting = await node.runs.list()
    assert (over.duration_ms, waiting.duration_ms) == (2000, None)
    assert running.duration_ms is not None
    assert 60_000 <= running.duration_ms < 90_000


async def test_runs_outlive_task_and_group(node: Node, backup: TaskView) -> None:
    run = await write(node, lambda db: ran(db, backup))
    await node.groups.remove(GROUP)
    assert (await node.runs.get(run.id[:6])).group == backup.group_id
    assert len(await node.runs.list()) == 1


async def test_the_last_run_of_each_task_is_known(node: Node, backup: TaskView) -> None:
    await node.tasks.add(GROUP, a_task("never"))
    await write(node, lambda db: [ran(db, backup, "failed", ago=9), ran(db, backup, "ok", ago=5)])
    last = await node.runs.last(GROUP)
    assert {task_id: run.state for task_id, run in last.items()} == {backup.id: "ok"}


async def test_a_run_is_found_by_the_beginning_of_its_id(node: Node, backup: TaskView) -> None:
    await write(node, lambda db: [ran(db, backup, id=ONE), ran(db, backup, id=TWO)])
    assert (await node.runs.get("11112")).id == TWO
    assert (await node.runs.get(ONE)).id == ONE
    with pytest.raises(Ambiguous) as both:
        await node.runs.get("1111")
    assert ONE in both.value.message
    assert TWO in both.value.message
    with pytest.raises(NotFound, match="at least 4"):
        await node.runs.get("111")
    with pytest.raises(NotFound, match="atsn runs"):
        await node.runs.get("abcdef")


async def test_a_task_stands_for_its_last_run_that_does_not_wait(node: Node, backup: TaskView) -> None:
    with pytest.raises(NotFound, match="has not run here yet"):
        await node.runs.find(backup.id)
    await write(node, lambda db: ran(db, backup, "queued", ago=9))
    assert (await node.runs.find(backup.id)).state == "queued"
    failed = await write(node, lambda db: ran(db, backup, "failed", ago=5))
    await write(node, lambda db: ran(db, backup, "queued", ago=1, trigger="retry", cause=failed.id))
    for which in (backup.id, f"{GROUP}/databases/backup", failed.id, failed.id[:8]):
        assert (await node.runs.find(which)).id == failed.id


async def test_what_fits_a_run_and_a_task_is_ambiguous(node: Node, backup: TaskView) -> None:
    alike = f"{backup.id[:8]}-0000-4000-8000-000000000001"
    await write(node, lambda db: ran(db, backup, id=alike))
    with pytest.raises(Ambiguous) as both:
        await node.runs.find(backup.id[:8])
    assert alike in both.value.message
    assert backup.id in both.value.message
    assert (await node.runs.find(alike)).id == alike


@pytest.mark.parametrize(
    ("which", "told"),
    [
        ("abcdef", "no run and no task has an id that begins with 'abcdef'"),
        (f"{GROUP}/databases/bakup", f"the nearest: {GROUP}/databases/backup"),
        ("backup", "no task is named 'backup'"),
    ],
)
async def test_what_fits_nothing_is_said(node: Node, backup: TaskView, which: str, told: str) -> None:
    with pytest.raises(NotFound) as nothing:
        await node.runs.find(which)
    assert told in nothing.value.message


async def test_decisions_not_to_run_are_listed(node: Node, backup: TaskView) -> None:
    await write(
        node,
        lambda db: [skipped(db, backup, "held", "held", ago=9), skipped(db, backup, "missed", "down", ago=5)],
    )
    found = await node.runs.skipped(task=backup.id)
    assert [(each.kind, each.text, each.group, each.task) for each in found] == [
        ("missed", "down", GROUP, "databases/backup"),
        ("held", "held", GROUP, "databases/backup"),
    ]
    assert await node.runs.skipped(group=GROUP, limit=1) == found[:1]


async def test_output_is_read_and_followed_until_the_run_has_ended(node: Node, backup: TaskView) -> None:
    run = await write(node, lambda db: ran(db, backup, "running"))
    printed(node.home.path, run.id, b"one\n")
    pieces: list[bytes] = []

    async def follow() -> None:
        async for data in node.runs.follow(run.id):
            pieces.append(data)  # noqa: PERF401  # they are looked at meanwhile

    following = asyncio.create_task(follow())
    await eventually(lambda: pieces == [b"one\n"])
    printed(node.home.path, run.id, b"two \xff")
    await eventually(lambda: pieces[1:] == [b"two \xff"])
    printed(node.home.path, run.id, b"three")
    await write(node, lambda db: runs.change(db, replace(run, state="ok", ended=run.due + 5)))
    await asyncio.wait_for(following, 30)
    assert b"".join(pieces) == await node.runs.output(run.id) == b"one\ntwo \xffthree"


async def test_following_a_run_that_printed_nothing_gives_nothing_once(node: Node, backup: TaskView) -> None:
    run = await write(node, lambda db: ran(db, backup))
    assert [data async for data in node.runs.follow(run.id)] == [b""]
    assert await node.runs.output(run.id) == b""


async def test_a_run_is_asked_for_and_begins(node: Node, backup: TaskView) -> None:
    async with playing_here(node, Play()) as service:
        asked = await node.runs.start(f"{GROUP}/databases/backup")
        view = await node.runs.get(asked.run_id)
    assert asked.text == "databases/backup begins"
    assert (view.task_id, view.trigger, view.who) == (backup.id, "manual", "ada")
    assert [(each.kind, each.who, each.source) for each in service.seen] == [("run", "ada", "test")]


async def test_what_the_service_refuses_is_refused(node: Node, backup: TaskView) -> None:
    async with playing_here(node, Play(refuses="backup does not run now: an earlier run has not ended")):
        with pytest.raises(Refused, match="an earlier run has not ended"):
            await node.runs.start(backup.id)


async def test_without_a_service_nothing_is_asked_for(node: Node, backup: TaskView) -> None:
    with pytest.raises(Refused, match="atsn serve"):
        await node.runs.start(backup.id)
    assert not await open_requests(node)


async def open_requests(node: Node) -> list[Request]:
    return await node.core.store.read(lambda db: requests.waiting(db, ("run", "stop")))


async def test_what_nobody_takes_up_is_withdrawn(
    node: Node, backup: TaskView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atsn_tui.node.runs.asking.ANSWER", 0.3)
    async with playing_here(node, Play(silent=True)):
        with pytest.raises(Unreachable, match="nothing was done"):
            await node.runs.start(backup.id)
    assert not await open_requests(node), "or it would run when a service starts hours later"


async def test_a_request_is_withdrawn_when_the_service_ends(node: Node, backup: TaskView) -> None:
    with locks.exclusive(node.home.service_lock) as service:
        asking = asyncio.create_task(node.runs.start(backup.id))
        await eventually(lambda: open_requests(node))
        service.release()
        with pytest.raises(Unreachable, match="ended before it answered"):
            await asking
    assert not await open_requests(node)


async def test_a_request_is_withdrawn_when_who_asked_goes_away(node: Node, backup: TaskView) -> None:
    with locks.exclusive(node.home.service_lock):
        asking = asyncio.create_task(node.runs.start(backup.id))
        [request] = await eventually(lambda: open_requests(node))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    found = await node.core.store.read(lambda db: requests.get(db, request.id))
    assert found is not None
    assert (found.state, found.result) == ("refused", "who asked went away: withdrawn")


async def test_a_request_is_withdrawn_though_who_asked_went_away_while_it_was_written(
    node: Node, backup: TaskView
) -> None:
    with locks.exclusive(node.home.service_lock):
        asking = asyncio.create_task(node.runs.start(backup.id))
        write, begun = node.core.store.write, asyncio.Event()

        async def told(*words: Any, **more: Any) -> Any:
            begun.set()
            return await write(*words, **more)

        node.core.store.write = told  # type: ignore[method-assign]
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert not await open_requests(node)


async def test_a_request_that_is_being_worked_on_is_left_alone(
    node: Node, backup: TaskView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atsn_tui.node.runs.asking.ANSWER", 0.5)
    with locks.exclusive(node.home.service_lock):
        asking = asyncio.create_task(node.runs.start(backup.id))
        [request] = await eventually(lambda: open_requests(node))
        await write(node, lambda db: requests.change(db, replace(request, state="working")))
        with pytest.raises(Unreachable, match="still at it"):
            await asking
    assert await open_requests(node)


async def test_a_run_is_stopped_by_its_id_or_by_its_task(node: Node, backup: TaskView) -> None:
    async with playing_here(node, Play(lasts=True)):
        for by_task in (False, True):
            run_id = (await node.runs.start(backup.id)).run_id
            await node.runs.stop(f"{GROUP}/databases/backup" if by_task else run_id[:8])
            await eventually(lambda: ended(node, run_id))  # noqa: B023
            assert (await node.runs.get(run_id)).reason == "stopped by ada"


async def ended(node: Node, run_id: str) -> bool:
    return (await node.runs.get(run_id)).ended_at is not None


async def test_there_must_be_one_run_to_stop(node: Node, backup: TaskView) -> None:
    over = await write(node, lambda db: ran(db, backup))
    async with playing_here(node, Play()) as service:
        with pytest.raises(Refused, match="over already"):
            await node.runs.stop(over.id)
        with pytest.raises(Refused, match="nothing to stop"):
            await node.runs.stop(backup.id)
        both = await write(node, lambda db: [ran(db, backup, "running"), ran(db, backup, "queued")])
        with pytest.raises(Ambiguous) as several:
            await node.runs.stop(backup.id)
    assert all(run.id in several.value.message for run in both)
    assert not service.seen
