"""Another user of the machine, who is not root, has no part in a node."""

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines, wait_until

OTHERS = stat.S_IRWXG | stat.S_IRWXO
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try what another user can")


@pytest.fixture
def directory() -> Iterator[Path]:
    """One that everybody may enter."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


@pytest.fixture
def web1(directory: Path) -> Iterator[Machine]:
    """A node whose service has run a task with output, and has a backup."""
    machines = Machines(directory)
    os.umask(0)  # the most careless one
    machine = machines("web1")
    machine.atsn("group", "add", "ops", "--local").ok()
    machine.add_task("ops", "says", "echo hello", "--schedule", "every 1s")
    machine.serve()
    wait_until(lambda: "hello" in machine.atsn("log", "ops/says").out)
    machine.atsn("backup", str(directory / "web1.backup")).ok()
    yield machine
    machines.close()


@pytest.fixture(autouse=True)
def _umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_nothing_in_a_home_is_open_to_others_whatever_the_umask(web1: Machine) -> None:
    everything = [web1.home, *web1.home.rglob("*")]
    assert {each.name for each in everything} >= {
        "atsn.db",
        "host_key",
        "client_key",
        "wake",
        "keeper",
        "runs",
    }
    secret = [each for each in everything if not each.name.endswith(".pub")]
    open_to_others = {
        str(each.relative_to(web1.home.parent)): oct(mode)
        for each in secret
        if not each.is_symlink() and (mode := each.stat().st_mode) & OTHERS
    }
    assert open_to_others == {}
    assert not (web1.home.parent / "web1.backup").stat().st_mode & OTHERS


KNOCK = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
home = sys.argv[1]
for what in ("wake", "keeper"):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        try:
            with socket.socket(socket.AF_UNIX, kind) as line:
                line.connect(os.path.join(home, what))
            print("connected to", what)
        except PermissionError:
            pass
        except OSError as error:
            print(what, error)
for what in ("atsn.db", "host_key", "config.toml", "runs", "."):
    try:
        os.listdir(os.path.join(home, what)) if what in ("runs", ".") else open(os.path.join(home, what)).read()
        print("read", what)
    except PermissionError:
        pass
"""


@only_root
def test_another_user_reaches_neither_sockets_nor_files(web1: Machine) -> None:
    nobody = str(pwd.getpwnam("nobody").pw_uid)
    done = subprocess.run(
        [sys.executable, "-I", "-c", KNOCK, str(web1.home), nobody],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == ""


@only_root
@pytest.mark.parametrize("what", ["owner", "mode"])
def test_a_home_that_others_could_change_is_not_opened(make_node: Machines, what: str) -> None:
    machine = make_node("web2")
    if what == "owner":
        os.chown(machine.home, pwd.getpwnam("nobody").pw_uid, -1)
    else:
        machine.home.chmod(0o777)
    assert machine.process("task", "list", "x").code == 3
