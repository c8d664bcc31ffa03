"""The bell: whoever changes something wakes the scheduler, which need not look by itself."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atsn_tui.home.bell import Bell, ring
from atsn_tui.home.home import Home
from atsn_tui.host.waking import listening
from atsn_tui.runner.scheduling.memory import MemoryExecutor
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.store import Store
from tests.nodes import Machine, Machines, eventually

HOUR = 3600.0


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq", listen=False)


@pytest.fixture
async def scheduler(hq: Machine) -> AsyncIterator[Scheduler]:
    """One that looks by itself once an hour."""
    home = Home(hq.home)
    async with await Store.open(home) as store:
        executor = MemoryExecutor(lambda: 1, lambda after, call: None)
        place = Place(node_id=store.node_id, name="hq", boot_id="boot")
        scheduler = Scheduler(store, executor, place, poll=HOUR)
        with listening(home.wake, scheduler.notice):
            life = asyncio.create_task(scheduler.run())
            await eventually(lambda: scheduler.beat)
            yield scheduler
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)


async def test_edits_and_holds_of_another_process_are_noticed_though_nobody_polls(
    hq: Machine, scheduler: Scheduler
) -> None:
    for words in (
        ("group", "add", "ops"),
        ("task", "add", "ops", "one", "--command", "true", "--schedule", "every 1h"),
    ):
        assert (await asyncio.to_thread(hq.atsn, *words)).code == 0
    engine = scheduler._engine
    assert engine is not None
    await eventually(lambda: len(engine.state.agenda) == 1)
    assert (await asyncio.to_thread(hq.process, "hold", "ops")).code == 0
    await eventually(lambda: len(engine.state.holds) == 1)
    assert (await asyncio.to_thread(hq.atsn, "task", "rm", "ops/one", "--yes")).code == 0
    await eventually(lambda: len(engine.state.agenda) == 0)


async def test_it_is_for_the_owner_alone_and_is_gone_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "wake"
    with listening(path, lambda: None):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


async def test_a_bell_that_a_killed_service_left_is_replaced(tmp_path: Path) -> None:
    path, looked = tmp_path / "wake", asyncio.Event()
    left = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    left.bind(str(path))
    left.close()
    ring(path)  # nobody hears it, and nobody minds
    with listening(path, looked.set):
        ring(path)
        async with asyncio.timeout(30):
            await looked.wait()


async def test_something_else_in_its_place_is_kept_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "wake"
    path.write_text("mine")
    with listening(path, lambda: None):
        ring(path)
        assert "up to a second later" in caplog.text
    assert path.read_text() == "mine"


async def test_a_home_deeper_than_a_socket_may_lie_has_a_bell_too(tmp_path: Path) -> None:
    home = tmp_path / ("d" * 100) / ("e" * 100)
    home.mkdir(parents=True)
    looked = asyncio.Event()
    before = len(os.listdir("/proc/self/fd"))
    with listening(home / "wake", looked.set):
        ring(home / "wake")
        async with asyncio.timeout(30):
            await looked.wait()
    assert not (home / "wake").exists()
    assert len(os.listdir("/proc/self/fd")) == before


async def test_many_rings_are_few_looks_and_none_is_lost(tmp_path: Path) -> None:
    looks, path = list[int](), tmp_path / "wake"
    rung = 0
    with listening(path, lambda: looks.append(rung)):
        for _ in range(50):
            for _ in range(100):
                ring(path)  # more than the socket holds
            rung += 100
            await asyncio.sleep(0)
        await eventually(lambda: looks and looks[-1] == rung)
    assert len(looks) < 50


def test_a_ring_without_anybody_is_nothing(tmp_path: Path) -> None:
    ring(tmp_path / "nobody" / "wake")
    with contextlib.closing(Bell(tmp_path / "wake")) as bell:
        assert not bell.heard()
        ring(tmp_path / "wake")
        assert bell.heard()
        assert not bell.heard()
