"""`atsn peer authorize`: the line for sshd, and what is told about it."""

import os
import pwd
import shlex
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines

OWN = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    return make_node("hq", listen=False)


@pytest.fixture
def web1(make_node: Machines, hq: Machine) -> Machine:
    made = make_node("web1", listen=False)
    made.atsn("peer", "add", "hq", "--key", hq.identity["public_key"]).ok()
    return made


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the keys of whoever runs the tests would be."""
    path = tmp_path / "home" / ".ssh" / "authorized_keys"
    path.parent.parent.mkdir()
    monkeypatch.setattr("atsn_tui.home.authorized_keys.default_file", lambda uid: path)
    return path


def test_it_is_written_again_and_removed(web1: Machine, hq: Machine, file: Path) -> None:
    printed = web1.atsn("peer", "authorize", "hq", "--print").ok().out
    assert not file.exists()
    told = web1.atsn("peer", "authorize", "hq").ok().out
    assert file.read_text() == printed
    assert f"hq may log in as {OWN} now: its line is in {file}" in told
    assert f"atsn peer set web1 --address ssh://{OWN}@" in told
    again = web1.atsn("peer", "authorize", "hq", "--user", OWN, "--json").ok().json
    assert (again["change"], again["file"], again["line"] + "\n") == ("unchanged", str(file), printed)
    web1.atsn("peer", "authorize", "hq", "--remove").ok()
    assert file.read_text() == ""
    assert web1.atsn("peer", "authorize", "hq", "--remove", "--json").ok().json["change"] == "absent"


def test_the_line_names_a_program_that_is_there(web1: Machine, file: Path) -> None:
    line = web1.atsn("peer", "authorize", "hq", "--print").ok().out
    words = shlex.split(line.partition('command="')[2].partition('"')[0])
    assert os.access(words[0], os.X_OK)
    at = words.index("--home")
    assert words[at : at + 5] == ["--home", str(web1.home), "channel", "--peer", "hq"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("nobody-known",), 2, "no peer"),
        (("hq", "--user", "no-such-user"), 2, "no user 'no-such-user'"),
        (("hq", "--user", "nobody"), 3, f"atsn peer authorize hq --user {OWN}"),
        (("hq", "--user", OWN, "--file", "x"), 2, "exclude each other"),
        (("hq", "--print", "--remove"), 2, "exclude each other"),
        (("hq", "--file", ""), 2, "--file names no file"),
    ],
)
def test_what_makes_no_sense_is_refused(
    web1: Machine, file: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    outcome = web1.atsn("peer", "authorize", *words)
    assert outcome.code == code
    assert told in outcome.err
    assert not file.exists()


@pytest.mark.parametrize(
    "change", [("--name", "main"), ("--from", "10.0.0.0/8"), ("--key", "ANOTHER")], ids=lambda words: words[0]
)
def test_a_change_that_the_line_does_not_know_of_says_what_to_do(
    web1: Machine, hq: Machine, file: Path, change: tuple[str, str]
) -> None:
    web1.atsn("peer", "authorize", "hq").ok()
    option, value = change
    value = hq.identity["host_key"] if value == "ANOTHER" else value
    outcome = web1.atsn("peer", "set", "hq", option, value).ok()
    name = "main" if option == "--name" else "hq"
    assert outcome.err.rstrip().endswith(f"atsn peer authorize {name}")
    found = web1.atsn("doctor", "--json").json["findings"]
    assert [each["verdict"] for each in found if each["topic"] == "sshd"] == ["warning"]
    web1.atsn("peer", "authorize", name).ok()
    assert len(file.read_text().splitlines()) == 1
    assert web1.atsn("peer", "set", name, option, value).ok().err == ""
    found = web1.atsn("doctor", "--json").json["findings"]
    assert [each["verdict"] for each in found if each["topic"] == "sshd"] == ["ok"]


def test_changes_of_grants_and_addresses_need_no_new_line(web1: Machine, file: Path) -> None:
    web1.atsn("peer", "authorize", "hq").ok()
    assert web1.atsn("peer", "set", "hq", "--grant", "push").ok().err == ""


def test_a_peer_that_is_removed_leaves_a_line_behind(web1: Machine, file: Path) -> None:
    web1.atsn("peer", "authorize", "hq").ok()
    outcome = web1.atsn("peer", "rm", "hq").ok()
    assert outcome.err.rstrip().endswith("atsn peer authorize hq --remove")
    web1.atsn("peer", "authorize", "hq", "--remove").ok()
    assert file.read_text() == ""


def test_an_ssh_address_may_come_without_a_host_key_and_another_one_may_not(
    web1: Machine, hq: Machine
) -> None:
    words = ("peer", "add", "x", "--key", hq.identity["host_key"], "--address")
    assert web1.atsn(*words, "web2:8022").code == 2
    web1.atsn(*words, "ssh://web2").ok()
    assert web1.atsn("peer", "show", "x", "--json").ok().json["address"] == "ssh://web2"
    assert web1.atsn("peer", "set", "x", "--address", "web2:8022").code == 2
