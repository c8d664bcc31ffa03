"""hq, a node, and web1, a node on a machine where nothing runs but sshd."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines
from tests.openssh.sshd import Sshd
from tests.processes.forks import Forks
from tests.programs import need

MakeSshd = Callable[..., Sshd]

BEGIN = Path(__file__).with_name("begin.py")


@pytest.fixture(autouse=True)
def _quick_start(request: pytest.FixtureRequest, zygote: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines in authorized_keys start `atsn` where it is loaded already, unless a test is marked to need its own."""
    if "own_program" not in request.keywords:
        words = (sys.executable, "-I", "-S", str(BEGIN), str(zygote.path))
        monkeypatch.setattr("atsn_tui.service.unit.this_program", lambda: words)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of whoever connects, with an empty ~/.ssh and no agent."""
    home = tmp_path / "user"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr("atsn_tui.transport.ssh_config.SYSTEM_CONFIG", tmp_path / "no-system-config")
    return home


@pytest.fixture
def make_sshd(tmp_path: Path) -> Iterator[MakeSshd]:
    """Starts servers: `make_sshd("web1", "SetEnv X=1")`. They are ended after the test."""
    need("ssh", "sshd")
    made: list[Sshd] = []

    def make(name: str, *options: str) -> Sshd:
        made.append(Sshd(tmp_path / f"sshd-{name}", options))
        return made[-1].start()

    yield make
    for sshd in made:
        sshd.stop()


@pytest.fixture
def sshd(make_sshd: MakeSshd) -> Sshd:
    """The one on web1."""
    return make_sshd("web1")


@pytest.fixture
def hq(own_home: Path, make_node: Machines) -> Machine:
    return make_node("hq", listen=False)


@pytest.fixture
def web1(make_node: Machines) -> Machine:
    return make_node("web1", listen=False)


def meet(hq: Machine, web1: Machine, sshd: Sshd, *, grants: str = "pull,push,status") -> None:
    """Let hq reach web1 through that sshd, with the grants there."""
    web1.atsn("peer", "add", "hq", "--key", hq.identity["public_key"], "--grant", grants).ok()
    web1.atsn("peer", "authorize", "hq", "--file", str(sshd.authorized_keys)).ok()
    hq.atsn(
        "peer", "add", "web1", "--key", web1.identity["public_key"],
        "--address", sshd.address, "--host-key", sshd.host_key,
    ).ok()  # fmt: skip


@pytest.fixture
def pair(hq: Machine, web1: Machine, sshd: Sshd) -> tuple[Machine, Machine]:
    """hq, which reaches web1 and may do everything there; both have nothing in common yet."""
    meet(hq, web1, sshd)
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "a")
    hq.add_task("ops", "b")
    hq.atsn("link", "add", "ops", "web1", "--push", "--strict").ok()
    return hq, web1
