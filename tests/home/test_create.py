"""A node is made whole or not at all, once, and closed to others."""

import os
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError, BadInput, NotFound, Refused
from atsn_tui.home import config, keys, restoring
from atsn_tui.home.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data" / "node")


def fill(path: Path) -> None:
    """Begin a file, and fail."""
    path.touch()
    raise OSError("full")


def test_a_new_node_has_keys_and_a_config(home: Home) -> None:
    with home.create("hq", "127.0.0.1:8022"):
        pass
    home.check()
    assert config.load(home.config_file) == config.Config(name="hq", listen="127.0.0.1:8022")
    assert keys.public_line(home.host_key) != keys.public_line(home.client_key)


def test_the_directory_and_every_file_are_closed_to_others(home: Home) -> None:
    before = os.umask(0)
    try:
        with home.create("hq") as draft:
            draft.database.touch(mode=0o666)
    finally:
        os.umask(before)
    assert home.path.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.path.iterdir()}
    assert modes == {
        "atsn.db": 0o600,
        "client_key": 0o600,
        "config.toml": 0o600,
        "host_key": 0o600,
        "open.lock": 0o600,
    }


def test_what_the_block_makes_becomes_part_of_the_node(home: Home) -> None:
    with home.create("hq") as draft:
        draft.database.write_text("rows")
        assert not home.config_file.exists()
    assert home.database.read_text() == "rows"
    assert not draft.path.exists()


def test_an_error_in_the_block_leaves_nothing(home: Home) -> None:
    with pytest.raises(OSError, match="full"), home.create("hq") as draft:
        fill(draft.database)
    assert not home.path.exists()
    with home.create("hq"):
        pass


def test_an_error_leaves_a_directory_that_was_there_before_as_it_was(home: Home) -> None:
    (home.path / "lost+found").mkdir(parents=True)
    with pytest.raises(OSError, match="full"), home.create("hq") as draft:
        fill(draft.database)
    assert [entry.name for entry in home.path.iterdir()] == ["lost+found"]


def test_an_error_before_all_is_on_the_disk_leaves_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restoring, "sync_file", full)
    with pytest.raises(AtsnError, match=r"No space left.*make room"), home.create("hq") as draft:
        draft.database.touch()
    assert not home.path.exists()


def test_an_error_once_it_is_there_leaves_the_rest_to_who_comes_next(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(source: Path, target: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        patch.setattr("atsn_tui.home.home.write_atomically", lambda path, data: path.write_bytes(data))
        patch.setattr(keys, "make", lambda path: path.touch())
        with pytest.raises(AtsnError, match="Input/output"), home.create("hq") as draft:
            draft.database.write_text("rows")
    home.check()
    assert home.database.read_text() == "rows"
    assert config.load(home.config_file).name == "hq"


def test_a_second_init_is_refused_and_changes_nothing(home: Home) -> None:
    with home.create("hq"):
        pass
    before = {path.name: path.read_bytes() for path in home.path.iterdir()}
    with pytest.raises(BadInput, match=r"there is a node at .* already"), home.create("other"):
        pytest.fail("the block must not run")
    assert {path.name: path.read_bytes() for path in home.path.iterdir()} == before


def test_of_two_inits_at_once_one_wins(home: Home) -> None:
    busy = pytest.raises(Refused, match=rf"another node is being made there: .*\(process {os.getpid()}\)")
    with home.create("first"), busy, home.create("second"):
        pytest.fail("the block must not run")
    assert config.load(home.config_file).name == "first"


def test_what_a_killed_init_left_is_no_hindrance(home: Home) -> None:
    (home.path / ".init").mkdir(parents=True)
    (home.path / ".init" / "host_key").touch()
    with pytest.raises(NotFound, match="begin it again, with atsn init or atsn restore"):
        home.check()
    with home.create("hq"):
        pass
    assert {path.name for path in home.path.iterdir()} == {
        "client_key",
        "config.toml",
        "host_key",
        "open.lock",
    }


def test_the_rest_of_a_node_is_never_overwritten(home: Home) -> None:
    with home.create("hq"):
        pass
    home.config_file.unlink()
    key = home.host_key.read_bytes()
    with pytest.raises(BadInput, match=r"is not empty \(client_key, host_key\)"), home.create("hq"):
        pytest.fail("the block must not run")
    assert home.host_key.read_bytes() == key


def test_an_empty_directory_becomes_the_node_and_is_closed(home: Home) -> None:
    home.path.mkdir(parents=True, mode=0o755)
    with home.create("hq"):
        pass
    home.check()
    assert home.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "listen", "says"),
    [("", None, "name is empty"), ("a\nb", None, "control character"), ("hq", "host:port", "no valid port")],
)
def test_wrong_values_make_no_directory(home: Home, name: str, listen: str | None, says: str) -> None:
    with pytest.raises(BadInput, match=says), home.create(name, listen):
        pytest.fail("the block must not run")
    assert not home.path.exists()


def test_a_path_on_a_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "node"):
        with pytest.raises(BadInput, match="--home"), Home(path).create("hq"):
            pytest.fail("the block must not run")


def test_a_path_too_long_for_a_socket_is_bad_input(tmp_path: Path) -> None:
    home = Home(tmp_path / ("n" * 90))
    with pytest.raises(BadInput, match="too long"), home.create("hq"):
        pytest.fail("the block must not run")


def test_an_open_draft_is_no_node_yet(home: Home) -> None:
    with home.create("hq"), pytest.raises(NotFound):
        home.check()
