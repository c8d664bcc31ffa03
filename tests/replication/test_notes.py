"""What the receiver says about a plan: what would begin to run on it, and what could not."""

import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.home import crontab_files, locks
from atsn_tui.home.cron_jobs import CronJobs, read_cron_jobs
from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Account, Credential, Settings
from atsn_tui.model.task import Command, Email, Http, Task
from atsn_tui.replication.notes import Changed, notes
from tests.replication.world import World

ME = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "nobody"
"""A user as whom this node could run a task from a peer."""

SETTINGS = Settings(name="a")
OURS, THEIRS = Origin(who="ada"), Origin(kind="peer", who="hq")


def task(name: str = "backup", **values: Any) -> Task:
    """A task that could run here."""
    return Task(name=name, **{"action": Command(command="df"), "run_as": ME} | values)


def said(
    *pairs: tuple[Task | None, Task],
    settings: Settings = SETTINGS,
    also: dict[str, str] | None = None,
    origins: tuple[Origin, Origin] = (THEIRS, THEIRS),
    service: bool = True,
) -> list[str]:
    """The notes on those tasks, before and after. `origins`: those of the tasks and of the settings, after."""
    changed = [Changed(before, after, origins[0]) for before, after in pairs]
    return list(notes(changed, settings, origins[1], CronJobs(also or {}), service=service))


def test_new_and_newly_enabled_tasks_will_start() -> None:
    assert said((None, task("b")), (None, task("a")), (task("c", enabled=False), task("c"))) == [
        "will start running: a, b, c"
    ]


def test_where_no_service_runs_it_is_told_once_if_something_would_start() -> None:
    assert said((None, task("b")), (None, task("a")), service=False) == [
        "will start running: a, b",
        "no service runs on this machine: nothing starts until one does",
    ]
    assert said((task(), task(enabled=False)), (task("a"), task("a", notes="x")), service=False) == [
        "will no longer run: backup"
    ]


def test_disabled_tasks_will_no_longer_run() -> None:
    assert said((task(), task(enabled=False))) == ["will no longer run: backup"]
    assert said((None, task(enabled=False)), (task(enabled=False), task(enabled=False, notes="x"))) == []


def test_a_changed_task_that_ran_before_is_no_news() -> None:
    assert said((task(), task(notes="x"))) == []


def test_many_names_are_counted() -> None:
    pairs = [(None, task(f"task {number}")) for number in range(8)]
    assert said(*pairs) == ["will start running: task 0, task 1, task 2, task 3, task 4 and 3 more"]


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"run_as": "nobody-such"}, "cannot run, there is no user 'nobody-such' on this machine: backup"),
        (
            {"timezone": "Europe/Atlantis"},
            "cannot run, this machine knows no time zone 'Europe/Atlantis': backup",
        ),
        (
            {"timezone": "../../etc/passwd"},
            "cannot run, this machine knows no time zone '../../etc/passwd': backup",
        ),
        (
            {"directory": "/no/such/place"},
            "cannot run, there is no directory '/no/such/place' on this machine: backup",
        ),
        ({"shell": "/bin/nosh"}, "cannot run, there is no shell '/bin/nosh' on this machine: backup"),
        (
            {"environment": {"SHELL": "/bin/nosh"}},
            "cannot run, there is no shell '/bin/nosh' on this machine: backup",
        ),
    ],
)
def test_what_could_not_run_here_says_why(values: dict[str, Any], note: str) -> None:
    assert said((None, task(**values))) == said((task(), task(**values))) == [note]
    assert said((task(), task(enabled=False, **values))) == ["will no longer run: backup"]


@pytest.mark.parametrize(
    "values",
    [
        {"run_as": ME},
        {"timezone": "Europe/Berlin"},
        {"directory": "/"},
        {"directory": "work"},
        {"directory": "${HOME}/work"},
        {"shell": "/bin/sh"},
        {"shell": "/bin/nosh", "action": Command(argv=("df",))},
        {"shell": "/bin/nosh", "action": Email(to=("a@b",), subject="s")},
    ],
)
def test_what_can_run_is_not_spoken_of(values: dict[str, Any]) -> None:
    assert said((task(), task(**values))) == []


def test_the_groups_account_counts_where_a_task_has_none_of_its_own() -> None:
    settings = Settings(name="a", account=Account(user="nobody-such"))
    assert said((task(), task(run_as=None)), settings=settings) == [
        "cannot run, there is no user 'nobody-such' on this machine: backup"
    ]
    assert said((task(), task(run_as=ME)), settings=settings) == []


def test_credentials_that_the_group_lacks_are_told() -> None:
    wants = task(environment={"P": "${credential:db.secret}"})
    assert said((None, wants)) == ["cannot run, the group has no credential 'db', which P needs: backup"]
    known = Settings(name="a", credentials={"db": Credential(secret="x")})
    assert said((wants, wants), settings=known) == []
    emptied = Settings(name="a", credentials={"db": Credential()})
    assert said((None, wants), settings=emptied) == [
        "cannot run, the credential 'db', which P needs, has no secret here: backup"
    ]
    request = task(action=Http(url="https://example.org/", credential="api"))
    assert said((None, request)) == [
        "cannot run, the group has no credential 'api', which the request needs: backup"
    ]


def test_root_is_not_for_tasks_from_peers() -> None:
    assert said((None, task(run_as="root"))) == [
        "will not run, tasks from a peer do not run as root here: backup"
    ]


def test_what_stays_our_own_runs_as_root_unless_a_peers_settings_shape_it() -> None:
    off, on = task(run_as="root", enabled=False), task(run_as="root")
    denied = ["will not run, tasks from a peer do not run as root here: backup"]
    if os.geteuid() == 0:
        assert said((off, on), origins=(OURS, THEIRS)) == ["will start running: backup"]
    shaping = Settings(name="a", environment={"PATH": "/tmp"})
    assert said((off, on), origins=(OURS, THEIRS), settings=shaping) == denied
    assert said((off, on), origins=(THEIRS, OURS)) == denied


@pytest.mark.skipif(os.geteuid() != 0, reason="the account of the service is what is asked about")
def test_a_request_that_the_service_sends_runs_as_nobody() -> None:
    request = task(run_as=None, action=Http(url="https://example.org/"))
    assert said((None, request)) == ["will start running: backup"]


def test_what_a_crontab_runs_too_would_run_twice() -> None:
    also = {"df": "/etc/crontab"}
    assert said((task(), task(action=Command(command="  df "))), also=also) == [
        "also runs from /etc/crontab, so it would run twice: backup"
    ]
    assert said((task(), task(action=Command(argv=("df",)))), also=also) == []


def test_crontabs_are_read_as_far_as_they_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / ME).write_text("*/5 * * * *  /usr/bin/backup   --all%input\nnonsense\n")
    (tmp_path / "system").write_text("0 3 * * * root /usr/bin/rotate\n")
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "cron.d" / "broken").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setattr(crontab_files, "USER_CRONTABS", (tmp_path / "users", tmp_path / "missing"))
    monkeypatch.setattr(crontab_files, "SYSTEM_CRONTAB", tmp_path / "system")
    monkeypatch.setattr(crontab_files, "SYSTEM_CRONTABS", tmp_path / "cron.d")
    found = read_cron_jobs()
    assert found.also_in(task(action=Command(command="/usr/bin/backup --all"))) == str(
        tmp_path / "users" / ME
    )
    assert found.also_in(task(action=Command(command="/usr/bin/rotate"))) == str(tmp_path / "system")
    assert found.also_in(task(action=Command(command="/usr/bin/other"))) is None


async def test_a_preview_carries_the_receivers_notes(world: World) -> None:
    hq, web1 = await world.host("hq"), await world.host("web1")
    await world.acquaint(hq, web1, "push")
    await hq.write("backup", directory="/no/such/place", run_as=ME)
    await hq.write("rotate", run_as=ME)
    await hq.link(web1, "push")
    assert sorted((await hq.diff())[0].notes) == [
        "cannot run, there is no directory '/no/such/place' on this machine: backup",
        "no service runs on this machine: nothing starts until one does",
        "will start running: rotate",
    ]
    with locks.exclusive(web1.store.home.service_lock):
        assert "will start running: rotate" in (notes := (await hq.diff())[0].notes)
        assert not any("no service" in note for note in notes)


async def test_a_preview_says_what_will_follow_nobody_or_go_in_a_circle(world: World) -> None:
    hq, web1 = await world.host("hq"), await world.host("web1")
    await world.acquaint(hq, web1, "push")
    await hq.write("backup", enabled=False, schedules=("@daily",))
    await hq.write("early", enabled=False, schedules=("after late",))
    await hq.write("late", enabled=False, schedules=("after early",))
    await hq.write("orphan", enabled=False, schedules=("after nobody",))
    await hq.link(web1, "push")
    notes = (await hq.diff())[0].notes
    assert len(notes) == 2, notes
    assert "→ early" in notes[0]
    assert notes[1].startswith("cannot follow, 'after nobody': there is no task 'nobody' in the group")
    assert [each.state for each in (await hq.cycle()).links] == ["applied"]
    await hq.write("backup", enabled=False, notes="changed")
    assert (await hq.diff())[0].notes == (), "what was known before is no news"
