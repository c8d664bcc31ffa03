"""A plan as a person reads it: names, reasons, and the fields that differ."""

from typing import Any

import msgspec
import pytest

from atsn_tui.model import codec
from atsn_tui.model.plan import Change, Conflict, Plan
from atsn_tui.model.record import Record
from atsn_tui.model.settings import Account, Credential, Log, Settings
from atsn_tui.model.task import Command, Email, Http, Options, Task
from atsn_tui.replication.describe import conflicts, describe, fields_between
from tests.replication.world import GROUP, task_id

TASK = Task(name="backup", action=Command(command="df"))
ID = task_id("backup")


def told(before: Any, after: Any, secrets: frozenset[str] = frozenset()) -> dict[str, tuple[Any, Any]]:
    """The fields between two contents."""
    return {each.field: (each.before, each.after) for each in fields_between(before, after, secrets)}


def changed(content: Any, **values: Any) -> Any:
    """The content with other values."""
    return msgspec.structs.replace(content, **values)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, {}),
        ({"name": "x"}, {"name": ("backup", "x")}),
        ({"enabled": False}, {"enabled": (True, False)}),
        ({"schedules": ("@daily", "@hourly")}, {"schedules": ([], ["@daily", "@hourly"])}),
        ({"environment": {"A": "1"}}, {"environment.A": (None, "1")}),
        (
            {"options": Options(retries=3, timeout=60)},
            {"options.retries": (0, 3), "options.timeout": (None, 60)},
        ),
        ({"action": Command(command="ls")}, {"action.command": ("df", "ls")}),
        (
            {"action": Command(argv=("df", "-h"))},
            {"action.argv": ([], ["df", "-h"]), "action.command": ("df", "")},
        ),
        (
            {"action": Email(to=("a@b",), subject="s")},
            {
                "action.argv": ([], None),
                "action.body": (None, ""),
                "action.command": ("df", None),
                "action.subject": (None, "s"),
                "action.to": (None, ["a@b"]),
                "action.type": ("command", "email"),
            },
        ),
    ],
)
def test_only_what_differs_is_shown(values: dict[str, Any], shown: dict[str, tuple[Any, Any]]) -> None:
    assert told(TASK, changed(TASK, **values)) == shown


def test_each_variable_and_header_has_a_line_of_its_own() -> None:
    one = changed(TASK, environment={"SAME": "1", "OLD": "1", "BOTH": "1"})
    other = changed(TASK, environment={"SAME": "1", "NEW": "1", "BOTH": "2"})
    assert told(one, other) == {
        "environment.BOTH": ("1", "2"),
        "environment.NEW": (None, "1"),
        "environment.OLD": ("1", None),
    }
    call = changed(TASK, action=Http(url="http://a", headers={"x.secret": "1"}))
    recall = changed(TASK, action=Http(url="http://a", headers={"x.secret": "2"}))
    assert told(call, recall) == {"action.headers.x.secret": ("1", "2")}


def test_a_new_task_shows_what_is_not_a_default() -> None:
    assert told(None, TASK) == {"name": (None, "backup"), "action.command": (None, "df")}
    rich = changed(TASK, folder="db", enabled=False, schedules=("@daily",), options=Options(nice=5))
    assert told(None, rich) == {
        "name": (None, "backup"),
        "folder": (None, "db"),
        "enabled": (None, False),
        "schedules": (None, ["@daily"]),
        "action.command": (None, "df"),
        "options.nice": (None, 5),
    }
    call = Task(name="call", action=Http(url="http://a"))
    assert told(None, call) == {
        "name": (None, "call"),
        "action.type": (None, "http"),
        "action.url": (None, "http://a"),
    }


def test_new_settings_show_what_is_not_a_default() -> None:
    assert told(None, Settings(name="a")) == {"name": (None, "a")}
    settings = Settings(
        name="a", log=Log(path="/x"), account=Account(user="ada"), credentials={"db": Credential(user="u")}
    )
    assert told(None, settings) == {
        "name": (None, "a"),
        "log.path": (None, "/x"),
        "account.user": (None, "ada"),
        "credentials.db.user": (None, "u"),
    }


def record(content: Any, modified: int) -> Record:
    """A record of that content."""
    return codec.record(GROUP if isinstance(content, Settings) else task_id(content.name), modified, content)


def plan(*changes: Change, disputed: tuple[Conflict, ...] = ()) -> Plan:
    """A plan of those changes."""
    return Plan(GROUP, "strict", b"p", b"b", b"a", changes, disputed)


def test_changes_are_told_settings_first_then_by_name() -> None:
    new = {
        name: record(Task(name=name, folder="f" if name == "a" else "", action=Command(command="x")), 5)
        for name in "abz"
    }
    settings = record(Settings(name="zz"), 5)
    after = {each.id: each for each in (*new.values(), settings)}
    changes = [Change("add", each.id, "missing here", None, each.row) for each in new.values()]
    shown = describe(plan(*changes, Change("settings", GROUP, "missing here", None, settings.row)), {}, after)
    assert [(each.op, each.name) for each in shown] == [
        ("settings", "zz"),
        ("add", "b"),
        ("add", "f/a"),
        ("add", "z"),
    ]
    assert {each.modified_at for each in shown} == {"1970-01-01T00:00:00.000005Z"}


def test_a_deletion_tells_what_goes_and_when_it_was_last_edited() -> None:
    gone = record(changed(TASK, folder="old"), 5)
    shown = describe(plan(Change("delete", ID, "only on secondary", gone.row, None)), {ID: gone}, {})
    [view] = shown
    assert (view.op, view.name, view.why, view.modified_at, view.replaced_at) == (
        "delete",
        "old/backup",
        "only on secondary",
        None,
        "1970-01-01T00:00:00.000005Z",
    )
    lost = {field.field: field.before for field in view.fields}
    assert lost["folder"] == "old"
    assert lost["name"] == "backup"
    assert "action.command" in lost
    assert {field.after for field in view.fields} == {None}


def test_a_renamed_task_goes_by_its_new_name() -> None:
    old, new = record(TASK, 5), codec.record(ID, 6, changed(TASK, name="dump"))
    shown = describe(plan(Change("update", ID, "newer on primary", old.row, new.row)), {ID: old}, {ID: new})
    assert shown[0].name == "dump"
    assert [(each.field, each.before, each.after) for each in shown[0].fields] == [("name", "backup", "dump")]


def test_a_change_of_nothing_but_the_date_has_no_fields() -> None:
    old, new = record(TASK, 5), record(TASK, 6)
    shown = describe(plan(Change("update", ID, "newer on primary", old.row, new.row)), {ID: old}, {ID: new})
    assert shown[0].fields == ()


def test_a_conflict_tells_both_contents() -> None:
    ours, theirs = record(TASK, 5), record(changed(TASK, enabled=False), 5)
    shown = conflicts(plan(disputed=(Conflict(ID, theirs.row, ours.row),)), {ID: ours}, {ID: theirs})
    assert [(each.op, each.name, each.why) for each in shown] == [
        ("update", "backup", "same date, other content")
    ]
    assert [(each.field, each.before, each.after) for each in shown[0].fields] == [("enabled", True, False)]


def test_text_from_elsewhere_is_told_as_it_is() -> None:
    odd = Task(name="a[/b] $(x)", action=Command(command="\x1b[31m"))
    assert told(None, odd)["action.command"] == (None, "\x1b[31m")
