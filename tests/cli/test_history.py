"""history, undo and audit as they are typed, and undoing on a node that another one keeps as a strict copy."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest

from tests.cli.terminal import Terminal
from tests.nodes import Machine, Machines, acquaint

_numbers = count()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    make = Machines(tmp_path_factory.mktemp("history"))
    hq, web1 = make("hq"), make("web1")
    acquaint(hq, web1)
    web1.serve()
    yield hq, web1
    make.close()


@pytest.fixture
def hq(machines: tuple[Machine, Machine]) -> Machine:
    return machines[0]


@pytest.fixture
def web1(machines: tuple[Machine, Machine]) -> Machine:
    return machines[1]


@pytest.fixture
def group(hq: Machine) -> str:
    """A group of three changes."""
    name = f"group {next(_numbers)}"
    hq.atsn("group", "add", name).ok()
    hq.add_task(name, "backup", "first")
    hq.atsn("task", "set", f"{name}/backup", "command=second").ok()
    return name


def command_of(machine: Machine, group: str) -> str:
    [task] = machine.atsn("task", "list", group, "--json").ok().json
    command: str = task["command"]
    return command


def test_history_lists_and_shows_changes(hq: Machine, group: str) -> None:
    listed = hq.atsn("history", group, "--json").ok().json["changes"]
    assert [(each["number"], each["summary"]) for each in listed] == [
        (3, "changed backup"),
        (2, "added backup"),
        (1, "created"),
    ]
    shown = hq.atsn("history", group, "3", "--json").ok().json
    assert shown["changes"][0]["fields"] == [{"field": "action.command", "from": "first", "to": "second"}]
    assert "first → second" in hq.atsn("history", group, "3").ok().out
    difference = hq.atsn("history", group, "--from", "3", "--to", "2", "--json").ok().json
    assert difference["changes"][0]["fields"][0]["to"] == "first"
    assert hq.atsn("history", group, "--to", "2").code == 2
    assert hq.atsn("history", group, "2", "--from", "1").code == 2
    assert hq.atsn("history", group, "17").code == 2


def test_undo_shows_only_unless_it_is_told_yes(hq: Machine, group: str) -> None:
    for words in ((), ("--dry-run",), ("--json",)):
        outcome = hq.atsn("undo", group, *words)
        assert outcome.code == 1
        assert command_of(hq, group) == "second"
    assert "second → first" in hq.atsn("undo", group).out
    assert "--yes" in hq.atsn("undo", group).err
    done = hq.atsn("undo", group, "--yes", "--json").ok().json
    assert (done["state"], done["number"], done["to"]) == ("applied", 4, 2)
    assert command_of(hq, group) == "first"
    assert hq.atsn("undo", group, "--to", "2", "--yes").ok().out.count("nothing to undo") == 1


def test_undo_asks_at_a_terminal(hq: Machine, group: str) -> None:
    for answer, code, then in (("n", 1, "second"), ("y", 0, "first")):
        terminal = Terminal("--home", str(hq.home), "undo", group)
        terminal.type(f"{answer}\n", after="[y/N]")
        assert terminal.end() == code
        assert command_of(hq, group) == then


def test_a_removed_group_comes_back(hq: Machine, group: str) -> None:
    before = hq.atsn("group", "show", group, "--json").ok().json
    hq.atsn("group", "rm", group, "--yes").ok()
    assert "removed (the whole group)" in hq.atsn("history", group).ok().out
    hq.atsn("undo", group, "--yes").ok()
    after = hq.atsn("group", "show", group, "--json").ok().json
    assert (after["id"], after["tasks"]) == (before["id"], 1)


def test_undoing_on_a_strict_secondary_pauses_intake_until_it_is_released(
    hq: Machine, web1: Machine, group: str
) -> None:
    hq.atsn("link", "add", group, "web1", "--push", "--strict").ok()
    hq.atsn("replicate", group, "--yes").ok()
    hq.atsn("task", "set", f"{group}/backup", "command=third").ok()
    hq.atsn("replicate", group, "--yes").ok()

    preview = web1.atsn("undo", group)
    assert preview.code == 1
    assert "better undo it there" in preview.out
    assert "atsn release" in preview.out
    told = web1.atsn("undo", group, "--yes").ok().out
    assert f"atsn release '{group}'" in told
    assert command_of(web1, group) == "second"

    refused = hq.atsn("replicate", group, "--yes", "--json")
    assert refused.code == 3
    message = refused.json["links"][0]["error"]["message"]
    assert message.endswith(f"atsn release '{group}'")
    assert command_of(web1, group) == "second"
    assert hq.atsn("diff", group).code == 3
    assert "takes nothing from peers" in web1.atsn("status").out
    assert "takes nothing from hq" in web1.atsn("why", f"{group}/backup").ok().out
    assert web1.atsn("group", "show", group, "--json").ok().json["intake_paused"]

    assert "takes again what peers bring" in web1.atsn("release", group).ok().out
    hq.atsn("replicate", group, "--yes").ok()
    assert command_of(web1, group) == "third"
    actions = [each["action"] for each in web1.atsn("audit", "--group", group, "--json").ok().json["entries"]]
    assert actions[:4] == ["group.apply", "intake.release", "intake.pause", "group.undo"]


def test_what_was_undone_after_a_peers_change_stays_the_peers(hq: Machine, web1: Machine, group: str) -> None:
    hq.atsn("link", "add", group, "web1", "--push").ok()
    hq.atsn("replicate", group, "--yes").ok()
    web1.atsn("task", "set", f"{group}/backup", "command=mine").ok()
    assert web1.atsn("task", "show", f"{group}/backup", "--json").ok().json["origin"]["kind"] == "local"
    web1.atsn("undo", group, "--yes").ok()
    assert web1.atsn("task", "show", f"{group}/backup", "--json").ok().json["origin"]["kind"] == "peer"


def test_both_ends_have_a_replication_in_their_audit_log(hq: Machine, web1: Machine, group: str) -> None:
    hq.atsn("link", "add", group, "web1", "--push").ok()
    hq.atsn("replicate", group, "--yes").ok()
    pushed = hq.atsn("audit", "--group", group, "--json").ok().json["entries"][0]
    assert (pushed["action"], pushed["name"]) == ("replication.push", group)
    assert "1 added" in pushed["summary"]
    applied = web1.atsn("audit", "--group", group, "--json").ok().json["entries"][0]
    assert (applied["action"], applied["who"], applied["source"]) == ("group.apply", "hq", "127.0.0.1")
    history = web1.atsn("history", group, "--json").ok().json["changes"][0]
    assert pushed["after"] == {"cycle": history["cycle"], "digest": history["digest"]}


def test_the_deletions_that_a_person_let_pass_stand_in_the_log(
    hq: Machine, web1: Machine, group: str
) -> None:
    hq.atsn("link", "add", group, "web1", "--push", "--strict").ok()
    hq.atsn("replicate", group, "--yes").ok()
    hq.atsn("task", "rm", f"{group}/backup", "--yes").ok()
    assert hq.atsn("replicate", group, "--yes").code == 6
    hq.atsn("replicate", group, "--yes", "--allow-deletions", "1").ok()
    for machine in (hq, web1):
        entry = machine.atsn("audit", "--group", group, "--json").ok().json["entries"][0]
        assert "allowed: the primary is empty" in entry["summary"]


def test_audit_lists_shows_verifies_and_prints_its_head(hq: Machine, group: str) -> None:
    entries = hq.atsn("audit", "--json", "--limit", "1").ok().json["entries"]
    assert [each["action"] for each in entries] == ["group.edit"]
    assert "group.edit" in hq.atsn("audit", str(entries[0]["number"])).ok().out
    head = hq.atsn("audit", "--head").ok().out.strip()
    assert head == f"{entries[0]['number']}:{entries[0]['hash']}"
    assert "as it was written" in hq.atsn("audit", "--verify", "--against", head).ok().out
    assert hq.atsn("audit", "--against", head).code == 2
    assert hq.atsn("audit", "--since", "1h", "--peer", "web1", "--json").ok().json["entries"]


def test_a_log_that_was_tampered_with_is_told_with_the_entry_and_exits_with_1(make_node: Machines) -> None:
    machine = make_node("alone", listen=False)
    machine.atsn("group", "add", "one").ok()
    with closing(sqlite3.connect(machine.home / "atsn.db")) as db, db:
        db.execute("UPDATE history SET who = 'mallory'")
    outcome = machine.atsn("audit", "--verify", "--json")
    assert outcome.code == 1
    assert not outcome.json["intact"]
    [problem] = outcome.json["problems"]
    assert problem["number"] == 3
    assert "changed afterwards" in problem["text"]
    assert "✗ entry 3" in machine.atsn("audit", "--verify").out


def test_no_answer_holds_a_secret(make_node: Machines) -> None:
    machine = make_node("alone", listen=False)
    machine.atsn("group", "add", "one").ok()
    for secret in ("hunter2-first", "hunter2-second"):
        machine.atsn("group", "set", "one", f"credentials.db.secret={secret}").ok()
    answers = [
        machine.atsn(*words, *form).out
        for form in ((), ("--json",))
        for words in (
            ("history", "one"),
            ("history", "one", "2"),
            ("history", "one", "3"),
            ("history", "one", "--from", "1"),
            ("undo", "one"),
            ("audit",),
            ("audit", "3"),
            ("audit", "4"),
        )
    ]
    assert all(answers)
    assert "hunter2" not in json.dumps(answers)
