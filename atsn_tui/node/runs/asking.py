"""Asking the running service for something, and waiting for its answer."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.home import locks
from atsn_tui.model import text
from atsn_tui.model.run import Request
from atsn_tui.node.core import Core
from atsn_tui.node.runs.views import Asked
from atsn_tui.store import requests

ANSWER = 10.0
"""Seconds that the service has to answer."""

FIRST_LOOK, LOOK = 0.01, 0.1
"""Seconds between two looks for the answer: at first often, since it is usually there at once."""

_NO_SERVICE = "no service runs for this node, so nothing can run or be stopped; start it with: atsn serve"

Ask = Callable[[sqlite3.Connection], Request]


def request(
    core: Core, kind: str, *, group_id: str = "", task_id: str = "", run_id: str = "", body: bytes = b""
) -> Request:
    """A request of the person who acts, made now."""
    return Request(
        id=text.new_id(),
        kind=kind,
        who=core.actor.who,
        source=core.actor.source,
        at=core.now(),
        group_id=group_id,
        task_id=task_id,
        run_id=run_id,
        body=body,
    )


async def ask(core: Core, make: Ask) -> Asked:
    """What the service says to the request that `make` returns.

    Refused: it says no, or no service runs. Unreachable: it did not answer in time. What nobody took up is withdrawn,
    when the caller is cancelled, too, so that it does not happen hours later.
    """
    if not _served(core):
        await core.store.read(make)  # what is wrong with the request itself is told first
        raise Refused(_NO_SERVICE)

    made: list[Request] = []

    def write(db: sqlite3.Connection) -> None:
        made.append(make(db))
        requests.add(db, made[0])

    try:
        await core.store.write(write)
        return await _answer(core, made[0].id)
    except asyncio.CancelledError:
        if made:
            gone = partial(_withdraw, request_id=made[0].id, why="who asked went away")
            with suppress(AtsnError):  # Nobody is there to be told of it.
                await core.store.write(gone)
        raise


async def _answer(core: Core, request_id: str) -> Asked:
    end, pause = time.monotonic() + ANSWER, FIRST_LOOK
    while True:
        found = await core.store.read(lambda db: _get(db, request_id))
        if found.state in ("done", "refused"):
            return _answered(found)
        served = _served(core)
        if not served or time.monotonic() >= end:
            return await _give_up(core, request_id, served)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LOOK)


def _served(core: Core) -> bool:
    return locks.held(core.home.service_lock)


def _get(db: sqlite3.Connection, request_id: str) -> Request:
    found = requests.get(db, request_id)
    if found is None:
        raise AtsnError("the request is gone before it was answered")
    return found


def _answered(found: Request) -> Asked:
    if found.state == "refused":
        raise Refused(found.result)
    return Asked(text=found.result, run_id=found.run_id)


async def _give_up(core: Core, request_id: str, served: bool) -> Asked:
    """Withdraw the request; its answer, if it came at the last moment."""
    why = (
        f"the service of this node did not answer within {ANSWER:.0f} s"
        if served
        else "the service of this node ended before it answered"
    )
    found = await core.store.write(lambda db: _withdraw(db, request_id, why))
    if found.state == "waiting":
        raise Unreachable(f"{why}, so nothing was done; look at its log, and try again")
    if found.state == "working":
        raise Unreachable(f"{why}: it is still at it; what becomes of it: atsn runs")
    return _answered(found)


def _withdraw(db: sqlite3.Connection, request_id: str, why: str) -> Request:
    """The request as it stood; refused now, if nobody had taken it up."""
    found = _get(db, request_id)
    if found.state == "waiting":
        requests.answer(db, found, f"{why}: withdrawn", refused=True)
    return found
