"""Questions at a terminal: what is typed decides, and nothing else does."""

from collections.abc import Iterator

import pytest

from tests.cli.terminal import Terminal
from tests.nodes import Machine, Machines, acquaint


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Machine]]:
    make = Machines(tmp_path_factory.mktemp("asking"))
    hq, web1 = make("hq"), make("web1")
    acquaint(hq, web1)
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("link", "add", "ops", "web1", "--push", "--strict").ok()
    web1.serve()
    yield hq, web1
    make.close()


def at(machine: Machine, *words: str) -> Terminal:
    return Terminal("--home", str(machine.home), *words)


def test_replicate_asks_and_does_what_it_is_told(machines: tuple[Machine, Machine]) -> None:
    hq, web1 = machines
    for number in range(4):
        hq.add_task("ops", f"first {number}", "echo [b]x", "--schedule", "0 3 * * *")
    terminal = at(hq, "replicate")
    terminal.type("n\n", after="[y/N]")
    assert terminal.end() == 1
    assert web1.atsn("group", "show", "ops").code == 2
    terminal = at(hq, "replicate")
    terminal.type("y\n", after="[y/N]")
    assert terminal.end() == 0
    assert "4 added" in terminal.plain
    assert hq.digest("ops") == web1.digest("ops")
    assert all(len(line) <= 80 for line in terminal.plain.replace("\r", "\n").split("\n"))


def test_under_the_brake_the_number_of_deletions_must_be_typed(machines: tuple[Machine, Machine]) -> None:
    hq, web1 = machines
    for number in range(4):
        hq.add_task("ops", f"second {number}")
    hq.atsn("replicate", "--yes").ok()
    hq.atsn("task", "rm", *(f"ops/second {number}" for number in range(4)), "--yes").ok()
    terminal = at(hq, "replicate")
    terminal.type("y\n", after="Type 4")
    assert terminal.end() == 1
    assert "second 0" in web1.names("ops")
    terminal = at(hq, "replicate", "ops")
    terminal.type("4\n", after="Type 4")
    assert terminal.end() == 0
    assert hq.digest("ops") == web1.digest("ops")


def test_ctrl_c_at_a_question_ends_it_quietly(machines: tuple[Machine, Machine]) -> None:
    hq, web1 = machines
    hq.add_task("ops", "third")
    terminal = at(hq, "replicate")
    terminal.type("\x03", after="[y/N]")
    assert terminal.end() == 130
    assert "Traceback" not in terminal.plain
    assert "third" not in web1.names("ops")


def test_removal_asks(machines: tuple[Machine, Machine]) -> None:
    hq, _ = machines
    hq.add_task("ops", "fourth")
    for answer, code in (("\n", 1), ("\x04", 1), ("yes\n", 0)):
        terminal = at(hq, "task", "rm", "ops/fourth")
        terminal.type(answer, after="[y/N]")
        assert terminal.end() == code
    assert "fourth" not in hq.names("ops")


def test_removing_a_link_or_a_peer_asks_with_what_goes_along(make_node: Machines) -> None:
    hq, web1 = make_node("hq"), make_node("web1")
    acquaint(hq, web1)
    hq.atsn("group", "add", "ops").ok()
    hq.atsn("link", "add", "ops", "web1", "--push").ok()
    terminal = at(hq, "link", "rm", "ops", "web1")
    terminal.type("n\n", after="[y/N]")
    assert terminal.end() == 1
    assert "no longer replicated with web1" in terminal.plain
    terminal = at(hq, "peer", "rm", "web1")
    terminal.type("n\n", after="[y/N]")
    assert terminal.end() == 1
    assert "its links go too: ops" in " ".join(terminal.plain.split())
    terminal = at(hq, "link", "rm", "ops", "web1", "--yes")
    assert terminal.end() == 0
    hq.atsn("peer", "rm", "web1").ok()
    assert hq.atsn("peer", "list", "--json").json == []
