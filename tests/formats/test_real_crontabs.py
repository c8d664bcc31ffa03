"""Real crontabs from public repositories, each with what cron makes of it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.formats.crontab import Crontab, parse
from atsn_tui.formats.detect import detect
from atsn_tui.formats.jobs import to_tasks
from atsn_tui.model.codec import encode

REPOSITORY = Path(__file__).resolve().parents[2]
CRONTABS = Path(os.environ.get("ATSN_SHARED", REPOSITORY.parent / "shared")) / "crontabs"
FILES = sorted(CRONTABS.glob("*.crontab"))
DETECTED = {"user": "crontab", "system": "system-crontab"}
# A template without a single line that cron would take, and whose name says nothing: it stays a guess.
UNDETECTABLE = {"063_olafnorge__ansible-nextcloud-role.crontab"}

pytestmark = pytest.mark.skipif(not FILES, reason=f"no crontabs in {CRONTABS}: set ATSN_SHARED")
each_file = pytest.mark.parametrize("path", FILES or [Path("none")], ids=lambda path: path.stem)


def _expected(path: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads(path.with_name(path.name + ".expected.json").read_text())
    return expected


def _parsed(path: Path) -> Crontab:
    return parse(path.read_bytes(), system=_expected(path)["format"] == "system")


def test_there_are_many_of_them() -> None:
    assert len(FILES) >= 57


@each_file
def test_jobs(path: Path) -> None:
    jobs = [(job.line, job.schedule, job.user, job.command, job.environment) for job in _parsed(path).jobs]
    wanted = _expected(path)["jobs"]
    assert jobs == [(job["line"], job["schedule"], job["user"], job["command"], job["env"]) for job in wanted]


@each_file
def test_rejected_lines(path: Path) -> None:
    rejected = _parsed(path).rejected
    wanted = _expected(path)["rejected"]
    assert [item.line for item in rejected] == [item["line"] for item in wanted]
    for item, other in zip(rejected, wanted, strict=True):
        field = other["why"].partition(":")[0]
        assert field.split(" ")[:2] == item.why.split(" ")[:2], (item.why, other["why"])


@each_file
def test_every_job_becomes_a_task_with_a_name_of_its_own(path: Path) -> None:
    jobs = _parsed(path).jobs
    tasks = to_tasks(jobs, "imported")
    assert len({task.name for task in tasks}) == len(tasks)
    for job, task in zip(jobs, tasks, strict=True):
        encode(task)
        assert (task.schedules, task.run_as, task.environment) == ((job.schedule,), job.user, job.environment)
        assert not task.enabled
        assert len(task.name) <= 100


@each_file
def test_whether_it_is_a_system_crontab_shows(path: Path) -> None:
    if path.name in UNDETECTABLE:
        pytest.skip("nothing in this file or its name tells the formats apart")
    expected = _expected(path)
    assert detect(path.read_bytes(), expected["path"]) == DETECTED[expected["format"]]
    assert detect(path.read_bytes(), "") == DETECTED[expected["format"]]
