"""Whose change counts: only one of what runs, and as whom, has a new origin."""

from typing import Any

import msgspec
import pytest

from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Account, Credential, Holidays, Log, Mail, Settings
from atsn_tui.model.task import Command, Http, Options, Task, TaskMail
from atsn_tui.model.trust import origin_after

OURS = Origin(who="ada")
THEIRS = Origin(kind="peer", who="hq", node_id="n", direction="push")
TASK = Task(name="backup", action=Command(command="df"))
SETTINGS = Settings(name="Replicated tasks")

DECISIVE: list[tuple[Task | Settings, dict[str, Any]]] = [
    (TASK, {"action": Command(command="rm")}),
    (TASK, {"action": Command(command="df", stdin="y")}),
    (TASK, {"action": Http(url="http://a")}),
    (TASK, {"run_as": "root"}),
    (TASK, {"run_as_group": "wheel"}),
    (TASK, {"directory": "/tmp"}),
    (TASK, {"shell": "/bin/bash"}),
    (TASK, {"environment": {"PATH": "/tmp"}}),
    (TASK, {"options": Options(umask="0000")}),
    (SETTINGS, {"account": Account(user="root")}),
    (SETTINGS, {"account": Account(login_environment=True)}),
    (SETTINGS, {"environment": {"LD_PRELOAD": "/tmp/x.so"}}),
    (SETTINGS, {"credentials": {"db": Credential(secret="s")}}),
    (SETTINGS, {"log": Log(path="/etc/passwd")}),
]

HARMLESS: list[tuple[Task | Settings, dict[str, Any]]] = [
    (TASK, {}),
    (TASK, {"name": "other"}),
    (TASK, {"folder": "databases"}),
    (TASK, {"enabled": False}),
    (TASK, {"schedules": ("@daily",)}),
    (TASK, {"timezone": "UTC"}),
    (TASK, {"start": "2026-01-01", "end": "2027-01-01"}),
    (TASK, {"nodes": ("web1",)}),
    (TASK, {"options": Options(retries=3, timeout=5, nice=-5, overlap="replace", success_codes=(1,))}),
    (TASK, {"mail": TaskMail(when="always")}),
    (TASK, {"notes": "careful"}),
    (SETTINGS, {"name": "other"}),
    (SETTINGS, {"email": Mail(when="always")}),
    (SETTINGS, {"holidays": Holidays(country="DE")}),
]


@pytest.mark.parametrize(("before", "values"), DECISIVE)
def test_what_runs_and_as_whom_makes_the_changer_the_origin(
    before: Task | Settings, values: dict[str, Any]
) -> None:
    after = msgspec.structs.replace(before, **values)
    assert origin_after(before, after, OURS, THEIRS) == THEIRS
    assert origin_after(before, after, THEIRS, OURS) == OURS


@pytest.mark.parametrize(("before", "values"), HARMLESS)
def test_anything_else_keeps_the_origin(before: Task | Settings, values: dict[str, Any]) -> None:
    after = msgspec.structs.replace(before, **values)
    assert origin_after(before, after, OURS, THEIRS) == OURS
    assert origin_after(before, after, THEIRS, OURS) == THEIRS


def test_every_option_but_the_umask_says_only_when_and_how_long_it_runs() -> None:
    assert set(Options.__struct_fields__) == {
        "timeout", "kill_after", "retries", "retry_delay", "retry_backoff", "overlap", "missed", "missed_window",
        "jitter", "success_codes", "on_holiday", "remove_when_over", "nice", "umask",
    }  # fmt: skip


def test_every_field_is_in_one_of_the_two_lists() -> None:
    for before in (TASK, SETTINGS):
        listed = {name for each, values in DECISIVE + HARMLESS if each is before for name in values}
        assert listed == set(before.__struct_fields__)


@pytest.mark.parametrize("content", [TASK, SETTINGS])
def test_a_new_record_comes_from_whoever_made_it(content: Task | Settings) -> None:
    assert origin_after(None, content, None, THEIRS) == THEIRS
    assert origin_after(content, content, None, THEIRS) == THEIRS
