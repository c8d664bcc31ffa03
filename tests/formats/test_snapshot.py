"""Snapshots: one text for one content, and errors that name their place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadFile
from atsn_tui.formats.snapshot import Snapshot, TaskEntry, dump, load
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.model.task import Command, Options, Task
from tests.strategies import dates, few_examples, ids, settings, tasks

GROUP = "11111111-1111-4111-8111-111111111111"
FIRST, SECOND = "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"
NOON = 1_795_348_800_000_001

MINIMAL: dict[str, Any] = {
    "format": "atsn-snapshot",
    "version": 1,
    "group": {"id": GROUP},
    "settings": {"name": "g", "modified_at": "2026-11-22T12:00:00.000001Z"},
    "tasks": [
        {
            "id": FIRST,
            "name": "t",
            "action": {"type": "command", "command": "true"},
            "modified_at": "2026-11-22T13:00:00.000001+01:00",
        }
    ],
}


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    identities = draw(st.lists(ids(), min_size=1, max_size=4, unique=True))
    entries = [TaskEntry(identity, draw(dates()), draw(tasks())) for identity in identities[1:]]
    return Snapshot(
        group_id=identities[0],
        replicated=draw(st.booleans()),
        settings=draw(settings()),
        settings_modified=draw(dates()),
        tasks=tuple(sorted(entries, key=lambda entry: (entry.task.folder, entry.task.name, entry.id))),
    )


def _file(**changes: Any) -> bytes:
    return json.dumps(MINIMAL | changes).encode()


def _task(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (MINIMAL["tasks"][0] | changes).items() if value != "absent"}


def _settings(**changes: Any) -> dict[str, Any]:
    return MINIMAL["settings"] | changes


@few_examples
@given(snapshots())
def test_what_is_dumped_with_secrets_is_loaded_the_same(snapshot: Snapshot) -> None:
    assert load(dump(snapshot, secrets=True).encode()) == snapshot


@few_examples
@given(snapshots())
def test_without_secrets_only_the_secrets_are_missing_and_named(snapshot: Snapshot) -> None:
    loaded = load(dump(snapshot).encode())
    secret = {
        name for name, credential in snapshot.settings.credentials.items() if credential.secret is not None
    }
    assert set(loaded.omitted) == secret
    assert loaded.tasks == snapshot.tasks
    for name, credential in loaded.settings.credentials.items():
        assert credential == Credential(user=snapshot.settings.credentials[name].user, secret=None)
    assert dump(loaded) == dump(snapshot)


@few_examples
@given(snapshots(), st.randoms())
def test_the_text_depends_on_the_content_only(snapshot: Snapshot, random: Any) -> None:
    entries = list(snapshot.tasks)
    random.shuffle(entries)
    shuffled = Snapshot(
        group_id=snapshot.group_id,
        replicated=snapshot.replicated,
        settings=snapshot.settings,
        settings_modified=snapshot.settings_modified,
        tasks=tuple(entries),
    )
    assert dump(shuffled) == dump(snapshot)


def test_the_form_of_the_file() -> None:
    snapshot = Snapshot(
        group_id=GROUP,
        replicated=True,
        settings=Settings(
            name="Überwachung",
            credentials={"open": Credential(user="u"), "smtp": Credential(user="u", secret="geheim")},
        ),
        settings_modified=NOON,
        tasks=(
            TaskEntry(SECOND, NOON, Task(name="b", action=Command(command="b"))),
            TaskEntry(FIRST, NOON, Task(name="a", folder="x", action=Command(command="a"))),
        ),
    )
    text = dump(snapshot)
    document = json.loads(text)
    assert text == json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    assert {key: document[key] for key in ("format", "version", "group")} == {
        "format": "atsn-snapshot",
        "version": 1,
        "group": {"id": GROUP, "replicated": True},
    }
    assert set(document) == {"format", "version", "group", "settings", "tasks"}
    assert "Überwachung" in text
    assert document["settings"]["modified_at"] == "2026-11-22T12:00:00.000001Z"
    assert document["settings"]["credentials"] == {
        "open": {"user": "u", "secret": None},
        "smtp": {"user": "u", "secret": {"omitted": True}},
    }
    assert [task["id"] for task in document["tasks"]] == [SECOND, FIRST]
    assert set(document["tasks"][0]) == {*Task.__struct_fields__, "id", "modified_at"}
    assert document["tasks"][0]["action"] == {"type": "command", "command": "b", "argv": [], "stdin": None}
    assert '"secret": "geheim"' in dump(snapshot, secrets=True)


def test_fields_with_defaults_may_be_missing() -> None:
    assert load(_file()) == Snapshot(
        group_id=GROUP,
        replicated=True,
        settings=Settings(name="g"),
        settings_modified=NOON,
        tasks=(TaskEntry(FIRST, NOON, Task(name="t", action=Command(command="true"))),),
    )
    assert load(_file(tasks=[])).tasks == ()


def test_a_byte_order_mark_does_no_harm() -> None:
    assert load(b"\xef\xbb\xbf" + _file()) == load(_file())


def test_hand_written_tasks_are_put_in_order() -> None:
    data = _file(tasks=[_task(id=FIRST, name="z"), _task(id=SECOND, name="a")])
    assert [entry.task.name for entry in load(data).tasks] == ["a", "z"]


WRONG: list[tuple[bytes, str]] = [
    (b"", "line 1, column 1: not JSON"),
    (b'{\n "format": oops}', "line 2, column 12: not JSON"),
    (b'{"a": 1}\n\xff', "line 2 is not UTF-8"),
    (b"[]", 'no "format": "atsn-snapshot"'),
    (b"{}", 'no "format": "atsn-snapshot"'),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a": NaN}', "NaN is no JSON number"),
    (b'{"a": ' + b"9" * 10_000 + b"}", "not a snapshot"),
    (b'{"format": "x", "format": "y"}', "the field 'format' stands twice"),
    (_file(format="other"), 'no "format": "atsn-snapshot"'),
    (_file(version=2), "snapshot version 2, this program reads version 1"),
    (_file(version=None), "snapshot version None"),
    (_file(version=True), "snapshot version True"),
    (_file(extra=1), "unknown field `extra`"),
    (_file(group={"id": "x"}), "group: id 'x' is no UUID"),
    (_file(group={"id": GROUP.upper()[:-1] + "F"}), "is no UUID"),
    (_file(group={}), "group: Object missing required field `id`"),
    (_file(settings={"name": "g"}), "settings: Object missing required field `modified_at`"),
    (_file(settings=_settings(name=" ")), "settings: group name is empty"),
    (_file(settings=_settings(modified_at="yesterday")), "settings: 'yesterday' is no date"),
    (_file(settings=_settings(modified_at="2026-11-22T12:00:00")), "has no time zone"),
    (_file(settings=_settings(log={"keep": -1})), "settings.log.keep: "),
    (
        _file(settings=_settings(credentials={"a": {"secret": {"omitted": False}}})),
        'write {"omitted": true}',
    ),
    (_file(settings=_settings(credentials={"a": {"secret": 7}})), "secret: Expected"),
    (_file(tasks=[_task(id="nope")]), "tasks[0] ('t'): id 'nope' is no UUID"),
    (_file(tasks=[_task(id="absent")]), "tasks[0] ('t'): Object missing required field `id`"),
    (_file(tasks=[_task(name="absent")]), "tasks[0]: Object missing required field `name`"),
    (_file(tasks=[_task(action="absent")]), "tasks[0] ('t'): Object missing required field `action`"),
    (_file(tasks=[_task(modified_at="absent")]), "tasks[0] ('t'): Object missing required field"),
    (_file(tasks=[_task(modified_at="x")]), "tasks[0] ('t'): 'x' is no date"),
    (_file(tasks=[_task(action={"type": "dance"})]), "tasks[0].action.type ('t'): Invalid value 'dance'"),
    (_file(tasks=[_task(action={"type": "command"})]), "tasks[0].action ('t'): a command action needs"),
    (_file(tasks=[_task(schedules=["a", 5])]), "tasks[0].schedules[1] ('t'): Expected `str`, got `int`"),
    (_file(tasks=[_task(options={"retries": 1.5})]), "tasks[0].options.retries ('t')"),
    (_file(tasks=[_task(colour="red")]), "tasks[0] ('t'): Object contains unknown field `colour`"),
    (_file(tasks=[_task(), _task(id=SECOND), _task(name="u")]), "tasks[2] ('u'): the id"),
    (_file(tasks=[_task(id=GROUP)]), f"the id {GROUP} is also that of group.id"),
    (_file(tasks=[_task(run_as="\ud800")]), "tasks[0] ('t'): run_as is not valid Unicode"),
    (_file(settings=_settings(account={"user": "\ud800"})), "settings ('g'): "),
    (
        _file(tasks=[_task(environment={f"A{n}": "x" * 99_999 for n in range(11)})]),
        "tasks[0] ('t'): 't' takes",
    ),
]


@pytest.mark.parametrize(("data", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_named_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(BadFile) as caught:
        load(data)
    assert message in caught.value.message


@given(
    st.binary()
    | st.recursive(st.none() | st.booleans() | st.text() | st.integers(), st.lists)
    .map(json.dumps)
    .map(str.encode)
)
def test_other_files_are_bad_files(data: bytes) -> None:
    with pytest.raises(BadFile):
        load(data)


def test_options_at_their_limits_are_kept() -> None:
    loaded = load(_file(tasks=[_task(options={"retries": 1000, "success_codes": [0, 255]})]))
    assert loaded.tasks[0].task.options == Options(retries=1000, success_codes=(0, 255))
