"""Which node: --home, then ATSN_HOME, then root's, then the user's data directory."""

import os
from pathlib import Path

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.home.home import Home


def test_the_option_beats_the_environment() -> None:
    assert Home.resolve("/srv/one", {"ATSN_HOME": "/srv/two"}) == Home(Path("/srv/one"))


def test_the_environment_beats_the_account() -> None:
    assert Home.resolve(None, {"ATSN_HOME": "/srv/two"}) == Home(Path("/srv/two"))


def test_root_has_the_system_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert Home.resolve(None, {}) == Home(Path("/var/lib/atsn"))


def test_a_user_has_a_home_in_the_data_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Home.resolve(None, {"ATSN_HOME": ""}) == Home(tmp_path / "atsn")


def test_a_relative_path_and_a_tilde_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/alice")
    assert Home.resolve("nodes/../hq", {}).path == tmp_path / "hq"
    assert Home.resolve("~/hq", {}).path == Path("/home/alice/hq")


@pytest.mark.parametrize("option", ["", "  ", "a\0b"])
def test_an_option_that_names_no_path_is_bad_input(option: str) -> None:
    with pytest.raises(BadInput):
        Home.resolve(option, {})
