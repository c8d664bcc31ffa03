"""Nodes that come back, or are there twice: their peers notice, say why, and how to go on; no task runs twice."""

import os
import shutil
import time
from pathlib import Path

from tests.nodes import Machine, Machines, acquaint, wait_until


def linked(make_node: Machines) -> tuple[Machine, Machine]:
    """hq pushes to web1, which serves."""
    hq, web1 = make_node("hq"), make_node("web1")
    acquaint(hq, web1)
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "rotate")
    hq.atsn("link", "add", "ops", "web1", "--push", "--strict").ok()
    web1.serve()
    hq.atsn("replicate", "--yes").ok()
    return hq, web1


def test_what_a_restored_primary_sends_is_held_and_explained(make_node: Machines, tmp_path: Path) -> None:
    hq, web1 = linked(make_node)
    file = str(tmp_path / "hq.tar")
    hq.atsn("backup", file).ok()
    hq.atsn("task", "set", "ops/rotate", "notes=after the backup").ok()
    hq.atsn("replicate", "--yes").ok()
    later = web1.digest("ops")
    hq.atsn("restore", file, "--yes").ok()
    for number in range(3):  # As many changes as were lost: under its old id nobody would notice.
        hq.atsn("task", "set", "ops/rotate", f"notes=again {number}").ok()
    held = hq.atsn("replicate", "--yes", "--json")
    assert held.code == 6, held
    [link] = held.json["links"]
    assert link["state"] == "held"
    told = hq.atsn("replicate", "--yes").out
    words = " ".join(told.split())
    assert f"the primary was restored from a backup of {time.strftime('%Y-%m-%d', time.gmtime())}" in words
    assert "--allow-restored" in words
    assert web1.digest("ops") == later
    hq.atsn("replicate", "--yes", "--allow-restored").ok()
    assert web1.digest("ops") == hq.digest("ops")
    hq.add_task("ops", "and goes on")
    hq.atsn("replicate", "--yes").ok()
    assert web1.digest("ops") == hq.digest("ops")


def test_a_secondary_that_was_restored_gets_what_it_lacks(make_node: Machines, tmp_path: Path) -> None:
    hq, web1 = linked(make_node)
    file = str(tmp_path / "web1.tar")
    web1.atsn("backup", file).ok()
    hq.add_task("ops", "later")
    hq.atsn("replicate", "--yes").ok()
    assert web1.atsn("restore", file, "--yes").code == 3, "its service runs"
    web1.stop()
    web1.atsn("restore", file, "--yes").ok()
    web1.serve()
    hq.atsn("replicate", "--yes").ok()
    assert web1.digest("ops") == hq.digest("ops")


def test_a_cloned_machine_is_recognized_by_what_it_holds_and_by_its_original(
    make_node: Machines, tmp_path: Path
) -> None:
    hq, web1 = linked(make_node)
    clone = Machine("clone", tmp_path / "clone")
    shutil.copytree(hq.home, clone.home)
    hq.atsn("task", "set", "ops/rotate", "notes=here").ok()
    clone.atsn("task", "set", "ops/rotate", "notes=there").ok()
    hq.atsn("replicate", "--yes").ok()
    held = clone.atsn("replicate", "--yes")
    assert held.code == 6, held
    words = " ".join(held.out.split())
    assert "there are two of it now" in words
    assert "atsn identity --new" in words
    clone.atsn("identity", "--new", "--yes").ok()
    refused = clone.atsn("replicate", "--yes")
    assert refused.code == 3, "web1 does not know it"
    assert web1.digest("ops") == hq.digest("ops")


def test_no_due_time_runs_twice_and_none_is_made_up_for(make_node: Machines, tmp_path: Path) -> None:
    hq = make_node("hq", listen=False)
    ran, file = tmp_path / "ran", str(tmp_path / "hq.tar")
    hq.atsn("group", "add", "ops").ok()
    hq.add_task(
        "ops", "tick", f'echo "$ATSN_DUE" >> {ran}', "--schedule", "* * * * * *", "--set", "missed=once"
    )
    hq.serve()
    wait_until(lambda: ran.exists() and len(dues(ran)) >= 1)
    hq.atsn("backup", file).ok()
    known = len(dues(ran))
    wait_until(lambda: len(dues(ran)) >= known + 2)
    hq.stop()
    before = dues(ran)
    hq.atsn("restore", file, "--yes").ok()
    restored = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    hq.serve()
    wait_until(lambda: len(dues(ran)) >= len(before) + 2)
    hq.stop()
    after = dues(ran)[len(before) :]
    assert len(set(dues(ran))) == len(dues(ran)), "no due time ran twice"
    assert min(after) >= restored, "nothing was made up for"


def test_what_ran_when_the_machine_booted_does_not_run_again(make_node: Machines, tmp_path: Path) -> None:
    hq = make_node("hq", listen=False)
    ran, ticks, file = tmp_path / "ran", tmp_path / "ticks", str(tmp_path / "hq.tar")
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "boot", f"echo x >> {ran}", "--schedule", "@reboot")
    hq.add_task("ops", "tick", f"echo x >> {ticks}", "--schedule", "* * * * * *")
    hq.atsn("backup", file).ok()
    hq.serve()
    wait_until(ran.exists)
    hq.stop()
    hq.atsn("restore", file, "--yes").ok()
    ticks.unlink(missing_ok=True)
    hq.serve()
    wait_until(lambda: ticks.exists() and len(dues(ticks)) >= 2)
    hq.stop()
    assert dues(ran) == ["x"]


def test_a_job_that_lives_through_a_restore_is_seen_counts_and_can_be_stopped(
    make_node: Machines, tmp_path: Path
) -> None:
    hq, file = make_node("hq", listen=False), str(tmp_path / "hq.tar")
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "long", "exec sleep 600", "--set", "overlap=skip")
    hq.atsn("backup", file).ok()
    hq.serve()
    hq.atsn("run", "ops/long").ok()
    wait_until(lambda: states(hq) == ["running"])
    hq.stop()
    (hq.home / "runs" / "0b0b0b0b.out").write_text("of a run that nobody knows")
    hq.atsn("restore", file, "--yes").ok()
    assert states(hq) == []
    hq.serve()
    wait_until(lambda: states(hq) == ["running"])
    assert "has not ended" in hq.atsn("run", "ops/long").err
    [run] = hq.atsn("runs", "--json").ok().json["runs"]
    hq.atsn("stop", run["id"]).ok()
    wait_until(lambda: states(hq) == ["stopped"])
    wait_until(lambda: not (hq.home / "runs" / "0b0b0b0b.out").exists())


def test_a_copy_with_a_new_identity_leaves_the_jobs_of_its_original_alone(
    make_node: Machines, tmp_path: Path
) -> None:
    hq, go = make_node("hq", listen=False), tmp_path / "go"
    os.mkfifo(go)
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "long", f"read x < {go}; exit 3")
    hq.serve()
    hq.atsn("run", "ops/long").ok()
    wait_until(lambda: states(hq) == ["running"])
    clone = Machine("clone", tmp_path / "clone")
    shutil.copytree(hq.home, clone.home, ignore=shutil.ignore_patterns("keeper", "wake"))
    clone.atsn("identity", "--new", "--yes").ok()
    clone.serve()
    try:
        clone.atsn("task", "add", "ops", "short", "--command", "true").ok()
        clone.atsn("release").ok()
        clone.atsn("run", "ops/short", "--wait").ok()
        assert states(clone) == ["ok", "unknown"]
    finally:
        clone.stop()
    go.write_text("go\n")
    wait_until(lambda: states(hq) == ["failed"])


def states(machine: Machine) -> list[str]:
    """How the runs of a node stand, newest first."""
    return [run["state"] for run in machine.atsn("runs", "--json").ok().json["runs"]]


def dues(ran: Path) -> list[str]:
    return ran.read_text().split()
