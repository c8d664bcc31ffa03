"""A home is opened by its owner alone, and never made silently."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from atsn_tui.errors import BadFile, NotFound, Refused
from atsn_tui.home.home import Home

NOBODY = 65_534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away and change its user")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "node")
    with made.create("hq"):
        pass
    return made


@pytest.fixture
def as_nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


def test_ones_own_node_passes(home: Home) -> None:
    home.check()


@pytest.mark.parametrize("kind", ["missing", "empty", "below a file"])
def test_where_no_node_is_the_message_says_how_to_make_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "node"
    if kind == "empty":
        path.mkdir()
    if kind == "below a file":
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "node"
    with pytest.raises(NotFound) as caught:
        Home(path).check()
    assert caught.value.message == f"no node at {path}: make one with: atsn init"
    assert path.exists() == (kind == "empty")


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "node").touch()
    with pytest.raises(BadFile, match="no directory"):
        Home(tmp_path / "node").check()


def test_a_node_without_its_config_is_damaged_not_missing(home: Home) -> None:
    home.database.touch()
    home.config_file.unlink()
    with pytest.raises(BadFile, match=r"lost its config\.toml"):
        home.check()


def test_somebody_elses_home_is_refused_with_the_line_that_opens_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = home.path.owner()
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    with pytest.raises(Refused) as caught:
        home.check()
    sudo = "sudo" if owner == "root" else f"sudo -u {owner}"
    assert f"belongs to {owner}" in caught.value.message
    assert f"{sudo} atsn --home {home.path} …" in caught.value.message


@root_only
def test_root_does_not_open_a_users_home_either(home: Home) -> None:
    os.chown(home.path, NOBODY, -1)
    with pytest.raises(Refused, match=r"you are root: open it with: sudo -u nobody atsn --home "):
        home.check()


@root_only
def test_an_owner_without_a_name_is_shown_by_number(home: Home) -> None:
    os.chown(home.path, 54_321, -1)
    with pytest.raises(Refused, match=r"belongs to user 54321.*sudo -u '#54321' atsn"):
        home.check()


@root_only
def test_a_home_that_may_not_even_be_looked_at_says_whose_it_is(home: Home, as_nobody: None) -> None:
    with pytest.raises(
        Refused, match=r"belongs to root and is closed to nobody: open it with: sudo atsn --home "
    ):
        home.check()


@root_only
def test_a_read_only_home_is_refused_with_the_remedy() -> None:
    path = Path("/tmp") / f"atsn-read-only-{os.getpid()}"
    try:
        with Home(path).create("hq"):
            pass
        for entry in (path, *path.iterdir()):
            os.chown(entry, NOBODY, -1)
        path.chmod(0o500)
        os.seteuid(NOBODY)
        with pytest.raises(Refused, match=rf"read-only: make it writable with: chmod 700 {path}"):
            Home(path).check()
    finally:
        os.seteuid(0)
        shutil.rmtree(path)


def test_a_home_on_a_read_only_file_system_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mounted:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: Mounted())
    with pytest.raises(Refused, match="mounted read-only"):
        home.check()


@pytest.mark.parametrize("bit", [stat.S_IWGRP, stat.S_IWOTH])
def test_a_home_that_others_may_write_in_is_refused(home: Home, bit: int) -> None:
    home.path.chmod(0o700 | bit)
    with pytest.raises(Refused, match="chmod 700"):
        home.check()
