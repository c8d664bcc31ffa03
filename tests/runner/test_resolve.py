"""From a task to an order, and through the keeper."""

import os
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model.settings import Account, Credential, Settings
from atsn_tui.model.task import Command, Email, Options, Task
from atsn_tui.runner.jobs.accounts import find_account
from atsn_tui.runner.jobs.resolve import resolve
from atsn_tui.runner.spec import RunSpec
from tests.runner.site import Site
from tests.runner.test_environment import ABOUT

OURS = find_account(None, None)


def spec_of(
    settings: Settings | None = None, variables: dict[str, str] | None = None, **task: Any
) -> RunSpec:
    """The order for a task."""
    given: dict[str, Any] = {"name": "nightly", "action": Command(command="echo hello"), **task}
    return resolve(Task(**given), settings or Settings(name="group"), ABOUT, variables or {})


def test_a_plain_task_runs_in_a_shell_as_we_do_and_at_home() -> None:
    spec = spec_of()
    assert (spec.program, spec.argv) == ("/bin/sh", ("/bin/sh", "-c", "echo hello"))
    assert (spec.directory, spec.fallback) == (OURS.home, "/")
    assert (spec.account, spec.umask, spec.nice, spec.stdin) == (OURS.user, 0o022, None, None)
    assert (spec.timeout, spec.kill_after, spec.secrets) == (None, 10, ())
    assert (spec.uid is None) == OURS.own


@pytest.mark.parametrize(("home", "directory"), [("/nonexistent", "/"), ("/srv/gone", "/srv/gone")])
def test_an_account_that_is_to_have_no_home_runs_in_the_root_directory(home: str, directory: str) -> None:
    assert spec_of(environment={"HOME": home}).directory == directory


def test_a_reference_to_a_credential_becomes_its_part() -> None:
    settings = Settings(
        name="group",
        credentials={"a.b": Credential(user="ann", secret="hush"), "empty": Credential(user="bob")},
        environment={"WHO": "${credential:a.b.user}", "OVER": "${credential:gone.secret}"},
    )
    spec = spec_of(settings, environment={"OVER": "x", "P": "<${credential:a.b.secret}> $${HOME} ${WHO}"})
    assert spec.environment["WHO"] == "ann"
    assert spec.environment["OVER"] == "x"
    assert spec.environment["P"] == "<hush> $${HOME} ${WHO}", "nothing else is expanded"
    assert spec_of(settings, environment={"OVER": "${credential:empty.user}"}).environment["OVER"] == "bob"
    for value, says in (
        ("${credential:gone.user}", "no credential 'gone', which OVER needs"),
        ("${credential:empty.secret}", "'empty', which OVER needs, has no secret here"),
        ("${credential:a.b}", r"write \$\{credential:a.secret\}"),
        ("${credential:}", r"write \$\{credential:NAME.secret\}"),
    ):
        with pytest.raises(NotFound, match=says):
            spec_of(settings, environment={"OVER": value})


def test_what_a_credential_holds_is_not_read_as_a_reference_again() -> None:
    credentials = {"a": Credential(user="${credential:b.secret}"), "b": Credential(secret="hush")}
    spec = spec_of(Settings(name="g", credentials=credentials), environment={"X": "${credential:a.user}"})
    assert spec.environment["X"] == "${credential:b.secret}"


def test_words_run_without_a_shell() -> None:
    spec = spec_of(action=Command(argv=("rsync", "-a", "$HOME"), stdin="x"))
    assert (spec.program, spec.argv, spec.stdin) == ("rsync", ("rsync", "-a", "$HOME"), "x")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"shell": "/bin/bash"}, "/bin/bash"),
        ({"shell": "${TOOLS}/zsh"}, "/opt/zsh"),
        ({"environment": {"SHELL": "/bin/ksh"}}, "/bin/ksh"),
        ({"environment": {"SHELL": ""}}, "/bin/sh"),
    ],
)
def test_the_shell_is_the_tasks_else_that_of_the_environment(task: dict[str, Any], expected: str) -> None:
    assert spec_of(variables={"TOOLS": "/opt"}, **task).program == expected


def test_a_login_environment_makes_login_shells() -> None:
    settings = Settings(name="group", account=Account(login_environment=True))
    spec = spec_of(settings, shell="/bin/bash")
    assert (spec.program, spec.argv) == ("/bin/bash", ("-bash", "-c", "echo hello"))
    spec = spec_of(settings, action=Command(argv=("ls", "a b")))
    assert (spec.program, spec.argv) == ("/bin/sh", ("-sh", "-c", 'exec "$@"', "sh", "ls", "a b"))


def test_variables_in_the_directory_are_replaced() -> None:
    spec = spec_of(variables={"BASE": "/srv"}, directory="${BASE}/$$/${DAY}", environment={"DAY": "monday"})
    assert (spec.directory, spec.fallback) == ("/srv/$/monday", None)


def test_an_undefined_variable_in_a_path_is_named() -> None:
    with pytest.raises(BadInput, match=r"the directory '\$\{NOWHERE\}/x': \$\{NOWHERE\} is not defined"):
        spec_of(directory="${NOWHERE}/x")
    with pytest.raises(BadInput, match=r"the shell .* \$\{NOWHERE\} is not defined"):
        spec_of(shell="${NOWHERE}/sh")


def test_a_directory_is_absolute() -> None:
    with pytest.raises(BadInput, match="the directory 'backup' of task nightly is not absolute"):
        spec_of(directory="backup")


def test_the_tasks_own_options_win_over_the_groups_account() -> None:
    settings = Settings(name="group", account=Account(umask="077", nice=5))
    assert (spec_of(settings).umask, spec_of(settings).nice) == (0o077, 5)
    spec = spec_of(settings, options=Options(umask="0027", nice=0, timeout=60, kill_after=3))
    assert (spec.umask, spec.nice, spec.timeout, spec.kill_after) == (0o027, 0, 60, 3)


def test_the_account_is_the_tasks_else_the_groups() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can choose")
    settings = Settings(name="group", account=Account(user="nobody"))
    nobody = find_account("nobody", None)
    spec = spec_of(settings)
    assert (spec.account, spec.uid, spec.gid, spec.groups) == (
        "nobody",
        nobody.uid,
        nobody.gid,
        nobody.groups,
    )
    assert spec.environment["LOGNAME"] == "nobody"
    assert spec_of(settings, run_as="daemon").account == "daemon"
    assert spec_of(settings, run_as_group="daemon").gid == find_account(None, "daemon").gid


def test_an_unknown_user_is_named() -> None:
    with pytest.raises(NotFound, match="user no-such-user does not exist"):
        spec_of(run_as="no-such-user")


def test_all_secrets_of_the_group_are_masked() -> None:
    credentials = {"db": Credential(user="ada", secret="hunter2"), "empty": Credential(user="bob")}
    assert spec_of(Settings(name="group", credentials=credentials)).secrets == ("hunter2",)


def test_only_commands_are_for_the_keeper() -> None:
    with pytest.raises(BadInput, match="runs no command"):
        spec_of(action=Email(to=("ada@example.org",), subject="x"))


async def test_a_task_runs_as_it_says(site: Site, tmp_path: Path) -> None:
    spec = spec_of(
        action=Command(command='echo "$ATSN_TASK in $(pwd) for $WHO"; cat', stdin="text\n"),
        directory="${BASE}",
        variables={"BASE": str(tmp_path)},
        environment={"WHO": "me"},
    )
    ended = await site.run(spec)
    assert ended.exit_code == 0
    assert site.output(spec.run).decode() == f"databases/nightly in {tmp_path} for me\ntext\n"


async def test_a_login_shell_reads_the_profile(site: Site, tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("FROM_PROFILE=yes; export FROM_PROFILE\n")
    settings = Settings(
        name="group", account=Account(login_environment=True), environment={"HOME": str(tmp_path)}
    )
    command = Command(argv=("sh", "-c", "echo $FROM_PROFILE"))
    spec = spec_of(settings, action=command)
    await site.run(spec)
    assert site.output(spec.run) == b"yes\n"
