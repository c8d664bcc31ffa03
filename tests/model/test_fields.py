"""What a field may hold, and what is said when it holds something else."""

from typing import Any

import msgspec
import pytest

from atsn_tui.errors import BadInput
from atsn_tui.model import codec, text
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task

TASK: dict[str, Any] = {"name": "backup", "action": {"type": "command", "command": "df"}}
SETTINGS: dict[str, Any] = {"name": "Replicated tasks"}


def made(kind: type[Task] | type[Settings], path: str, value: Any) -> Task | Settings:
    """A task or settings with one field, given by its dotted path, set to a value."""
    content: dict[str, Any] = msgspec.to_builtins(msgspec.convert(TASK if kind is Task else SETTINGS, kind))
    *parents, last = path.split(".")
    place = content
    for name in parents:
        place = place[name]
    place[last] = value
    return msgspec.convert(content, kind)


WRONG_IN_A_TASK = [
    ("name", "", "task name is empty: give it a name"),
    ("name", "  ", "task name is empty"),
    ("name", " a", "begins or ends with a blank"),
    ("name", "a\n", "begins or ends with a blank"),
    ("name", "a\nb", "holds a control character: use printable text on one line"),
    ("name", "a\x1b[31mb", "holds a control character"),
    ("name", "x" * 201, "task name has 201 characters: at most 200 are allowed"),
    ("name", "a\0b", "NUL"),
    ("name", "a\ud800", "not valid Unicode"),
    ("name", 7, r"Expected `str`, got `int` - at `\$.name`"),
    ("folder", "/a", "folder '/a' is no path: write it as databases"),
    ("folder", "a//b", "is no path"),
    ("folder", "a/ /b", "is no path"),
    ("enabled", "yes", "Expected `bool`"),
    ("action", {"type": "command"}, "needs either `command`"),
    ("action", {"type": "command", "command": " "}, "needs either `command`"),
    ("action", {"type": "command", "command": "a", "argv": ["b"]}, "needs either `command`"),
    ("action", {"type": "command", "command": "a\0"}, "command holds a NUL character"),
    ("action", {"type": "command", "command": "x" * 100_001}, "at most 100000"),
    ("action", {"type": "command", "argv": ["a", "b\0"]}, "argv holds a NUL"),
    ("action", {"type": "command", "command": "a", "stdin": "\0"}, "stdin holds a NUL"),
    ("action", {"type": "http", "url": "ftp://a"}, "must begin with http:// or https://"),
    ("action", {"type": "http", "url": "http://a", "method": "BREW"}, "Invalid enum value 'BREW'"),
    ("action", {"type": "http", "url": "http://a", "headers": {"a": "\0"}}, "http holds a NUL"),
    ("action", {"type": "email", "to": [], "subject": "a"}, "needs at least one recipient"),
    ("action", {"type": "email", "to": ["a\0"], "subject": "a"}, "email holds a NUL"),
    ("action", {"type": "carrier pigeon"}, "Invalid value 'carrier pigeon'"),
    ("action", {"type": "command", "command": "a", "cmd": "b"}, "unknown field `cmd`"),
    ("schedules", [""], "schedule is empty"),
    ("schedules", ["@daily "], "begins or ends with a blank"),
    ("schedules", ["x" * 1001], "at most 1000"),
    ("timezone", "", "timezone is empty"),
    ("start", "tomorrow", "start 'tomorrow' is no date: write it as 2026-12-24"),
    ("end", "2026-13-01", "end '2026-13-01' is no date"),
    ("run_as", "", "run_as is empty"),
    ("run_as_group", " wheel", "begins or ends with a blank"),
    ("directory", "a\nb", "control character"),
    ("shell", "", "shell is empty"),
    ("environment", {"1A": "x"}, "environment '1A' is no variable name: use letters, digits and _"),
    ("environment", {"A=B": "x"}, "is no variable name"),
    ("environment", {"A\n": "x"}, "is no variable name"),
    ("environment", {"A": "x\0"}, "environment A holds a NUL"),
    ("nodes", [""], "node is empty"),
    ("notes", "\0", "notes holds a NUL"),
    ("options.timeout", -1, ">= 0"),
    ("options.timeout", 366 * 86_400 + 1, "<= 31622400"),
    ("options.retries", 1001, "<= 1000"),
    ("options.retry_backoff", 0, ">= 1"),
    ("options.overlap", "maybe", "Invalid enum value 'maybe'"),
    ("options.success_codes", [], "success_codes is empty: name at least one exit code"),
    ("options.success_codes", [256], "<= 255"),
    ("options.nice", 20, "<= 19"),
    ("options.umask", "8", "matching regex"),
    ("options.umask", "022\n", "umask .* begins or ends with a blank"),
    ("mail.when", "sometimes", "Invalid enum value"),
    ("surprise", 1, "unknown field `surprise`"),
]

WRONG_IN_SETTINGS = [
    ("name", "", "group name is empty"),
    ("log.max_bytes", -1, ">= 0"),
    ("log.keep", 1001, "<= 1000"),
    ("log.what", "all", "Invalid enum value"),
    ("email.after_failures", 0, ">= 1"),
    ("email.port", 0, ">= 1"),
    ("email.port", 65_536, "<= 65535"),
    ("email.security", "maybe", "Invalid enum value"),
    ("account.umask", "abc", "matching regex"),
    ("account.nice", -21, ">= -20"),
    ("holidays.country", "Germany", "matching regex"),
    ("holidays.country", "DE\n", "country .* begins or ends with a blank"),
    ("holidays.dates", ["24.12."], "holiday '24.12.' is no date"),
    ("holidays.except_dates", ["x"], "holiday 'x' is no date"),
    ("credentials", {"": {}}, "credential name is empty"),
    ("credentials", {"db": {"password": "x"}}, "unknown field `password`"),
    ("environment", {"a-b": "x"}, "is no variable name"),
    ("surprise", 1, "unknown field `surprise`"),
]


@pytest.mark.parametrize(("path", "value", "why"), WRONG_IN_A_TASK)
def test_what_a_task_may_not_hold(path: str, value: Any, why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        made(Task, path, value)


@pytest.mark.parametrize(("path", "value", "why"), WRONG_IN_SETTINGS)
def test_what_settings_may_not_hold(path: str, value: Any, why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        made(Settings, path, value)


RIGHT = [
    (Task, "name", "Ünïcode ✓ / [b] $(x)"),
    (Task, "name", "x" * 200),
    (Task, "folder", "databases/nightly"),
    (Task, "schedules", ["x" * 1000]),
    (Task, "environment", {"_A1": "a\nb", "B": ""}),
    (Task, "action", {"type": "command", "command": "a\nb\tc"}),
    (Task, "action", {"type": "http", "url": "${HOOK}"}),
    (Task, "options.umask", "0022"),
    (Task, "options.timeout", 0),
    (Task, "mail.to", []),
    (Settings, "holidays.country", "DE"),
    (Settings, "holidays.dates", ["2028-02-29"]),
    (Settings, "credentials", {"db one": {"user": "root", "secret": "\n"}}),
]


@pytest.mark.parametrize(("kind", "path", "value"), RIGHT)
def test_what_may_well_be_there(kind: type[Task] | type[Settings], path: str, value: Any) -> None:
    codec.encode(made(kind, path, value))


def test_text_with_half_a_character_is_bad_input_and_no_crash() -> None:
    for broken in ({"secret": "\ud800"}, {"user": "\ud800"}):
        with pytest.raises(BadInput):
            codec.encode(made(Settings, "credentials", {"db": broken}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    ["", "x", "6F1C0D9E-3A52-4C1B-9A65-0D2F6A8B7C11", "6f1c0d9e3a524c1b9a650d2f6a8b7c11", "{6f1c0d9e}"],
)
def test_an_id_is_a_uuid_in_its_usual_form(value: str) -> None:
    with pytest.raises(ValueError, match="is no UUID: it looks like"):
        text.check_id(value)


def test_a_fresh_id_is_one_and_never_the_same() -> None:
    found = {text.new_id() for _ in range(100)}
    assert len(found) == 100
    for each in found:
        text.check_id(each)
