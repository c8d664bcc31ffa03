"""The demo: plays its scene, and leaves nothing behind however it ends."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from atsn_tui.cli.demo import scene, stage
from atsn_tui.cli.demo.sample import sample_groups
from atsn_tui.model.task import Command
from atsn_tui.schedule import parse
from tests.cli.terminal import Terminal
from tests.nodes import wait_until


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the demo puts its temporary place; pytest's own directories have too long a path for it."""
    with tempfile.TemporaryDirectory(prefix="atsn-test-") as directory:
        yield Path(directory)


def start(place: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "atsn_tui", "demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )


def processes_in(place: Path) -> list[str]:
    """The command lines of the processes that run on the demo's nodes."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(place) in line:
                lines.append(line)
    return lines


def test_without_a_terminal_it_plays_its_scene_and_keeps_every_promise(place: Path) -> None:
    done = start(place)
    out, err = done.communicate(timeout=150)
    assert done.returncode == 0, out + err
    assert err == ""
    assert out.count("━━") == 5
    assert "✗" not in out.replace("    ", "").replace("✗ web1 (", ""), "no promise is broken"
    assert "hq$ atsn diff" in out
    assert "− reports/old-report" in out
    assert "○ offline" in out
    assert out.rstrip().endswith("every promise was kept")
    assert "do not run as root" not in out, "as root the sample runs as somebody else"
    assert list(place.iterdir()) == []
    assert processes_in(place) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_nothing_behind(place: Path, number: signal.Signals) -> None:
    running = start(place)
    wait_until(lambda: sum("serve" in line for line in processes_in(place)) == 3)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert list(place.iterdir()) == []
    assert processes_in(place) == []


def test_a_broken_promise_is_told_and_fails(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = scene.Scene(None, sys.stdout)  # type: ignore[arg-type]  # no node is asked
    told.promise("two and two is five", False, "it is four")
    assert told.broken == 1
    assert "✗ two and two is five: it is four" in capsys.readouterr().out


def test_on_a_terminal_it_opens_the_console_on_hq_and_cleans_up(place: Path) -> None:
    terminal = Terminal("demo", environ={"TMPDIR": str(place)})
    terminal.type("q", after="certs")
    assert terminal.end() == 0
    assert "files are gone" in terminal.plain
    assert list(place.iterdir()) == []
    assert processes_in(place) == []


def test_the_sample_is_what_the_demo_promises() -> None:
    groups = {group.name: group for group in sample_groups()}
    assert {name: len(group.task) for name, group in groups.items()} == {stage.GROUP: 15, stage.PULLED: 4}
    folders = Counter(task.folder for task in groups[stage.GROUP].tasks())
    assert len(folders) >= 5
    schedules = {
        schedule for group in groups.values() for task in group.tasks() for schedule in task.schedules
    }
    assert len(schedules) > 12
    for schedule in schedules:
        parse(schedule)


def test_the_sample_tasks_only_look_and_print() -> None:
    harmless = {"echo", "date", "du", "df", "cat", "printf"}
    for group in sample_groups():
        for task in group.tasks():
            assert isinstance(task.action, Command)
            assert task.action.command.split()[0] in harmless
            assert ">" not in task.action.command.replace("2>/dev/null", "")


def test_as_root_the_sample_tasks_run_as_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo replicates comes from a peer, and nothing that does runs as root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert stage._account() == {"account.user": "nobody"}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert stage._account() == {}
