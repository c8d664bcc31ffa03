"""Runs at a terminal: output that cannot steer it, Ctrl-C, and the question before everything is held."""

from collections.abc import Iterator

import pytest

from tests.cli.terminal import Terminal
from tests.cli.test_runs import WHICH, written
from tests.nodes import Machine, Machines, wait_until
from tests.played import Play, playing, printed, ran


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    make = Machines(tmp_path_factory.mktemp("runs"))
    node = make("hq", listen=False)
    node.atsn("group", "add", "ops").ok()
    node.add_task("ops", "nightly dump", "true", "--folder", "db")
    yield node
    make.close()


def at(machine: Machine, *words: str) -> Terminal:
    return Terminal("--home", str(machine.home), *words)


def test_output_is_made_visible_unless_raw_is_asked_for(hq: Machine) -> None:
    run = written(hq, lambda db, task: ran(db, task, "failed", exit_code=2))
    printed(hq.home, run.id, b"\x1b]0;title\x07\nlast \xff")
    terminal = at(hq, "log", run.id[:8])
    assert terminal.end() == 0
    assert "\x1b]0;" not in terminal.shown
    assert "\\x1b]0;title\\x07\nlast \\xff\n" in terminal.plain
    assert f"ops/db/nightly dump, run {run.id}\n" in terminal.plain
    assert "schedule: ✗ failed, exit 2, after 2 s" in terminal.plain
    terminal = at(hq, "log", run.id[:8], "--raw")
    assert terminal.end() == 0
    assert "\x1b]0;title\x07" in terminal.shown


def test_a_run_that_printed_nothing_says_so(hq: Machine) -> None:
    run = written(hq, lambda db, task: ran(db, task))
    terminal = at(hq, "log", run.id)
    assert terminal.end() == 0
    assert "(it has printed nothing)" in terminal.plain


def test_ctrl_c_ends_the_wait_and_not_the_run(hq: Machine) -> None:
    with playing(hq, Play(prints=[b"hello\n"], lasts=True)):
        terminal = at(hq, "run", WHICH, "--wait")
        terminal.type("\x03", after="hello")
        assert terminal.end() == 130
        run = hq.atsn("runs", "--json", "--limit", "1").ok().json["runs"][0]
        assert f"the run goes on; to end it: atsn stop {run['id'][:8]}" in terminal.plain
        assert "Traceback" not in terminal.plain
        assert run["state"] == "running"
        hq.atsn("stop", WHICH).ok()
        wait_until(lambda: hq.atsn("runs", "--json", "-n", "1").json["runs"][0]["state"] == "stopped")


def test_whoever_waits_is_told_when_the_service_ends(hq: Machine) -> None:
    with playing(hq, Play(prints=[b"hello\n"], lasts=True)):
        terminal = at(hq, "run", WHICH, "--wait")
        terminal.type("", after="hello")
    terminal.type("\x03", after="no service runs for this node")
    assert terminal.end() == 130


def test_holding_everything_asks(hq: Machine) -> None:
    for answer, code in (("\n", 1), ("y\n", 0)):
        terminal = at(hq, "hold", "--for", "1h")
        terminal.type(answer, after="[y/N]")
        assert terminal.end() == code
        assert len(hq.atsn("hold", "--list", "--json").ok().json) == (not code)
    hq.atsn("release").ok()


def test_runs_are_legible_at_80_columns(hq: Machine) -> None:
    written(hq, lambda db, task: ran(db, task, "failed", started=None, reason="there is no user x here " * 5))
    terminal = at(hq, "runs")
    assert terminal.end() == 0
    lines = terminal.plain.split("\n")
    assert all(len(line) <= 80 for line in lines)
    assert any("✗ could not start" in line for line in lines)
    assert any("ops/db/nightly dump" in line for line in lines)
    assert sum(line.count("there is no user x here") for line in lines) >= 4
    assert "\x1b[31m" in terminal.shown
