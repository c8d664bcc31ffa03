"""Two nodes replicate through a real sshd, with no service on the far side: every outcome, and its exit code."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.forking import REPOSITORY
from tests.nodes import Machine
from tests.openssh.sshd import Sshd

Pair = tuple[Machine, Machine]


def run(machine: Machine, *words: str) -> tuple[int, list[str]]:
    outcome = machine.atsn(*words, "--json")
    return outcome.code, [link["state"] for link in outcome.json["links"]]


def refused(machine: Machine) -> str:
    """Replicating is refused; what is said."""
    outcome = machine.atsn("replicate", "--yes", "--json")
    [link] = outcome.json["links"]
    assert (outcome.code, link["state"]) == (3, "refused")
    return str(link["error"]["message"])


@pytest.mark.own_program
def test_pushing(pair: Pair) -> None:
    hq, web1 = pair
    assert run(hq, "diff", "ops") == (1, ["differs"])
    assert run(hq, "replicate", "ops", "--yes") == (0, ["applied"])
    assert web1.names("ops") == {"a", "b"}
    assert web1.digest("ops") == hq.digest("ops")
    assert run(hq, "diff", "ops") == (0, ["in_sync"])
    # What came from a peer is known as that there, though no service took it.
    origin = web1.atsn("task", "show", "ops/a", "--json").ok().json["origin"]
    assert (origin["kind"], origin["who"]) == ("peer", "hq")


def test_pulling(pair: Pair) -> None:
    hq, web1 = pair
    web1.atsn("group", "add", "theirs").ok()
    web1.add_task("theirs", "x")
    hq.atsn("link", "add", "theirs", "web1", "--pull", "--strict").ok()
    assert run(hq, "replicate", "theirs", "--yes") == (0, ["applied"])
    assert hq.digest("theirs") == web1.digest("theirs")


def test_a_grant_that_is_missing(pair: Pair) -> None:
    hq, web1 = pair
    web1.atsn("peer", "set", "hq", "--grant", "pull").ok()
    assert "web1 does not grant hq push" in refused(hq)
    assert web1.stored_digest(hq.atsn("group", "show", "ops", "--json").json["id"]) is None


def test_a_peer_that_was_removed_there(pair: Pair) -> None:
    hq, web1 = pair
    web1.atsn("peer", "rm", "hq").ok()
    assert "web1 knows no peer hq" in refused(hq)


def test_networks_are_checked_by_the_node_too(pair: Pair) -> None:
    """The line still lets everybody in who has the key."""
    hq, web1 = pair
    web1.atsn("peer", "set", "hq", "--from", "192.0.2.0/24").ok()
    assert "does not let hq connect from 127.0.0.1" in refused(hq)


def test_a_key_that_was_replaced_no_longer_comes_in_by_its_old_line(
    pair: Pair, hq: Machine, tmp_path: Path
) -> None:
    hq, web1 = pair
    web1.atsn("peer", "set", "hq", "--key", web1.identity["host_key"]).ok()
    assert "knows hq by another key" in refused(hq)


def test_an_sshd_that_is_gone(pair: Pair, sshd: Sshd) -> None:
    hq, _ = pair
    sshd.stop()
    assert run(hq, "replicate", "--yes") == (4, ["unreachable"])
    sshd.start()
    assert run(hq, "replicate", "--yes") == (0, ["applied"])


def test_the_brake(pair: Pair) -> None:
    hq, web1 = pair
    hq.atsn("replicate", "--yes").ok()
    hq.atsn("task", "rm", "ops/a", "--yes").ok()
    hq.atsn("task", "rm", "ops/b", "--yes").ok()
    assert run(hq, "replicate", "--yes") == (6, ["held"])
    assert web1.names("ops") == {"a", "b"}
    assert run(hq, "replicate", "--yes", "--allow-deletions", "2") == (0, ["applied"])
    assert web1.names("ops") == set()


def test_another_version(pair: Pair, sshd: Sshd, tmp_path: Path) -> None:
    hq, web1 = pair
    shutil.copytree(REPOSITORY / "atsn_tui", tmp_path / "newer" / "atsn_tui")
    version = tmp_path / "newer/atsn_tui/model/version.py"
    version.write_text(re.sub(r'VERSION = "[^"]+"', 'VERSION = "99.1.0"', version.read_text()))
    command = f"cd {tmp_path}/newer && {sys.executable} -m atsn_tui --home {web1.home} channel --peer hq"
    sshd.authorized_keys.write_text(f'restrict,command="{command}" {hq.identity["public_key"]}\n')
    assert run(hq, "replicate", "--yes") == (7, ["version_mismatch"])
    test = hq.atsn("peer", "test", "web1", "--json")
    found = {step["name"]: step["ok"] for step in test.json["steps"]}
    assert (test.code, found["command"], found["version"]) == (7, True, False)


@pytest.mark.parametrize("address", ["ssh://web1;id", "ssh://-oProxyCommand=id@web1", "ssh://web1:0"])
def test_an_address_that_is_none(hq: Machine, web1: Machine, address: str) -> None:
    key = web1.identity["public_key"]
    assert hq.atsn("peer", "add", "web1", "--key", key, "--address", address, "--host-key", key).code == 2


def test_a_peer_may_be_asked_without_a_forced_command(pair: Pair, sshd: Sshd, tmp_path: Path) -> None:
    """An account with a shell, with atsn on its PATH: it is told who comes."""
    hq, web1 = pair
    program = tmp_path / "bin" / "atsn"
    program.parent.mkdir()
    home = shlex.quote(str(web1.home))
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m atsn_tui --home {home} "$@"\n')
    program.chmod(0o755)
    sshd.authorized_keys.write_text(f"restrict {hq.identity['public_key']}\n")
    sshd.stop()
    sshd.options = (f"SetEnv PATH={program.parent}:/usr/bin:/bin",)
    sshd.start()
    assert run(hq, "replicate", "--yes") == (0, ["applied"])
