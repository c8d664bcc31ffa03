"""Nothing that came from elsewhere steers the terminal of whoever looks at it."""

import json
import re
import shlex
from pathlib import Path

import pytest

from atsn_tui.model.text import new_id
from tests.nodes import Machine, Machines

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What no line that is shown may hold: escapes, and what turns the direction of text around."""

LEGAL = "a\u202ecod.exe\u2066 [red]b[/b]"
"""What may be a name."""
NASTY = f"{LEGAL}\x1b]0;owned\x07\x1b[2J\x9b31m\r\nx"
"""What may be any other text."""
DATE = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def web1(make_node: Machines, tmp_path: Path) -> Machine:
    """A node that took in a snapshot of somebody who means no good, and knows a peer of such a name."""
    machine = make_node("web1")
    form = {
        "format": "atsn-snapshot",
        "version": 1,
        "group": {"id": new_id(), "replicated": True},
        "settings": {
            "name": f"group {LEGAL}", "environment": {"A": NASTY}, "modified_at": DATE,
            "email": {"to": [NASTY], "subject": NASTY, "sender": NASTY}, "log": {"path": NASTY},
            "credentials": {LEGAL: {"user": NASTY, "secret": NASTY}},
        },
        "tasks": [{
            "id": new_id(), "folder": f"f {LEGAL}", "name": f"task {LEGAL}", "notes": NASTY,
            "environment": {"B": NASTY},
            "action": {"type": "command", "command": f"printf '%s' '{NASTY}'", "stdin": NASTY}, "modified_at": DATE,
            "run_as": LEGAL, "directory": LEGAL, "schedules": ["@daily", f"after {LEGAL}"], "nodes": [LEGAL],
            "enabled": True,
        }],
    }  # fmt: skip
    file = tmp_path / "nasty.json"
    file.write_text(json.dumps(form))
    (machine.atsn("import", str(file))).ok()
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    machine.atsn("peer", "add", f"peer {LEGAL}", "--key", key, "--grant", "pull").ok()
    return machine


def test_no_command_shows_what_steers_a_terminal(web1: Machine, tmp_path: Path) -> None:
    group, task, peer = f"group {LEGAL}", f"group {LEGAL}/f {LEGAL}/task {LEGAL}", f"peer {LEGAL}"
    commands = [
        ("group", "list"), ("group", "show", group), ("task", "list", group), ("task", "show", task),
        ("peer", "list"), ("peer", "show", peer), ("peer", "access"), ("status",), ("doctor",),
        ("history", group), ("audit",), ("why", task), ("runs",), ("agenda",), ("link", "list"),
        ("task", "show", "nothing \x1b[2J"), ("group", "show", LEGAL), ("link", "add", group, peer, "--push"),
        ("link", "list"), ("diff",), ("run", task), ("task", "set", task, "notes=x"), ("history", group),
        ("import", str(tmp_path / "nasty.json"), "--into", group, "--dry-run"), ("undo", group), ("log", "\x1b[2J"),
        ("task", "rm", task, "--yes"), ("peer", "rm", peer, "--yes"), ("group", "rm", group, "--yes"),
    ]  # fmt: skip
    for words in commands:
        outcome = web1.atsn(*words)
        assert outcome.code != 10, (words, outcome.err)
        found = STEERING.search(outcome.out + outcome.err)
        assert found is None, (words, found, outcome.out + outcome.err)


def test_json_is_ascii_or_at_least_steers_nothing(web1: Machine) -> None:
    group = f"group {LEGAL}"
    for words in (
        ("group", "show", group),
        ("task", "list", group),
        ("peer", "list"),
        ("audit",),
        ("nothing \x1b",),
    ):
        outcome = web1.atsn(*words, "--json")
        assert STEERING.search(outcome.out + outcome.err) is None, words


def test_the_snapshot_that_is_written_is_one_that_can_be_read(web1: Machine) -> None:
    text = web1.atsn("export", f"group {LEGAL}").ok().out
    assert STEERING.search(text) is None


def test_a_command_that_is_told_can_be_typed_whatever_the_names_are(make_node: Machines) -> None:
    """A node that joins says what it is called; nobody's shell shall run that."""
    name = "x; touch $(id) `id` 'y'"
    web1 = make_node("web1")
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    web1.atsn("peer", "add", name, "--key", key, "--grant", "pull").ok()
    web1.atsn("group", "add", name, "--local").ok()
    web1.atsn("group", "add", "ops").ok()
    for words in (("link", "add", "ops", name, "--push"), ("link", "add", name, name, "--pull")):
        told = web1.atsn(*words).err
        command = shlex.split(told[told.rindex(": atsn ") + 2 :])
        assert name in command, told
