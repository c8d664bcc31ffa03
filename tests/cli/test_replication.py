"""diff and replicate between two real nodes over real SSH: states, exit codes, and what is applied."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.nodes import Machine, Machines, Outcome, acquaint

_numbers = count()


@dataclass
class Pair:
    """A primary and a secondary that know each other; the secondary serves."""

    hq: Machine
    web1: Machine
    group: str = field(default_factory=lambda: f"group {next(_numbers)}")

    def link(self, *options: str, tasks: int = 0) -> dict[str, Any]:
        """Make the group on the primary, with some tasks, and push it; the link."""
        self.hq.atsn("group", "add", self.group).ok()
        for number in range(tasks):
            self.hq.add_task(self.group, f"task {number}", "true", "--schedule", f"{number} 3 * * *")
        form: dict[str, Any] = (
            self.hq.atsn("link", "add", self.group, "web1", "--push", *options, "--json").ok().json
        )
        return form

    def diff(self, *words: str) -> Outcome:
        return self.hq.atsn("diff", self.group, *words)

    def replicate(self, *words: str) -> Outcome:
        return self.hq.atsn("replicate", self.group, *words)

    def digests(self) -> tuple[str, str]:
        return self.hq.digest(self.group), self.web1.digest(self.group)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    make = Machines(tmp_path_factory.mktemp("pair"))
    hq, web1 = make("hq"), make("web1")
    acquaint(hq, web1)
    web1.serve()
    yield hq, web1
    make.close()


@pytest.fixture
def pair(machines: tuple[Machine, Machine]) -> Pair:
    return Pair(*machines)


def test_a_diff_tells_what_would_change_and_changes_nothing(pair: Pair) -> None:
    pair.link(tasks=1)
    outcome = pair.diff("--json")
    [link] = outcome.json["links"]
    assert outcome.code == 1
    assert (link["group"], link["peer"], link["direction"], link["mode"]) == (
        pair.group,
        "web1",
        "push",
        "easy",
    )
    assert link["state"] == "differs"
    assert {change["op"] for change in link["changes"]} == {"settings", "add"}
    assert all(change["why"] == "missing here" for change in link["changes"])
    assert link["applied"] == {"added": 0, "updated": 0, "deleted": 0, "settings": 0}
    assert link["error"] is None
    assert pair.web1.atsn("group", "show", pair.group).code == 2


def test_replicate_with_yes_applies_it_and_then_all_is_in_sync(pair: Pair) -> None:
    pair.link(tasks=2)
    outcome = pair.replicate("--yes", "--json")
    [link] = outcome.json["links"]
    assert (outcome.code, link["state"]) == (0, "applied")
    assert link["applied"] == {"added": 2, "updated": 0, "deleted": 0, "settings": 1}
    ours, theirs = pair.digests()
    assert ours == theirs
    again = pair.diff("--json")
    assert (again.code, again.json["links"][0]["state"]) == (0, "in_sync")
    assert pair.replicate().code == 0


def test_replicate_without_yes_shows_the_diff_and_applies_nothing(pair: Pair) -> None:
    pair.link(tasks=1)
    text = pair.replicate()
    assert text.code == 1
    assert "+ task 0" in text.out
    assert "--yes" in text.err
    form = pair.replicate("--json")
    assert (form.code, form.json["links"][0]["state"], form.err) == (1, "differs", "")
    assert pair.replicate("--dry-run").code == 1
    assert pair.web1.atsn("group", "show", pair.group).code == 2


def test_a_changed_field_is_told_from_and_to(pair: Pair) -> None:
    pair.link(tasks=1)
    pair.replicate("--yes").ok()
    pair.hq.atsn("task", "set", f"{pair.group}/task 0", "schedules=*/30 * * * *").ok()
    [link] = pair.diff("--json").json["links"]
    [change] = link["changes"]
    assert (change["op"], change["why"]) == ("update", "newer on primary")
    assert change["fields"] == [{"field": "schedules", "from": ["0 3 * * *"], "to": ["*/30 * * * *"]}]
    text = pair.diff().out
    assert "~ task 0" in text
    assert "schedules  0 3 * * * → */30 * * * *" in text


def test_strict_deletes_what_the_primary_lacks_and_easy_leaves_it(pair: Pair) -> None:
    pair.link("--easy", tasks=4)
    pair.replicate("--yes").ok()
    pair.hq.atsn("task", "rm", f"{pair.group}/task 0", "--yes").ok()
    assert pair.diff().code == 0
    as_strict = pair.replicate("--strict", "--dry-run", "--json")
    [change] = as_strict.json["links"][0]["changes"]
    assert (as_strict.code, change["op"], change["why"]) == (1, "delete", "only on secondary")
    assert pair.replicate("--strict", "--yes", "--json").ok().json["links"][0]["applied"]["deleted"] == 1
    ours, theirs = pair.digests()
    assert ours == theirs


def test_many_deletions_are_held_until_they_are_allowed(pair: Pair) -> None:
    pair.link("--strict", tasks=4)
    pair.replicate("--yes").ok()
    gone = [f"{pair.group}/task {number}" for number in range(3)]
    pair.hq.atsn("task", "rm", *gone, "--yes").ok()
    looked = pair.diff("--json")
    assert (looked.code, looked.json["links"][0]["state"]) == (1, "differs")
    assert looked.json["links"][0]["brakes"][0]["code"] == "deletions"
    assert "--allow-deletions 3" in pair.diff().out
    held = pair.replicate("--yes", "--json")
    assert (held.code, held.json["links"][0]["state"]) == (6, "held")
    assert pair.replicate("--yes", "--allow-deletions", "2").code == 6
    assert len(pair.web1.names(pair.group)) == 4
    assert pair.replicate("--yes", "--allow-deletions", "3").code == 0
    assert pair.web1.names(pair.group) == {"task 3"}


def test_a_pull_brings_a_group_that_is_not_here_yet(pair: Pair) -> None:
    pair.web1.atsn("group", "add", pair.group).ok()
    pair.web1.add_task(pair.group, "theirs")
    link = pair.hq.atsn("link", "add", pair.group, "web1", "--pull", "--json").ok().json
    assert (link["direction"], link["group"]) == ("pull", pair.group)
    assert pair.diff().code == 1
    assert pair.replicate("--yes").code == 0
    assert pair.hq.names(pair.group) == {"theirs"}


def test_a_peer_that_is_down_is_unreachable_and_the_highest_code_counts(
    pair: Pair, make_node: Machines
) -> None:
    pair.link(tasks=1)
    down = make_node("down")
    down.name = f"down {pair.group}"
    acquaint(pair.hq, down)
    pair.hq.atsn("link", "add", pair.group, down.name, "--push").ok()
    outcome = pair.replicate("--yes", "--json")
    states = {link["peer"]: link["state"] for link in outcome.json["links"]}
    assert (outcome.code, states) == (4, {"web1": "applied", down.name: "unreachable"})
    assert outcome.error["code"] == "unreachable", "it stands on stderr, too"
    assert pair.diff("--peer", "web1").code == 0
    assert pair.diff("--peer", down.name).code == 4
    text = pair.diff().out
    assert "○ offline" in text
    assert "● in sync" in text


def test_a_missing_grant_is_refused_with_the_way_out(pair: Pair) -> None:
    pair.link(tasks=1)
    pair.web1.atsn("peer", "set", "hq", "--grant", "pull").ok()
    try:
        outcome = pair.diff("--json")
        [link] = outcome.json["links"]
        assert (outcome.code, link["state"], link["error"]["code"]) == (3, "refused", "refused")
        assert "grant" in link["error"]["message"]
        assert "✗" in pair.diff().out
    finally:
        pair.web1.atsn("peer", "set", "hq", "--grant", "pull,push", "--grant", "status").ok()


def test_an_edit_of_a_group_that_another_node_keeps_is_warned_of(pair: Pair) -> None:
    pair.link("--strict", tasks=1)
    pair.replicate("--yes").ok()
    edited = pair.web1.atsn("task", "set", f"{pair.group}/task 0", "notes=mine").ok()
    assert "kept by hq" in edited.err
    form = pair.web1.atsn("task", "set", f"{pair.group}/task 0", "notes=mine too", "--json").ok()
    assert form.json["notes"] == "mine too"
    assert '"warning"' in form.err
    pair.web1.atsn("group", "release", pair.group).ok()
    assert pair.web1.atsn("task", "set", f"{pair.group}/task 0", "notes=ours").ok().err == ""


def test_a_group_without_a_link_is_a_clear_error(pair: Pair) -> None:
    pair.hq.atsn("group", "add", pair.group).ok()
    for words in (("diff",), ("replicate", "--yes"), ("replicate",)):
        outcome = pair.hq.atsn(words[0], pair.group, *words[1:], "--json")
        assert (outcome.code, outcome.error["code"]) == (2, "bad_input")
        assert "atsn link add" in outcome.error["message"]
    link = pair.hq.atsn("link", "add", pair.group, "web1", "--push", "--json").ok().json
    pair.hq.atsn("link", "set", link["id"], "--disable").ok()
    off = pair.hq.atsn("diff", pair.group, "--json")
    assert (off.code, f"atsn link set {link['id'][:8]} --enable" in off.error["message"]) == (2, True)


def test_the_status_exits_with_1_while_a_link_needs_attention(make_node: Machines, tmp_path: Path) -> None:
    hq, web1 = make_node("hq"), make_node("web1")
    acquaint(hq, web1)
    hq.atsn("group", "add", "ops").ok()
    assert hq.atsn("status").code == 0
    hq.atsn("link", "add", "ops", "web1", "--push").ok()
    assert hq.atsn("diff").code == 4
    status = hq.atsn("status", "--json")
    assert (status.code, status.json["healthy"], status.json["service"]) == (1, False, "stopped")
    assert status.json["links"][0]["state"] == "unreachable"
    assert status.json["peers"][0]["state"] == "offline"
    text = hq.atsn("status")
    assert text.code == 1
    assert "○ offline" in text.out


def test_the_same_as_processes_of_their_own(pair: Pair) -> None:
    pair.link(tasks=1)
    assert pair.hq.process("diff", pair.group).code == 1
    applied = pair.hq.started("replicate", pair.group, "--yes", "--json")
    assert (applied.code, applied.json["links"][0]["state"], applied.err) == (0, "applied", "")
    assert pair.hq.process("diff", pair.group).code == 0
