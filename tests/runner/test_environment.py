"""The variables of a job."""

import pytest

from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.accounts import Account
from atsn_tui.runner.jobs.environment import job_environment

ADA = Account(user="ada", uid=1000, gid=1000, groups=(1000,), home="/home/ada", shell="/bin/bash", own=False)
ABOUT = About(
    run_id="run-1",
    task_id="task-1",
    task="databases/nightly",
    group="Replicated tasks",
    node="hq",
    trigger="schedule",
    due=1_700_000_000_000_000,
)
ABOUT_IT = {
    "ATSN_NODE": "hq",
    "ATSN_GROUP": "Replicated tasks",
    "ATSN_TASK": "databases/nightly",
    "ATSN_TASK_ID": "task-1",
    "ATSN_RUN_ID": "run-1",
    "ATSN_TRIGGER": "schedule",
    "ATSN_DUE": "2023-11-14T22:13:20.000000Z",
}
CRON = {
    "HOME": "/home/ada",
    "LOGNAME": "ada",
    "USER": "ada",
    "SHELL": "/bin/sh",
    "PATH": "/usr/bin:/bin",
}


def test_it_is_what_cron_gives_and_what_the_run_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_SERVICE", "x")
    assert job_environment(ADA, ABOUT, node={}, group={}, task={}) == {**CRON, **ABOUT_IT}


def test_the_task_wins_over_the_group_and_the_group_over_the_node() -> None:
    found = job_environment(
        ADA,
        ABOUT,
        node={"A": "node", "B": "node", "C": "node"},
        group={"B": "group", "C": "group", "PATH": "/opt/bin"},
        task={"C": "task", "HOME": "/srv"},
    )
    assert [found[name] for name in ("A", "B", "C", "PATH", "HOME")] == [
        "node",
        "group",
        "task",
        "/opt/bin",
        "/srv",
    ]


def test_who_and_what_it_is_cannot_be_set() -> None:
    false = {"LOGNAME": "root", "USER": "root", "ATSN_NODE": "elsewhere"}
    found = job_environment(ADA, ABOUT, node=false, group=false, task=false)
    assert (found["LOGNAME"], found["USER"], found["ATSN_NODE"]) == ("ada", "ada", "hq")


def test_a_run_that_was_not_due_has_no_due_time() -> None:
    about = About(run_id="r", task_id="t", task="x", group="g", node="n", trigger="manual")
    assert "ATSN_DUE" not in job_environment(ADA, about, node={}, group={}, task={})


@pytest.mark.parametrize(
    ("uid", "shell", "expected"),
    [
        (1000, "/bin/zsh", ("/bin/zsh", "/usr/local/bin:/usr/bin:/bin")),
        (1000, "/usr/sbin/nologin", ("/bin/sh", "/usr/local/bin:/usr/bin:/bin")),
        (0, "/bin/bash", ("/bin/bash", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")),
    ],
)
def test_a_login_environment_begins_with_the_accounts_own_shell(
    uid: int, shell: str, expected: tuple[str, str]
) -> None:
    account = Account(user="ada", uid=uid, gid=1, groups=(1,), home="/", shell=shell, own=False)
    found = job_environment(account, ABOUT, node={}, group={}, task={}, login=True)
    assert (found["SHELL"], found["PATH"]) == expected
