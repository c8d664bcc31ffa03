"""A file is replaced whole or stays as it was."""

import os
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError
from atsn_tui.home.atomic import write_atomically


def test_the_file_is_replaced_with_the_mode_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    write_atomically(path, b"newer", 0o640)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_failure_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AtsnError, match=f"cannot write {path}: No space left"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(AtsnError, match=r"cannot write .*nowhere/file"):
        write_atomically(tmp_path / "nowhere" / "file", b"")
