"""Peers and links by the command line."""

import shlex
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines, acquaint, atsn


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    return make_node("hq")


def test_init_makes_a_node_once(hq: Machine) -> None:
    again = hq.atsn("init", "--json")
    assert (again.code, again.error["code"]) == (2, "bad_input")
    assert hq.atsn("identity", "--json").ok().json == hq.identity
    assert set(hq.identity) == {"node_id", "name", "public_key", "host_key", "listen", "version", "protocol"}


def test_the_address_to_listen_on_is_kept_with_its_port(tmp_path: Path) -> None:
    home = str(tmp_path / "new")
    refused = atsn("--home", home, "init", "--listen", "127.0.0.1:0")
    assert (refused.code, "another port at each start" in refused.err) == (2, True)
    assert not (tmp_path / "new").exists()
    atsn("--home", home, "init", "--listen", "127.0.0.1").ok()
    assert atsn("--home", home, "identity", "--json").ok().json["listen"] == "127.0.0.1:8022"


def test_without_listen_no_address_is_told(make_node: Machines) -> None:
    quiet = make_node("quiet", listen=False)
    assert quiet.identity["listen"] is None
    assert "--address" not in quiet.atsn("identity").ok().out


def test_the_line_that_identity_prints_makes_the_node_known_elsewhere(
    hq: Machine, make_node: Machines
) -> None:
    web1 = make_node("web 1")
    [line] = [
        line for line in web1.atsn("identity").ok().out.split("\n") if line.startswith("  atsn peer add")
    ]
    _, *words = shlex.split(line)
    peer = hq.atsn(*words, "--grant", "pull", "--json").ok().json
    assert (peer["name"], peer["address"], peer["grants"]) == ("web 1", web1.identity["listen"], ["pull"])
    assert peer["host_key"] == web1.identity["host_key"]
    assert peer["state"] == "unknown"


def test_grants_and_networks_are_given_with_commas_or_repeated(hq: Machine, make_node: Machines) -> None:
    group = hq.atsn("group", "add", "ops", "--json").ok().json
    key = make_node("web1").identity["public_key"]
    words = ("--grant", "pull,status", "--grant", "push:ops", "--from", "10.0.0.0/8", "--from", "192.0.2.7")
    peer = hq.atsn("peer", "add", "web1", "--key", key, *words, "--json").ok().json
    assert peer["grants"] == ["pull", "status", f"push:{group['id']}"]
    for words in (("peer", "list"), ("peer", "show", peer["name"]), ("status",)):
        assert f"push:{group['name']}" in " ".join(hq.atsn(*words).out.split()), "a person reads the name"
    assert peer["allow_from"] == ["10.0.0.0/8", "192.0.2.7"] or peer["allow_from"][1].startswith("192.0.2.7")
    changed = (
        hq.atsn("peer", "set", "web1", "--grant", "none", "--from", "none", "--name", "www", "--json")
        .ok()
        .json
    )
    assert (changed["grants"], changed["allow_from"], changed["name"]) == ([], [], "www")


def test_the_address_of_a_peer_is_set_and_taken_away(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1").identity
    hq.atsn("peer", "add", "web1", "--key", web1["public_key"]).ok()
    words = ("--address", "192.0.2.1:7422", "--host-key", web1["host_key"])
    assert hq.atsn("peer", "set", "web1", *words, "--json").ok().json["address"] == "192.0.2.1:7422"
    assert hq.atsn("peer", "set", "web1", "--address", "none", "--json").ok().json["address"] is None


def test_removing_a_peer_removes_its_links_and_says_so(hq: Machine, make_node: Machines) -> None:
    acquaint(hq, make_node("web1"))
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("link", "add", "ops", "web1", "--push").ok()
    assert "ops" in hq.atsn("peer", "rm", "web1").ok().out
    assert hq.atsn("link", "list", "--json").json == []
    assert hq.atsn("peer", "list", "--json").json == []


def test_a_link_is_easy_and_by_hand_unless_told_otherwise(hq: Machine, make_node: Machines) -> None:
    acquaint(hq, make_node("web1"))
    group = hq.atsn("group", "add", "ops", "--json").ok().json
    hq.atsn("link", "add", "ops", "web1", "--push").ok()
    [link] = hq.atsn("link", "list", "--json").ok().json
    told = {
        key: link[key]
        for key in ("group", "group_id", "peer", "direction", "mode", "schedule", "apply", "enabled")
    }
    assert told == {
        "group": "ops", "group_id": group["id"], "peer": "web1", "direction": "push", "mode": "easy", "schedule": None,
        "apply": "auto", "enabled": True,
    }  # fmt: skip


def test_a_link_is_changed_shown_and_removed(hq: Machine, make_node: Machines) -> None:
    acquaint(hq, make_node("web1"))
    hq.atsn("group", "add", "ops").ok()
    words = ("--strict", "--schedule", "every 15m", "--ask", "--max-deletions", "9")
    link = hq.atsn("link", "add", "ops", "web1", "--push", *words, "--json").ok().json
    assert (link["mode"], link["schedule"], link["apply"], link["max_deletions"]) == (
        "strict",
        "every 15m",
        "ask",
        9,
    )
    which = link["id"][:8]
    words = ("--easy", "--manual", "--auto", "--disable", "--default-deletions")
    link = hq.atsn("link", "set", which, *words, "--json").ok().json
    assert (link["mode"], link["schedule"], link["apply"], link["max_deletions"]) == (
        "easy",
        None,
        "auto",
        None,
    )
    assert link["enabled"] is False
    assert hq.atsn("link", "set", which, "--enable", "--json").ok().json["enabled"] is True
    assert hq.atsn("link", "show", which, "--json").ok().json["id"] == link["id"]
    assert "by hand" in hq.atsn("link", "show", which).ok().out
    assert hq.atsn("link", "set", which).code == 2
    hq.atsn("link", "rm", which).ok()
    assert hq.atsn("link", "list", "--json").json == []


def test_testing_a_peer_tells_which_step_fails(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1")
    acquaint(hq, web1)
    down = hq.atsn("peer", "test", "web1", "--json")
    assert down.code == 4
    assert [step["ok"] for step in down.json["steps"]] == [True, True, False, None, None, None]
    assert "✗ fails" in hq.atsn("peer", "test", "web1").out
    line = web1.serve()
    assert "web1" in line
    assert web1.identity["listen"] in line
    up = hq.atsn("peer", "test", "web1", "--json")
    assert up.code == 0
    assert all(step["ok"] for step in up.json["steps"])


def test_a_service_runs_once_and_ends_cleanly(make_node: Machines) -> None:
    quiet = make_node("quiet", listen=False)
    assert "quiet" in quiet.serve()
    assert quiet.atsn("status", "--json").json["service"] == "running"
    second = quiet.process("serve")
    assert second.code == 3
    assert second.err.startswith("atsn: ")
    assert quiet.stop() == 0
    assert quiet.atsn("status", "--json").json["service"] == "stopped"


def test_a_link_is_named_by_its_group_and_peer_too(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1")
    acquaint(hq, web1)
    hq.atsn("group", "add", "ops work").ok()
    link = hq.atsn("link", "add", "ops work", "web1", "--push", "--json").ok().json
    assert hq.atsn("link", "show", "ops work", "web1", "--json").ok().json["id"] == link["id"]
    hq.atsn("link", "set", "ops work", "web1", "--strict").ok()
    unknown = hq.atsn("link", "show", "opswork", "web1", "--json")
    assert (unknown.code, unknown.error["code"]) == (2, "not_found")
    assert "ops work web1" in unknown.error["message"]
    other = hq.atsn("link", "add", "ops work", "web1", "--pull", "--json").ok().json
    twice = hq.atsn("link", "rm", "ops work", "web1", "--json")
    assert twice.error["code"] == "ambiguous"
    assert link["id"] in twice.error["message"]
    assert other["id"] in twice.error["message"]
    hq.atsn("link", "rm", other["id"]).ok()
    hq.atsn("link", "rm", "ops work", "web1").ok()
    assert hq.atsn("link", "show", "a", "b", "c").code == 2
