"""KEY=VALUE: every field of tasks and settings can be set as a text, and taken away again."""

from typing import Any

import msgspec
import pytest

from atsn_tui.errors import BadInput
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Http, Task
from atsn_tui.node.tasks.fields import SHORT, build_task, change_settings, change_task, known_keys

TASK: dict[str, tuple[str, Any]] = {
    "name": ("b", "b"),
    "folder": ("x/y", "x/y"),
    "enabled": ("no", False),
    "schedules": ("0 3 * * *; every 15m", ["0 3 * * *", "every 15m"]),
    "timezone": ("Europe/Berlin", "Europe/Berlin"),
    "start": ("2026-12-24", "2026-12-24"),
    "end": ("2026-12-31", "2026-12-31"),
    "run_as": ("backup", "backup"),
    "run_as_group": ("adm", "adm"),
    "directory": ("/srv", "/srv"),
    "shell": ("/bin/bash", "/bin/bash"),
    "environment.NAME": ("a=b, c", "a=b, c"),
    "nodes": ("web1, tag:db,!dr", ["web1", "tag:db", "!dr"]),
    "notes": ("one\ntwo", "one\ntwo"),
    "mail.when": ("always", "always"),
    "mail.to": ("a@example.org, b@example.org", ["a@example.org", "b@example.org"]),
    "options.timeout": ("5m", 300),
    "options.kill_after": ("90", 90),
    "options.retries": ("3", 3),
    "options.retry_delay": ("90s", 90),
    "options.retry_backoff": ("2", 2),
    "options.overlap": ("queue", "queue"),
    "options.missed": ("once", "once"),
    "options.missed_window": ("2h", 7200),
    "options.jitter": ("1d", 86_400),
    "options.success_codes": ("0, 3", [0, 3]),
    "options.on_holiday": ("next_workday", "next_workday"),
    "options.remove_when_over": ("yes", True),
    "options.nice": ("-5", -5),
    "options.umask": ("027", "027"),
    "action.command": ("echo a; echo b", "echo a; echo b"),
    "action.argv": ("rsync -a 'my files' host:", ["rsync", "-a", "my files", "host:"]),
    "action.stdin": ("x", "x"),
    "action.url": ("https://example.org/a,b", "https://example.org/a,b"),
    "action.method": ("POST", "POST"),
    "action.headers.NAME": ("text/plain", "text/plain"),
    "action.expect_status": ("200,204", [200, 204]),
    "action.credential": ("db", "db"),
    "action.to": ("a@example.org", ["a@example.org"]),
    "action.subject": ("s, t", "s, t"),
    "action.body": ("b", "b"),
}
OF_HTTP = {f"action.{name}" for name in ("url", "method", "headers.NAME", "expect_status", "credential")}
OF_EMAIL = {f"action.{name}" for name in ("to", "subject", "body")}
NEEDED = {"name", "action.url", "action.to", "action.subject", "action.command"}

SETTINGS: dict[str, tuple[str, Any]] = {
    "name": ("b", "b"),
    "log.path": ("/var/log/%Y.log", "/var/log/%Y.log"),
    "log.what": ("output", "output"),
    "log.max_bytes": ("1000", 1000),
    "log.keep": ("9", 9),
    "email.when": ("always", "always"),
    "email.after_failures": ("2", 2),
    "email.to": ("a@example.org,b@example.org", ["a@example.org", "b@example.org"]),
    "email.sender": ("c@example.org", "c@example.org"),
    "email.subject": ("${ATSN_TASK}, done", "${ATSN_TASK}, done"),
    "email.server": ("mail", "mail"),
    "email.port": ("25", 25),
    "email.security": ("tls", "tls"),
    "email.credential": ("db", "db"),
    "account.user": ("backup", "backup"),
    "account.group": ("adm", "adm"),
    "account.umask": ("0027", "0027"),
    "account.nice": ("10", 10),
    "account.login_environment": ("on", True),
    "holidays.country": ("DE", "DE"),
    "holidays.region": ("BY", "BY"),
    "holidays.dates": ("2026-12-24, 2026-12-31", ["2026-12-24", "2026-12-31"]),
    "holidays.except_dates": ("2026-05-01", ["2026-05-01"]),
    "credentials.NAME.user": ("root", "root"),
    "credentials.NAME.secret": ("s, $ecret", "s, $ecret"),
    "environment.NAME": ("v", "v"),
}


def task_for(key: str) -> Task:
    """A task whose action has that field."""
    if key in OF_HTTP:
        return build_task({"name": "a", "action.type": "http", "action.url": "http://localhost"})
    if key in OF_EMAIL:
        return build_task({"name": "a", "action.type": "email", "action.to": "x@y", "action.subject": "s"})
    return build_task({"name": "a", "command": "true"})


def at(content: Task | Settings, key: str) -> Any:
    """What stands at a dotted key."""
    found: Any = msgspec.to_builtins(content)
    for part in key.split("."):
        found = found[part]
    return list(found) if isinstance(found, tuple) else found


def test_the_samples_name_every_key() -> None:
    assert set(TASK) | set(SHORT) | {"action.type"} == set(known_keys(Task))
    assert set(SETTINGS) == set(known_keys(Settings))


@pytest.mark.parametrize("key", TASK)
def test_every_field_of_a_task_can_be_set(key: str) -> None:
    typed, value = TASK[key]
    assert at(change_task(task_for(key), {key: typed}), key) == value


@pytest.mark.parametrize("key", SETTINGS)
def test_every_field_of_the_settings_can_be_set(key: str) -> None:
    typed, value = SETTINGS[key]
    assert at(change_settings(Settings(name="a"), {key: typed}), key) == value


@pytest.mark.parametrize("short", SHORT)
def test_a_short_key_is_the_long_one(short: str) -> None:
    typed, _ = TASK[SHORT[short]]
    before = build_task({"name": "a", "command": "true"})
    assert change_task(before, {short: typed}) == change_task(before, {SHORT[short]: typed})


@pytest.mark.parametrize("key", sorted(TASK.keys() - NEEDED))
def test_null_gives_a_field_of_a_task_its_default_again(key: str) -> None:
    before = task_for(key)
    command = {"action.command": "true"} if key == "action.argv" else {}
    assert change_task(change_task(before, {key: TASK[key][0]}), {key: "null", **command}) == before


@pytest.mark.parametrize("key", sorted(SETTINGS.keys() - {"name"}))
def test_null_gives_a_field_of_the_settings_its_default_again(key: str) -> None:
    before = change_settings(Settings(name="a"), {"credentials.NAME.user": ""})
    assert change_settings(change_settings(before, {key: SETTINGS[key][0]}), {key: "null"}) == before


@pytest.mark.parametrize("key", sorted(NEEDED))
def test_what_every_task_needs_cannot_be_taken_away(key: str) -> None:
    with pytest.raises(BadInput, match=r"cannot be taken away|needs either"):
        change_task(task_for(key), {key: "null"})


def test_a_variable_and_a_credential_can_be_removed() -> None:
    task = build_task({"name": "a", "command": "true", "environment.A": "1", "environment.B": "2"})
    assert change_task(task, {"environment.A": "null"}).environment == {"B": "2"}
    settings = change_settings(Settings(name="a"), {"credentials.db.secret": "s", "credentials.x.user": "u"})
    assert set(change_settings(settings, {"credentials.db": "null"}).credentials) == {"x"}


def test_a_name_with_dots_in_it_is_one_name() -> None:
    settings = change_settings(Settings(name="a"), {"credentials.db.example.org.user": "u"})
    assert settings.credentials["db.example.org"].user == "u"
    assert not change_settings(settings, {"credentials.db.example.org": "null"}).credentials


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("2 h", 7200), ("1d", 86_400), ("null", None)],
)
def test_a_duration_is_in_seconds_or_has_a_unit(typed: str, seconds: int | None) -> None:
    assert build_task({"name": "a", "command": "true", "timeout": typed}).options.timeout == seconds


def test_an_empty_list_is_not_a_missing_one() -> None:
    before = build_task({"name": "a", "command": "true", "mail.to": "x@example.org"})
    assert change_task(before, {"mail.to": ""}).mail.to == ()
    assert change_task(before, {"mail.to": "null"}).mail.to is None


def test_a_shell_line_takes_the_place_of_a_program_and_its_arguments() -> None:
    line = build_task({"name": "a", "command": "true"})
    program = change_task(line, {"argv": "echo 'a b'"})
    assert program.action == Command(argv=("echo", "a b"))
    assert change_task(program, {"command": "true"}).action == Command(command="true")


def test_another_type_of_action_begins_anew() -> None:
    task = build_task({"name": "a", "command": "true", "timeout": "5m"})
    changed = change_task(task, {"action.url": "http://localhost", "action.type": "http"})
    assert changed.action == Http(url="http://localhost")
    assert changed.options.timeout == 300


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"timeot": "5m"}, "no task field is named 'timeot'; the nearest: timeout"),
        ({"options": "null"}, "no task field is named 'options'"),
        ({"environment": "A=b"}, "environment: 'A=b' is no JSON that fits here"),
        ({"nodes": '["a"'}, "nodes: .* is no JSON that fits here"),
        ({"name.x": "y"}, "no task field is named 'name.x'"),
        ({"": "y"}, "no task field is named ''"),
        (
            {"action.url": "http://localhost"},
            "action.url is no field of a command action: .*action.type=http",
        ),
        ({"action.type": "ftp"}, "action.type 'ftp' is none of command, email, http"),
        ({"retries": "x"}, "retries: 'x' is no whole number"),
        ({"retries": "1001"}, "options.retries: "),
        ({"timeout": "soon"}, "timeout: 'soon' is no duration: write it as 90s"),
        ({"enabled": "maybe"}, "enabled: 'maybe' is neither yes nor no"),
        ({"success_codes": "0,x"}, "success_codes: 'x' is no whole number"),
        ({"success_codes": "300"}, r"options.success_codes\[0\]: "),
        ({"argv": "echo 'a"}, "argv: .* cannot be taken apart"),
        ({"overlap": "maybe"}, "options.overlap: "),
        ({"environment.1X": "v"}, "'1X' is no variable name"),
        ({"timeout": "5m", "options.timeout": "6m"}, "timeout and options.timeout are the same field"),
        ({"notes": "a\0b"}, "NUL"),
        ({"notes": "\ud800"}, "Unicode"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(values: dict[str, str], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        change_task(build_task({"name": "a", "command": "true"}), values)


def test_a_wrong_key_of_a_group_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"no group field is named 'emial.when'; the nearest: email.when"):
        change_settings(Settings(name="a"), {"emial.when": "always"})


def test_a_task_without_a_name_cannot_be_built() -> None:
    with pytest.raises(BadInput, match="needs a name"):
        build_task({"command": "true"})
