"""Running tasks by the command line, looking at runs and their output, holding and explaining."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from atsn_tui.model.run import Run
from atsn_tui.node.views import TaskView
from atsn_tui.store import runs
from tests.cli.test_docs import json_form
from tests.nodes import Machine, Machines, Outcome, wait_until
from tests.played import Play, playing, printed, ran, skipped

T = TypeVar("T")

WHICH = "ops/db/nightly dump"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    node = Machines(tmp_path_factory.mktemp("fresh"))("hq", listen=False)
    node.atsn("group", "add", "ops").ok()
    node.add_task("ops", "nightly dump", "true", "--folder", "db", "--schedule", "0 3 * * *")
    return node


@pytest.fixture
def hq(fresh: Machine, tmp_path: Path) -> Machine:
    """A copy of it, which is made faster than a new one."""
    shutil.copytree(fresh.home, tmp_path / "hq")
    return Machine("hq", tmp_path / "hq", fresh.identity)


def written(machine: Machine, write: Callable[[sqlite3.Connection, TaskView], T], which: str = WHICH) -> T:
    """What `write` returns, which writes rows about a task."""

    async def in_the_node() -> T:
        async with machine.open() as node:
            task = await node.tasks.get(which)
            return await node.core.store.write(lambda db: write(db, task))

    return asyncio.run(in_the_node())


def test_run_prints_the_id_of_the_run(hq: Machine) -> None:
    with playing(hq, Play()):
        text = hq.atsn("run", WHICH).ok().out
        form = hq.atsn("run", WHICH, "--json").ok().json
    assert set(form) == set(json_form("run"))
    assert (form["task"], form["trigger"], form["group"]) == ("db/nightly dump", "manual", "ops")
    listed = [run["id"] for run in hq.atsn("runs", "--json").ok().json["runs"]]
    assert listed[0] == form["id"]
    assert text.startswith(f"db/nightly dump begins: run {listed[1]};")


def test_without_a_service_run_and_stop_are_refused(hq: Machine) -> None:
    run = written(hq, lambda db, task: ran(db, task, "running"))
    for words in (("run", WHICH), ("stop", run.id)):
        refused = hq.atsn(*words, "--json")
        assert (refused.code, refused.error["code"], refused.out) == (3, "refused", "")
        assert "atsn serve" in refused.error["message"]


def test_what_the_service_says_no_to_exits_with_3(hq: Machine) -> None:
    with playing(hq, Play(refuses="db/nightly dump does not run now: an earlier run has not ended")):
        refused = hq.atsn("run", WHICH, "--wait")
    assert refused.code == 3
    assert refused.err == "atsn: db/nightly dump does not run now: an earlier run has not ended\n"


@pytest.mark.parametrize(
    ("play", "code", "told"),
    [
        (Play(), 0, "✓ ok, after"),
        (Play(exit_code=3), 0, "✓ ok, after"),
        (Play(state="failed", exit_code=2), 2, "✗ failed, exit 2, after"),
        (Play(state="failed", exit_code=0), 1, "✗ failed, exit 0, after"),
        (Play(state="failed", exit_code=None, reason="the answer was 500"), 1, "the answer was 500"),
        (Play(state="failed", exit_code=None, signal=9), 137, "✗ failed, SIGKILL, after"),
        (Play(state="timed_out", exit_code=None, signal=15), 124, "✗ timed out, SIGTERM, after"),
        (Play(state="interrupted", exit_code=None), 125, "✗ interrupted"),
        (Play(state="unknown", exit_code=None), 125, "✗ ended unseen"),
        (Play(state="stopped", exit_code=0), 143, "■ stopped"),
    ],
)
def test_run_and_wait_shows_the_output_and_exits_as_the_run_did(
    hq: Machine, play: Play, code: int, told: str
) -> None:
    play.prints = [b"one\n", b"two \x1b[31m", b"three"]
    with playing(hq, play):
        outcome = hq.atsn("run", WHICH, "--wait")
    assert (outcome.code, outcome.out) == (code, "one\ntwo \x1b[31mthree")
    assert told in outcome.err


def raw(machine: Machine, *words: str) -> Outcome:
    """What a process prints, bytes that are no UTF-8 included."""
    done = subprocess.run(
        [sys.executable, "-m", "atsn_tui", "--home", str(machine.home), *words],
        capture_output=True,
        env=os.environ,
        timeout=60,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode())


def test_run_and_wait_as_json_is_one_document_at_the_end(hq: Machine) -> None:
    with playing(hq, Play(state="failed", exit_code=7, retries=True)):
        outcome = hq.atsn("run", WHICH, "--wait", "--json")
    assert outcome.code == 7
    assert (outcome.json["state"], outcome.json["exit_code"]) == ("failed", 7)
    assert "it is tried again, as run" in outcome.err


def test_a_run_is_stopped(hq: Machine) -> None:
    with playing(hq, Play(lasts=True)):
        run = hq.atsn("run", WHICH, "--json").ok().json
        stopped = hq.atsn("stop", run["id"][:8]).ok().out
        assert stopped == f"db/nightly dump was told to end: run {run['id']}\n"
        wait_until(lambda: states(hq) == ["stopped"])
        over = hq.atsn("stop", run["id"], "--json")
    assert (over.code, over.error["code"]) == (3, "refused")
    assert "over already" in over.error["message"]


def states(machine: Machine) -> list[str]:
    return [run["state"] for run in machine.atsn("runs", "--json").ok().json["runs"]]


def history(db: sqlite3.Connection, task: TaskView) -> None:
    """Some runs and some due times that did not run, the latest an hour ago."""
    hour = 3600
    skipped(db, task, "disabled", "the task is disabled", ago=6 * hour, count=12)
    ran(db, task, "ok", ago=5 * hour, exit_code=0)
    skipped(db, task, "held", "the task is held by ada", ago=4 * hour)
    ran(db, task, "failed", ago=3 * hour, exit_code=2, reason="it exited with 2")
    ran(
        db,
        task,
        "failed",
        ago=2 * hour,
        started=None,
        reason="there is no user x",
        trigger="manual",
        who="ada",
    )
    ran(db, task, "running", ago=hour)


def test_runs_and_what_did_not_run_stand_in_the_order_of_time(hq: Machine) -> None:
    written(hq, history)
    heading, *lines, folded = hq.atsn("runs").ok().out.splitlines()
    assert heading.split() == ["WHEN", "TASK", "RESULT", "EXIT", "TOOK", "BY", "ID", "WHY"]
    assert folded == "– 12 due times of 1 disabled task left out; to see them: atsn runs --skipped"
    assert "the task is disabled; 12 times since" in hq.atsn("runs", "--skipped").ok().out
    for line, parts in zip(
        lines,
        [
            ("▸ running", "schedule"),
            ("✗ could not start", "by ada", "there is no user x"),
            ("✗ failed", " 2 ", "2 s", "schedule"),
            ("– skipped", "the task is held by ada"),
            ("✓ ok", " 0 ", "2 s"),
        ],
        strict=True,
    ):
        assert "ops/db/nightly dump" in line
        assert all(part in line for part in parts), line
    assert "it exited with 2" not in "".join(lines), "the exit says so"


def test_the_json_of_runs_keeps_runs_and_what_did_not_run_apart(hq: Machine) -> None:
    written(hq, history)
    form = hq.atsn("runs", "ops", "--json").ok().json
    assert [run["state"] for run in form["runs"]] == ["running", "failed", "failed", "ok"]
    assert [(each["kind"], each["count"]) for each in form["skipped"]] == [("held", 1), ("disabled", 12)]
    documented = json_form("runs")["skipped"][0]
    assert set(form["skipped"][0]) == set(documented)
    assert set(form["runs"][0]) == set(json_form("run"))
    only = hq.atsn("runs", "--skipped", "--json").ok().json
    assert only == {"runs": [], "skipped": form["skipped"]}
    three = hq.atsn("runs", "--limit", "3", "--json").ok().json
    assert [len(three["runs"]), len(three["skipped"])] == [3, 0]


def test_runs_of_one_task_or_group_are_not_those_of_another(hq: Machine) -> None:
    hq.atsn("group", "add", "other").ok()
    hq.add_task("other", "clean")
    written(hq, history)
    written(hq, lambda db, task: ran(db, task), "other/clean")
    assert hq.atsn("runs", "other").ok().out.count("clean") == 1
    assert len(hq.atsn("runs", "ops", "--task", "db/nightly dump", "--json").ok().json["runs"]) == 4
    assert len(hq.atsn("runs", "--task", "other/clean", "--json").ok().json["runs"]) == 1
    for words, told in (
        (("runs", "otter"), "other"),
        (("runs", "--task", "other/cleam"), "other/clean"),
        (("runs", "other", "--task", WHICH), "belongs to ops"),
    ):
        wrong = hq.atsn(*words, "--json")
        assert wrong.code == 2
        assert told in wrong.error["message"]


def test_where_nothing_ran_that_is_said(hq: Machine) -> None:
    assert hq.atsn("runs").ok().out == "nothing has run, and nothing that was due was skipped\n"
    assert hq.atsn("runs", "--json").ok().json == {"runs": [], "skipped": []}
    never = hq.atsn("log", WHICH, "--json")
    assert (never.code, never.error["code"]) == (2, "not_found")
    assert "has not run here yet" in never.error["message"]


def test_log_prints_the_output_of_a_run_or_of_a_tasks_last_run(hq: Machine) -> None:
    first, last = written(hq, lambda db, task: (ran(db, task, ago=9), ran(db, task, ago=5)))
    printed(hq.home, first.id, b"first\n")
    printed(hq.home, last.id, b"one\ntwo\rthree\n\x1b[31mfour \xff")
    assert hq.atsn("log", first.id[:8]).ok().out == "first\n"
    assert raw(hq, "log", WHICH, "--tail", "2").ok().out == "two\rthree\n\x1b[31mfour \udcff"
    assert hq.atsn("log", WHICH, "--tail", "0").ok().out == ""
    form = hq.atsn("log", WHICH, "--json", "--tail", "1").ok().json
    assert set(form) == set(json_form("log"))
    assert (form["output"], form["lossy"], form["run"]["id"]) == ("\x1b[31mfour \ufffd", True, last.id)
    assert hq.atsn("log", first.id, "--json").ok().json["lossy"] is False


def test_log_follows_a_run_until_it_ends(hq: Machine) -> None:
    run = written(hq, lambda db, task: ran(db, task, "running"))
    printed(hq.home, run.id, b"old\nless old\n")
    words = ("--home", str(hq.home), "log", WHICH, "--follow", "--tail", "1")
    with (
        playing(hq, Play()),
        subprocess.Popen([sys.executable, "-m", "atsn_tui", *words], stdout=subprocess.PIPE) as following,
    ):
        assert following.stdout is not None
        assert following.stdout.readline() == b"less old\n"
        printed(hq.home, run.id, b"new\nnewer\n")
        assert following.stdout.readline() == b"new\n"
        written(hq, lambda db, _: runs.change(db, ended(run)))
        assert following.stdout.read() == b"newer\n"
    assert following.returncode == 0


def ended(run: Run) -> Run:
    return replace(run, state="ok", ended=run.due + 1)


def test_log_follows_into_one_json_document(hq: Machine) -> None:
    with playing(hq, Play(prints=[b"a\n", b"b\n"])):
        run = hq.atsn("run", WHICH, "--json").ok().json
        form = hq.atsn("log", run["id"], "--follow", "--json").ok().json
    assert (form["output"], form["run"]["state"]) == ("a\nb\n", "ok")
    both = hq.atsn("log", run["id"], "--raw", "--json")
    assert (both.code, both.error["code"]) == (2, "bad_input")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("log", "abcdef"), "no run and no task has an id that begins with 'abcdef'"),
        (("log", "ops/db/nightly dumb"), "the nearest: ops/db/nightly dump"),
        (("stop", "abcdef"), "no run and no task"),
        (("run", "ops/db/nightly dumb"), "the nearest: ops/db/nightly dump"),
        (("why", "ops/db/nightly dumb"), "the nearest: ops/db/nightly dump"),
        (("hold", "opps"), "the nearest: ops"),
        (("release", "opps"), "the nearest: ops"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(hq: Machine, words: tuple[str, ...], told: str) -> None:
    wrong = hq.atsn(*words, "--json")
    assert (wrong.code, wrong.error["code"], wrong.out) == (2, "not_found", "")
    assert told in wrong.error["message"]


def test_a_group_a_task_and_the_node_are_held_and_released(hq: Machine) -> None:
    form = hq.atsn("hold", "ops", "--for", "2h", "--note", "moving house", "--json").ok().json
    assert set(form) == set(json_form("hold"))
    assert (form["scope"], form["name"], form["note"]) == ("group", "ops", "moving house")
    assert hq.atsn("hold", WHICH).ok().out == (
        f"{WHICH} is held until it is released; to release it: atsn release '{WHICH}'\n"
    )
    assert (
        "the whole node is held until 2999-01-01 18:00:00"
        in hq.atsn("hold", "--yes", "--until", "2999-01-01 18:00").ok().out
    )
    listed = hq.atsn("hold", "--list").ok().out
    assert [line.split()[1] for line in listed.splitlines()[1:]] == ["the", "ops", "ops/db/nightly"]
    assert "moving house" in listed
    told = hq.atsn("status")
    assert "Held" in told.out
    assert told.code == 1, "what is scheduled waits for a service"
    assert "start it with: atsn serve" in told.out
    status = hq.atsn("status", "--json").json
    assert [hold["scope"] for hold in status["holds"]] == ["node", "group", "task"]
    assert hq.atsn("release").ok().out == "the whole node is released\n"
    assert hq.atsn("release", "ops", "--json").ok().json["released"]["name"] == "ops"
    hq.atsn("release", WHICH).ok()
    assert hq.atsn("hold", "--list").ok().out == "nothing is held on this node\n"
    assert hq.atsn("hold", "--list", "--json").ok().json == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hold",), "--yes"),
        (("hold", "ops", "--for", "soon"), "30m, 2h"),
        (("hold", "ops", "--for", "18:00"), "30m, 2h"),
        (("hold", "ops", "--until", "2h"), "18:00"),
        (("hold", "ops", "--until", "2020-01-01"), "over already"),
        (("hold", "ops", "--until", "18:00", "--for", "2h"), "give one of them"),
        (("hold", "ops", "--list"), "--list"),
        (("hold", "ops", "--note", "a\0b"), "note"),
        (("release",), "not held"),
    ],
)
def test_a_hold_that_makes_no_sense_holds_nothing(hq: Machine, words: tuple[str, ...], told: str) -> None:
    wrong = hq.atsn(*words, "--json")
    assert wrong.code == 2
    assert told in wrong.error["message"]
    assert hq.atsn("hold", "--list", "--json").json == []


def test_why_says_what_stands_in_the_way_and_what_to_do(hq: Machine) -> None:
    written(hq, history)
    hq.atsn("hold", "ops", "--note", "moving house").ok()
    text = hq.atsn("why", WHICH).ok().out
    assert text.startswith("ops/db/nightly dump: daily at 03:00\n")
    for line in (
        "  ✗ no service runs for this node, so nothing runs; start it with: atsn serve\n",
        " until it is released (moving house); to release it: atsn release ops\n",
        "next due: ",
        ", schedule: ▸ running, for 1 h",
        "It did not run:",
        "the task is held by ada",
        "the task is disabled; 12 times since",
    ):
        assert line in text, text
    form = hq.atsn("why", WHICH, "--json").ok().json
    assert set(form) == set(json_form("why"))
    assert len(form["obstacles"]) == 3
    assert form["last"]["state"] == "running"
    assert [each["kind"] for each in form["decisions"]] == ["held", "disabled"]


def test_why_says_so_if_nothing_stands_in_the_way(hq: Machine) -> None:
    with playing(hq, Play()):
        text = hq.atsn("why", WHICH).ok().out
    assert "✓ nothing stands in its way" in text
    assert "last run: none yet on this node" in text


def test_lists_and_status_tell_how_tasks_last_ran(hq: Machine) -> None:
    assert hq.atsn("task", "list", "ops", "--json").json[0]["last"] is None
    run = written(hq, lambda db, task: ran(db, task, "failed", exit_code=2))
    [task] = hq.atsn("task", "list", "ops", "--json").ok().json
    assert (task["last"]["id"], task["last"]["exit_code"]) == (run.id, 2)
    assert hq.atsn("task", "show", WHICH, "--json").ok().json["last"] == task["last"]
    assert "✗ failed" in hq.atsn("task", "list", "ops").ok().out
    assert "✗ failed, exit 2, after 2 s" in hq.atsn("task", "show", WHICH).ok().out
    status = hq.atsn("status")
    assert status.code == 1
    assert f"atsn log {run.id[:8]}" in status.out
    form = hq.atsn("status", "--json").json
    assert ([each["id"] for each in form["failing"]], form["healthy"]) == ([run.id], False)
    hq.atsn("task", "set", WHICH, "enabled=no", "--json").ok()
    assert hq.atsn("status").code == 0


def test_a_group_on_standby_says_so(hq: Machine) -> None:
    hq.atsn("group", "set", "ops", "run_here=no").ok()
    assert hq.atsn("group", "list", "--json").ok().json[0]["run_here"] is False
    assert "replicated, standby here" in hq.atsn("group", "list").ok().out
    assert "a standby" in hq.atsn("group", "show", "ops").ok().out


def test_text_from_a_task_steers_no_terminal(hq: Machine) -> None:
    evil = "\x1b[31m[bold]x"
    written(hq, lambda db, task: ran(db, task, "failed", path=evil, reason=evil, notes=(evil,), who=evil))
    written(hq, lambda db, task: skipped(db, task, "held", evil, path=evil))
    for words in (("runs",), ("why", WHICH), ("status",), ("task", "show", WHICH), ("runs", "--skipped")):
        text = hq.atsn(*words).out
        assert r"\x1b[31m[bold]x" in text
        assert "\x1b" not in text
