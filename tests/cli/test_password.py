"""`atsn password`, and every other command on an encrypted node."""

import os
import sys
from pathlib import Path

import pytest

from atsn_tui.store.database import cipher
from tests.cli.terminal import Terminal
from tests.nodes import Machine, Machines

PASSWORD = "open, sesame"


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "ROUNDS", 1000)


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    return written(tmp_path / "password", PASSWORD)


def written(path: Path, text: str) -> str:
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    machine = make_node("hq", listen=False)
    machine.atsn("group", "add", "ops").ok()
    machine.add_task("ops", "rotate")
    return machine


@pytest.fixture
def sealed(hq: Machine, password_file: str) -> Machine:
    hq.atsn("password", "set", "--new-password-file", password_file).ok()
    return hq


def test_an_encrypted_node_opens_with_its_password_and_not_without(
    sealed: Machine, password_file: str
) -> None:
    refused = sealed.atsn("task", "list", "ops", "--json")
    assert (refused.code, refused.error["code"]) == (3, "refused")
    assert refused.error["message"].endswith(": atsn --password-file FILE …")
    found = sealed.atsn("--password-file", password_file, "task", "list", "ops", "--json").ok()
    assert [task["name"] for task in found.json] == ["rotate"]


def test_a_wrong_password_is_refused_and_its_source_named(sealed: Machine, tmp_path: Path) -> None:
    wrong = written(tmp_path / "wrong", "guessed")
    refused = sealed.atsn("--password-file", wrong, "status", "--json")
    assert (refused.code, refused.error["code"]) == (3, "refused")
    assert "does not open the database" in refused.error["message"]
    assert f"{wrong} (--password-file)" in refused.error["message"]
    assert "guessed" not in refused.err


def test_config_toml_may_name_the_file(sealed: Machine, password_file: str) -> None:
    sealed.configure("password_file", password_file)
    assert sealed.names("ops") == {"rotate"}
    os.chmod(password_file, 0o644)
    refused = sealed.atsn("status")
    assert refused.code == 3
    assert refused.err.endswith(f": chmod 600 {password_file}\n")


def test_a_variable_may_hold_it_and_is_gone_afterwards(
    sealed: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATSN_PASSWORD", PASSWORD)
    assert sealed.names("ops") == {"rotate"}
    assert "ATSN_PASSWORD" not in os.environ


def test_set_takes_the_password_that_the_node_will_be_opened_with(hq: Machine, password_file: str) -> None:
    hq.configure("password_file", password_file)
    done = hq.atsn("password", "set", "--json").ok()
    assert done.json["encrypted"] is True
    assert done.json["files"] == [str(hq.home / "atsn.db")]
    assert "finds no password" not in done.err
    assert hq.names("ops") == {"rotate"}


def test_set_says_what_else_is_not_encrypted_and_that_a_service_finds_no_password(
    hq: Machine, password_file: str
) -> None:
    done = hq.atsn("password", "set", "--new-password-file", password_file).ok()
    assert "not encrypted" in done.err
    assert "client_key" in done.err
    assert "finds no password" in done.err


def test_change_and_remove(sealed: Machine, password_file: str, tmp_path: Path) -> None:
    sealed.configure("password_file", password_file)
    new = written(tmp_path / "new", "better")
    changed = sealed.atsn("password", "change", "--new-password-file", new).ok()
    assert "finds the old password" in changed.err
    assert sealed.atsn("status").code == 3
    assert sealed.atsn("--password-file", new, "password", "remove").code == 2, "nobody said yes"
    sealed.atsn("--password-file", new, "password", "remove", "--yes").ok()
    assert sealed.names("ops") == {"rotate"}


@pytest.mark.parametrize("words", [("change", "--new-password-file"), ("remove", "--yes")])
def test_what_is_not_encrypted_has_no_password(
    hq: Machine, password_file: str, words: tuple[str, ...]
) -> None:
    refused = hq.atsn("password", *words, *([password_file] if words[0] == "change" else []))
    assert refused.code == 2
    assert "atsn password set" in refused.err


def test_without_a_terminal_no_password_is_asked_for(hq: Machine) -> None:
    refused = hq.atsn("password", "set")
    assert refused.code == 2
    assert refused.err.endswith("--new-password-file FILE\n")


def test_at_a_terminal_it_is_typed_unseen_and_three_times_at_most(make_node: Machines) -> None:
    machine = make_node("typed", listen=False)
    machine.atsn("group", "add", "ops").ok()
    setting = Terminal("--home", str(machine.home), "password", "set")
    setting.type("typed in\n", after="New password:")
    setting.type("typed in\n", after="Again:")
    assert setting.end() == 0, setting.plain
    looking = Terminal("--home", str(machine.home), "group", "list")
    looking.type("guessed\n", after="Password of this node:")
    looking.type("typed in\n", after="Try again.\nPassword of this node:")
    assert looking.end() == 0, looking.plain
    assert "ops" in looking.plain
    assert "typed in" not in setting.plain + looking.plain
    guessing = Terminal("--home", str(machine.home), "group", "list")
    guessing.type("a\n", after="Password of this node:")
    guessing.type("b\n", after="Try again.\nPassword of this node:")
    guessing.type(
        "c\n", after="Try again.\nPassword of this node: \nThat is not the password. Try again.\nPassword"
    )
    assert guessing.end() == 3, guessing.plain
    assert "does not open the database" in guessing.plain
    leaving = Terminal("--home", str(machine.home), "group", "list")
    leaving.type("\x03", after="Password of this node:")
    assert leaving.end() == 130, leaving.plain


def test_without_the_extra_it_is_said_before_anything_is_typed(
    hq: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    refused = hq.atsn("password", "set")
    assert (refused.code, refused.err.endswith(" -m pip install sqlcipher3\n")) == (3, True)
