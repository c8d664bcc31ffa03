"""Locks hold between processes, end with them, and say who is in the way."""

import subprocess
import sys
from pathlib import Path

import pytest

from atsn_tui.errors import Refused
from atsn_tui.home import locks

HOLD = """
import sys
from pathlib import Path
from atsn_tui.home import locks
lock = getattr(locks, sys.argv[-2])(Path(sys.argv[-1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "open.lock"


def hold(kind: str, path: Path, name: str = "holder", *words: str) -> subprocess.Popen[bytes]:
    program = path.with_name(name)
    program.write_text(HOLD)
    child = subprocess.Popen(
        [sys.executable, program, *words, kind, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def test_many_share_and_one_is_alone(path: Path) -> None:
    with locks.shared(path), locks.shared(path), pytest.raises(Refused):
        locks.exclusive(path, patience=0)
    with locks.exclusive(path), pytest.raises(Refused):
        locks.shared(path, patience=0)
    locks.exclusive(path, patience=0).release()


def test_held_tells_without_making_a_file(path: Path) -> None:
    assert not locks.held(path)
    assert not path.exists()
    lock = locks.shared(path)
    assert locks.held(path)
    lock.release()
    lock.release()
    assert not locks.held(path)


def test_an_exclusive_lock_can_become_a_shared_one(path: Path) -> None:
    with locks.exclusive(path) as lock:
        lock.share()
        locks.shared(path, patience=0).release()
        assert locks.held(path)


def test_a_lock_with_two_users_is_held_until_both_have_let_go(path: Path) -> None:
    one = locks.exclusive(path)
    two = one.again()
    for lock in (one, two):
        with pytest.raises(Refused):
            locks.shared(path, patience=0)
        lock.release()
    locks.shared(path, patience=0).release()


def test_another_process_is_named_and_its_death_releases(path: Path) -> None:
    child = hold("exclusive", path)
    try:
        with pytest.raises(
            Refused, match=rf"{path} is held by holder exclusive \(process {child.pid}\): stop it"
        ):
            locks.shared(path, patience=0)
    finally:
        child.kill()
        child.communicate()
    locks.exclusive(path, patience=0).release()


def test_of_atsn_itself_the_command_is_named_and_not_its_options(path: Path) -> None:
    child = hold("exclusive", path, "atsn", "--password-file", "pw", "--home", "/srv/node", "serve")
    try:
        assert locks.holders(path) == [f"atsn serve (process {child.pid})"]
    finally:
        child.kill()
        child.communicate()


def test_a_lock_is_waited_for(path: Path) -> None:
    child = hold("shared", path)
    assert child.stdin is not None
    with child:
        child.stdin.close()
        with locks.exclusive(path, patience=30):
            pass
        assert child.wait(30) == 0


def test_lock_files_are_closed_to_others(path: Path) -> None:
    with locks.shared(path):
        assert path.stat().st_mode & 0o777 == 0o600
