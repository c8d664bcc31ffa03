"""Pairing by the command line, with a real service on the other side."""

import shlex

import pytest

from tests.nodes import Machine, Machines


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    return make_node("hq")


def line_of(machine: Machine, *words: str) -> str:
    """The line that `peer invite` prints, as it is typed on the other machine: without the program's name."""
    out = machine.atsn("peer", "invite", *words).ok().out
    assert out.count("\n") == 1
    program, *rest = shlex.split(out)
    assert (program, len(rest)) == ("atsn", 3)
    return rest[-1]


def test_four_commands_from_two_fresh_nodes_to_a_replicated_group(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1", listen=False)
    hq.atsn("group", "add", "ops").ok()
    hq.serve()
    line = line_of(hq, "--group", "ops")
    told = web1.atsn("peer", "join", line, "--pull", "--yes").ok().out
    assert "web1 and hq know each other now" in told
    assert hq.digest("ops") == web1.digest("ops")


def test_both_sides_show_what_each_allows(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1")
    hq.serve()
    line = line_of(hq, "--grant", "pull,status", "--from", "127.0.0.0/8")
    joined = web1.atsn("peer", "join", line, "--grant", "push", "--json").ok().json
    assert (joined["peer_may"], joined["allows_us"]) == (["push"], ["pull", "status"])
    [invite] = hq.atsn("peer", "invite", "--list", "--json").ok().json
    assert (invite["state"], invite["grants"], invite["allows_us"]) == ("used", ["pull", "status"], ["push"])
    listed = hq.atsn("peer", "invite", "--list").ok().out
    assert "✓ used" in listed
    assert "web1" in listed


def test_an_invite_can_be_withdrawn(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1", listen=False)
    hq.serve()
    made = hq.atsn("peer", "invite", "--json").ok().json
    hq.atsn("peer", "invite", "--revoke", made["invite"]["id"][:4]).ok()
    again = web1.atsn("peer", "join", made["line"], "--json")
    assert (again.code, again.error["code"]) == (3, "refused")
    assert hq.atsn("peer", "invite", "--list", "--json").ok().json == []
    assert hq.atsn("peer", "invite", "--revoke", "beef").code == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("peer", "join", "ATSN1-abc"), 2, "cut or mistyped"),
        (("peer", "join", "hello"), 2, "this is no invite"),
        (("peer", "invite", "--for", "30d"), 2, "at most 7d"),
        (("peer", "invite", "--for", "soon"), 2, "no length of time"),
        (("peer", "invite", "--grant", "all"), 2, "no grant"),
        (("peer", "invite", "--from", "10.0.0.0/99"), 2, "no network"),
        (("peer", "invite", "--group", "nope"), 2, "nope"),
        (("peer", "invite", "--push"), 2, "add --group"),
        (("peer", "invite", "--push", "--pull"), 2, "exclude each other"),
        (("peer", "invite", "--address", "not an address"), 2, "no address"),
        (("peer", "join", "x", "--yes"), 2, "add --pull or --push"),
    ],
)
def test_what_makes_no_sense_is_told(hq: Machine, words: tuple[str, ...], code: int, told: str) -> None:
    failed = hq.atsn(*words)
    assert (failed.code, told in failed.err) == (code, True), failed.err
    assert hq.atsn("peer", "invite", "--list", "--json").ok().json == []


def test_nobody_is_there(hq: Machine, make_node: Machines) -> None:
    web1 = make_node("web1", listen=False)
    made = hq.atsn("peer", "invite", "--json")
    assert "no service runs for this node" in made.err
    failed = web1.atsn("peer", "join", made.ok().json["line"])
    assert failed.code == 4
    assert failed.err.rstrip().endswith("is the service running there (atsn serve)?")
    none = web1.atsn("peer", "invite")
    assert (none.code, none.err.rstrip().endswith("atsn node set listen=0.0.0.0:8022")) == (2, True)


def test_a_running_service_follows_the_options(make_node: Machines) -> None:
    hq, web1 = make_node("hq", listen=False), make_node("web1", listen=False)
    port = make_node("spare").identity["listen"]
    assert "it opens no port" in hq.serve()
    assert "the service goes on with them" in hq.atsn("node", "set", f"listen={port}", "connect=off").ok().out
    shown = hq.atsn("node", "show", "--json").ok().json
    assert (shown["listen"], shown["connect"]) == (port, False)
    web1.atsn("peer", "join", line_of(hq)).ok()
    failed = hq.atsn("node", "set", "connect=on", "listen=192.0.2.1:8022")
    assert (failed.code, "this machine has no such address" in failed.err) == (3, True)
    assert hq.atsn("node", "show", "--json").ok().json == shown
    failed = hq.atsn("node", "set", "connect=on", "listne=none")
    assert (failed.code, "did you mean listen?" in failed.err) == (2, True)
    assert hq.atsn("node", "show", "--json").ok().json == shown
    assert hq.atsn("node", "set", "connect=maybe").code == 2
    assert hq.atsn("node", "set", "brake=5").code == 2
    hq.atsn("node", "set", "listen=none", "variables.COLOR=red", "tags=a,b", "brake.max_deletions=7").ok()
    shown = hq.atsn("node", "show", "--json").ok().json
    assert (shown["listen"], shown["variables"], shown["tags"]) == (None, {"COLOR": "red"}, ["a", "b"])
    assert shown["brake"]["max_deletions"] == 7
