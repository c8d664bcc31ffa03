"""What the service tells systemd, as a service manager hears it."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atsn_tui.service.notify import Notifier
from tests.nodes import Machine, Machines, eventually, free_port
from tests.processes.forks import Forks


class Manager:
    """Hears datagrams."""

    def __init__(self, address: str) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(address)
        self._line.setblocking(False)
        self.heard: list[dict[str, str]] = []

    def listen(self) -> list[dict[str, str]]:
        """All messages until now."""
        while True:
            try:
                message = self._line.recv(4096).decode()
            except BlockingIOError:
                return self.heard
            self.heard.append(dict(line.split("=", 1) for line in message.split("\n")))

    def has(self, name: str, value: str = "1") -> bool:
        """Whether it was told that."""
        return any(message.get(name) == value for message in self.listen())

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify"))
    yield made
    made.close()


@pytest.fixture
def notifier(tmp_path: Path, manager: Manager) -> Notifier:
    return Notifier.of({"NOTIFY_SOCKET": str(tmp_path / "notify")})


def test_it_tells_that_it_is_ready_with_one_line_for_people(notifier: Notifier, manager: Manager) -> None:
    notifier.ready("hq is\nready")
    assert manager.listen() == [{"READY": "1", "STATUS": "hq is ready"}]


def test_a_reload_is_dated_so_that_systemd_can_tell_it_from_the_one_before(
    notifier: Notifier, manager: Manager
) -> None:
    before = time.monotonic_ns() // 1000
    notifier.reloading()
    [message] = manager.listen()
    assert message["RELOADING"] == "1"
    assert before <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000


def test_an_abstract_socket_begins_with_an_at_sign() -> None:
    name = f"atsn-test-{os.getpid()}"
    manager = Manager(f"\0{name}")
    Notifier.of({"NOTIFY_SOCKET": f"@{name}"}).stopping()
    assert manager.has("STOPPING")
    manager.close()


def test_without_a_manager_nothing_is_said_and_a_deaf_one_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Notifier.of({}).ready("x")
    assert not caplog.records
    Notifier.of({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready("x")
    assert "READY=1" in caplog.text


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_signs_of_life_are_wanted_as_the_environment_says(
    environ: dict[str, str], interval: float | None
) -> None:
    assert Notifier.of(environ).interval == interval


async def test_signs_of_life_end_when_something_is_wrong(tmp_path: Path, manager: Manager) -> None:
    well = True
    notifier = Notifier(str(tmp_path / "notify"), 0.03)
    task = asyncio.create_task(notifier.keep_alive(lambda: well))
    await eventually(lambda: len(manager.listen()) >= 3)
    well = False
    await asyncio.sleep(0)
    count = len(manager.listen())
    await asyncio.sleep(0.05)
    assert len(manager.listen()) <= count + 1
    assert not task.done()
    task.cancel()


async def test_nobody_who_wants_none_gets_signs_of_life(tmp_path: Path, manager: Manager) -> None:
    await Notifier(str(tmp_path / "notify"), None).keep_alive()
    await Notifier(None, 1.0).keep_alive()
    assert manager.listen() == []


# The service itself


@pytest.fixture
def forks(zygote: Forks, tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch) -> Forks:
    """Processes that systemd has started, as far as they know."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    return zygote


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    return await make_node.make("hq")


async def test_a_service_tells_of_its_start_its_life_its_reload_and_its_end(
    forks: Forks, hq: Machine, manager: Manager
) -> None:
    service = await forks.serve(hq)
    await eventually(lambda: manager.has("READY"))
    assert hq.identity["listen"] in manager.heard[0]["STATUS"]
    await eventually(lambda: manager.has("WATCHDOG"))

    other = f"127.0.0.1:{free_port()}"
    hq.configure("listen", other)
    manager.heard.clear()
    service.send(signal.SIGHUP)
    await eventually(lambda: manager.has("READY"))
    told = [message for message in manager.heard if "WATCHDOG" not in message]
    assert ["RELOADING" in message for message in told] == [True, False]
    assert other in told[1]["STATUS"]
    assert not manager.has("STOPPING")

    service.send(signal.SIGTERM)
    assert (await service.end()).code == 0
    assert manager.has("STOPPING")


async def test_a_config_that_cannot_be_used_changes_nothing(
    forks: Forks, hq: Machine, manager: Manager
) -> None:
    service = await forks.serve(hq)
    config = hq.home / "config.toml"
    for wrong in (
        "nonsense",
        f'name = "hq"\nlisten = "{hq.identity["listen"].replace("127.0.0.1", "192.0.2.1")}"\n',
    ):
        config.write_text(wrong)
        await eventually(lambda: manager.has("READY"))
        manager.heard.clear()
        service.send(signal.SIGHUP)
        await eventually(lambda: manager.has("READY"))
        assert hq.identity["listen"] in next(each["STATUS"] for each in manager.heard if "READY" in each)
    service.send(signal.SIGTERM)
    outcome = await service.end()
    assert outcome.code == 0
    assert outcome.err.count("config.toml cannot be used, everything goes on as before") == 2


async def test_systemd_hears_nothing_more_when_the_scheduler_hangs_though_the_service_turns(
    hq: Machine, manager: Manager, tmp_path: Path
) -> None:
    # A real service for which any scheduler hangs.
    program = (
        "import sys; from atsn_tui.service import daemon; daemon.STUCK, daemon.LOOK = -1.0, 0.05;"
        " from atsn_tui.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    environ = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000"}
    err = tmp_path / "err"
    with err.open("wb") as log:
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, "--home", str(hq.home), "serve",
            stdout=asyncio.subprocess.DEVNULL, stderr=log, env=environ,
        )  # fmt: skip
    await eventually(lambda: manager.has("READY"))
    await eventually(lambda: "the scheduler has done nothing" in err.read_text())
    for _ in range(10):
        await asyncio.sleep(0.03)
        assert not manager.has("WATCHDOG")
    assert err.read_text().count("the scheduler has done nothing") == 1
    service.send_signal(signal.SIGTERM)
    assert await service.wait() == 0
