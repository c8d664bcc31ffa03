"""Runs that were never carried out: rows as the scheduler writes them, and a service that only plays its part.

    ran(db, task, "failed", exit_code=2)      # a run of that TaskView, an hour ago
    skipped(db, task, "held", "the task is held")

The service answers requests as the scheduler does, and plays what runs print and how they end:

    with playing(machine, Play(prints=[b"one\n", b"two\n"], exit_code=2)):
        machine.atsn("run", "ops/x", "--wait")

In a running event loop: `async with playing_here(node, Play()) as played`.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from atsn_tui.home import locks
from atsn_tui.model import codec
from atsn_tui.model.run import ACTIVE, Decision, DecisionKind, Request, Run, RunState
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from atsn_tui.node.views import TaskView
from atsn_tui.runner.places import output_file
from atsn_tui.store import decisions, requests, runs, tasks
from tests.nodes import Machine

PAUSE = 0.02


@dataclass
class Play:
    """What becomes of every request to run, and how the run goes."""

    prints: list[bytes] = field(default_factory=lambda: [b"hello\n"])
    state: RunState = "ok"
    exit_code: int | None = 0
    signal: int | None = None
    reason: str = ""
    refuses: str = ""
    silent: bool = False
    """It answers nothing."""
    retries: bool = False
    """A retry waits afterwards."""
    lasts: bool = False
    """A run ends only when it is stopped."""
    seen: list[Request] = field(default_factory=list)


def ran(
    db: sqlite3.Connection, task: TaskView, state: RunState = "ok", ago: float = 3600, **fields: Any
) -> Run:
    """Write a run of a task that was due so many seconds ago, and took two unless it has not ended."""
    due = time.time_ns() // 1000 - round(ago * 1_000_000)
    usual: dict[str, Any] = {"started": None if state == "queued" else due}
    if state not in ACTIVE:
        usual["ended"] = due + 2_000_000
    run = Run(
        **{
            "id": new_id(),
            "group_id": task.group_id,
            "task_id": task.id,
            "path": task.task.path,
            "trigger": "schedule",
            "due": due,
            "state": state,
            **usual,
            **fields,
        }
    )
    runs.put(db, run, b"")
    return run


def skipped(
    db: sqlite3.Connection, task: TaskView, kind: DecisionKind, text: str, ago: float = 3600, **fields: Any
) -> Decision:
    """Write that a task did not run when it was due so many seconds ago."""
    due = time.time_ns() // 1000 - round(ago * 1_000_000)
    decision = Decision(
        **{
            "group_id": task.group_id,
            "task_id": task.id,
            "path": task.task.path,
            "kind": kind,
            "text": text,
            "trigger": "schedule",
            "first": due,
            "last": due,
            "at": due,
            **fields,
        }
    )
    return decisions.add(db, decision)


def begun(request: Request, db: sqlite3.Connection) -> Run:
    """The run that comes of a request."""
    [row] = tasks.get(db, request.group_id, [request.task_id])
    return Run(
        id=new_id(),
        group_id=request.group_id,
        task_id=request.task_id,
        path=codec.decode_task(row.record.body).path,
        trigger="manual",
        due=request.at,
        who=request.who,
        state="running",
        started=request.at,
    )


def printed(home: Path, run_id: str, data: bytes) -> None:
    """Let a run have printed that, after what it printed before."""
    path = Path(output_file(str(home), run_id))
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(data)


@contextlib.asynccontextmanager
async def playing_here(node: Node, play: Play) -> AsyncIterator[Play]:
    """Let a service run in this event loop."""
    with locks.exclusive(node.home.service_lock):
        service = asyncio.create_task(_serve(node, play))
        try:
            yield play
        finally:
            service.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await service


@contextlib.contextmanager
def playing(machine: Machine, play: Play) -> Iterator[Play]:
    """Let a service run in a thread, for commands that are typed in this process."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with machine.open() as node, playing_here(node, play):
            ready.set()
            while not over.is_set():  # noqa: ASYNC110
                await asyncio.sleep(PAUSE)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield play
    finally:
        over.set()
        thread.join()


async def _serve(node: Node, play: Play) -> None:
    store, running = node.core.store, set[asyncio.Task[None]]()
    while True:
        for request in await store.read(lambda db: requests.waiting(db, ("run", "stop"))):
            if play.silent:
                continue
            play.seen.append(request)
            if request.kind == "run" and not play.refuses:
                run = await store.write(lambda db, asked=request: _begin(db, asked))  # type: ignore[misc]
                task = asyncio.create_task(_carry_out(node, run, play))
                running.add(task)
                task.add_done_callback(running.discard)
            else:
                await store.write(lambda db, asked=request: _answer(db, asked, play))  # type: ignore[misc]
        await asyncio.sleep(PAUSE)


def _begin(db: sqlite3.Connection, request: Request) -> Run:
    run = begun(request, db)
    runs.put(db, run, b"")
    requests.answer(db, replace(request, run_id=run.id), f"{run.path} begins")
    return run


def _answer(db: sqlite3.Connection, request: Request, play: Play) -> None:
    if play.refuses:
        requests.answer(db, request, play.refuses, refused=True)
        return
    run = runs.get(db, request.run_id)
    assert run is not None
    runs.change(db, replace(run, stopping=f"stopped by {request.who}"))
    requests.answer(db, request, f"{run.path} was told to end")


async def _carry_out(node: Node, run: Run, play: Play) -> None:
    for data in play.prints:
        printed(node.home.path, run.id, data)
        await asyncio.sleep(PAUSE)
    stopping = ""
    while play.lasts and not stopping:
        now = await node.core.store.read(lambda db: runs.get(db, run.id))
        assert now is not None
        stopping = now.stopping
        await asyncio.sleep(PAUSE)
    await node.core.store.write(lambda db: _end(db, node.core.now(), run, play, stopping))


def _end(db: sqlite3.Connection, now: int, run: Run, play: Play, stopping: str) -> None:
    ended = replace(
        run,
        state="stopped" if stopping else play.state,
        ended=now,
        exit_code=None if stopping else play.exit_code,
        signal=15 if stopping else play.signal,
        reason=stopping or play.reason,
        output_bytes=sum(map(len, play.prints)),
    )
    runs.change(db, ended)
    if play.retries:
        again = replace(
            run, id=new_id(), state="queued", started=None, trigger="retry", cause=run.id, attempt=2
        )
        runs.put(db, again, b"")
