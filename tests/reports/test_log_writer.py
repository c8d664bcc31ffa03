"""Writing the log file: nothing is lost or torn, whoever else writes, and it stays as small as it should."""

import fcntl
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.reports.log import writer
from atsn_tui.reports.log.rotation import is_full, moves
from atsn_tui.reports.log.writer import write_log

NOBODY = 65_534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def content(path: Path, keep: int) -> str:
    """Everything that is kept, oldest first."""
    files = [path.with_name(f"{path.name}.{number}") for number in range(keep, 0, -1)]
    return "".join(file.read_text() for file in [*files, path] if file.exists())


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30))
def test_a_file_is_full_only_if_a_line_does_not_fit_any_more(size: int, more: int, limit: int) -> None:
    full = is_full(size, more, limit)
    assert full == (limit > 0 and size > 0 and size + more > limit)


def test_renaming_begins_with_the_oldest() -> None:
    assert moves(3) == [(2, 3), (1, 2), (0, 1)]
    assert moves(1) == [(0, 1)]
    assert moves(0) == []


def test_lines_are_appended_and_directories_made(tmp_path: Path) -> None:
    path = tmp_path / "2026" / "11" / "atsn.log"
    write_log(path, ["one", "two"], 0, 5)
    write_log(path, ["three"], 0, 5)
    assert path.read_text() == "one\ntwo\nthree\n"
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_it_rotates_by_size_and_keeps_so_many(tmp_path: Path) -> None:
    path = tmp_path / "atsn.log"
    for number in range(20):
        write_log(path, [f"line {number:04}"], 30, 2)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["atsn.log", "atsn.log.1", "atsn.log.2"]
    assert all(each.stat().st_size <= 30 for each in tmp_path.iterdir())
    assert content(path, 2) == "".join(f"line {number:04}\n" for number in range(12, 20))


def test_many_lines_at_once_rotate_just_so(tmp_path: Path) -> None:
    path = tmp_path / "atsn.log"
    write_log(path, (f"line {number:04}" for number in range(20)), 30, 10)
    assert content(path, 10) == "".join(f"line {number:04}\n" for number in range(20))
    assert all(each.stat().st_size <= 30 for each in tmp_path.iterdir())


def test_a_line_that_is_longer_than_a_file_gets_one_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "atsn.log"
    write_log(path, ["short", "x" * 100, "short"], 30, 5)
    assert path.read_text() == "short\n"
    assert (tmp_path / "atsn.log.1").read_text() == "x" * 100 + "\n"


def test_with_nothing_kept_the_file_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "atsn.log"
    for number in range(5):
        write_log(path, [f"line {number:04}"], 20, 0)
    assert path.read_text() == "line 0004\n"
    assert list(tmp_path.iterdir()) == [path]


def test_when_fewer_are_kept_the_rest_goes(tmp_path: Path) -> None:
    path = tmp_path / "atsn.log"
    write_log(path, (f"line {number:04}" for number in range(20)), 10, 9)
    write_log(path, ["last 0000"], 10, 2)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["atsn.log", "atsn.log.1", "atsn.log.2"]


def test_a_line_stays_one_whatever_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "atsn.log"
    write_log(path, ["a\r\nb", "\ud800", "grüße"], 0, 0)
    assert path.read_text() == "a b\n\\ud800\ngrüße\n"


def test_several_processes_lose_and_tear_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With rotation going on, and forked as the service forks."""
    # On a busy machine somebody may wait for his turn so long that he would write without rotating.
    monkeypatch.setattr(writer, "LOCK_PATIENCE", 100)
    path = tmp_path / "atsn.log"
    children = []
    for child in range(8):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                for number in range(40):
                    write_log(path, [f"child {child} line {number:03} {'x' * 40}"], 1000, 100)
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 8
    lines = content(path, 100).splitlines()
    for child in range(8):
        own = [line for line in lines if line.startswith(f"child {child} ")]
        assert own == [f"child {child} line {number:03} {'x' * 40}" for number in range(40)]
    assert len(lines) == 320
    assert all(each.stat().st_size <= 1000 for each in tmp_path.iterdir())


def test_someone_who_keeps_the_file_locked_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LOCK_PATIENCE", 0.1)
    path = tmp_path / "atsn.log"
    path.write_text("before\n")
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        write_log(path, ["after"], 5, 5)
    assert path.read_text() == "before\nafter\n"


def test_links_and_odd_files_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious\n")
    link = tmp_path / "atsn.log"
    link.symlink_to(target)
    with pytest.raises(Refused, match="is a symbolic link: give the path that it leads to"):
        write_log(link, ["x"], 0, 0)
    assert target.read_text() == "precious\n"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(Refused, match="is no plain file"):
        write_log(pipe, ["x"], 0, 0)
    os.close(reader)
    with pytest.raises(AtsnError, match="cannot write the log file"):
        write_log(pipe, ["x"], 0, 0)
    with pytest.raises(AtsnError, match=f"cannot write the log file {tmp_path}: Is a directory"):
        write_log(tmp_path, ["x"], 0, 0)
    with pytest.raises(Refused, match=f"log directory {target}: there is a file of that name"):
        write_log(target / "atsn.log", ["x"], 0, 0)
    with pytest.raises(AtsnError, match="Not a directory"):
        write_log(target / "deep" / "atsn.log", ["x"], 0, 0)


def test_a_full_disk_is_told() -> None:
    with pytest.raises(Refused, match="/dev/full is no plain file"):
        write_log(Path("/dev/full"), ["x"], 0, 0)


@as_root
def test_another_user_writes_as_itself_and_is_told_where_it_may_not() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        own = place / "own"
        own.mkdir()
        os.chown(own, NOBODY, NOBODY)
        assert as_nobody(own / "atsn.log") == ""
        assert (own / "atsn.log").stat().st_uid == NOBODY
        assert "Permission denied (check the owner and mode" in as_nobody(place / "atsn.log")
        # Where it may write the file but not rename it, the lines are written all the same.
        fixed = place / "fixed.log"
        fixed.write_text("before before\n")
        os.chown(fixed, NOBODY, NOBODY)
        said = as_nobody(fixed)
        assert fixed.read_text() == "before before\nas nobody\n"
        assert said.startswith(
            f"the lines are written, but cannot rotate the log file {fixed}: Permission denied"
        )


def as_nobody(path: Path) -> str:
    """Write to the log file in a forked child, as the service does; what it was told."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            write_log(path, ["as nobody"], 20, 3)
        except Refused as error:
            os.write(into, str(error).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as told:
        said = told.read().decode()
    os.waitpid(pid, 0)
    return said
