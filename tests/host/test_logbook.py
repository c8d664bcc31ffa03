"""A log file that hangs holds up nobody but itself."""

import asyncio
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, BadFile
from atsn_tui.host.logbook import Logbook
from tests.nodes import eventually

HUNG, FINE = Path("/mnt/away.log"), Path("/var/log/here.log")


async def test_what_the_work_raises_is_told() -> None:
    async def work() -> None:
        raise BadFile("it is a pipe")

    with pytest.raises(BadFile, match="it is a pipe"):
        await Logbook().write(FINE, work)


async def test_lines_for_a_hanging_file_are_left_out_until_it_goes_on_and_others_are_written() -> None:
    goes_on, written = asyncio.Event(), []
    book = Logbook(patience=0.02)

    async def hang() -> None:
        await goes_on.wait()
        written.append("late")

    async def work() -> None:
        written.append("at once")

    with pytest.raises(AtsnError, match=r"/mnt/away.log has not taken its lines within 0.02 s"):
        await book.write(HUNG, hang)
    with pytest.raises(AtsnError, match=r"/mnt/away.log still hangs"):
        await book.write(HUNG, work)
    await book.write(FINE, work)
    assert written == ["at once"]
    goes_on.set()
    await eventually(lambda: written == ["at once", "late"])
    await book.write(HUNG, work)
    assert written == ["at once", "late", "at once"]


async def test_a_service_that_ends_does_not_wait_for_it() -> None:
    ended = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(Logbook().write(HUNG, hang))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await eventually(ended.is_set)
