"""Snapshots: a whole group as one JSON file, to be read, kept in git, edited and imported."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

import msgspec
from msgspec import Struct

from atsn_tui.errors import BadFile, BadInput
from atsn_tui.formats.snapshot_file import FORMAT, VERSION, OmittedSecret, SnapshotFile, SnapshotSettings
from atsn_tui.model.choices import with_choices
from atsn_tui.model.codec import encode
from atsn_tui.model.dates import NEWEST, OLDEST, format_date, parse_date
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.model.task import Task

_Content = TypeVar("_Content", Task, Settings)
_TASK_PLACE = re.compile(r"tasks\[(?P<position>[0-9]+)\]")
_OMITTED = {"omitted": True}
_STEERING = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows as it is, but a terminal that the file is shown on may obey; it is written as an escape."""


class TaskEntry(NamedTuple):
    """A task with its id and its modification date in microseconds."""

    id: str
    modified: int
    task: Task


class Snapshot(Struct, frozen=True, kw_only=True):
    """A group as a snapshot holds it. Dates are microseconds since 1970-01-01 UTC."""

    group_id: str
    replicated: bool
    settings: Settings
    settings_modified: int
    tasks: tuple[TaskEntry, ...] = ()
    omitted: tuple[str, ...] = ()
    """Names of credentials whose secret was left out; in `settings` they have none."""


def dump(snapshot: Snapshot, *, secrets: bool = False) -> str:
    """The file's text: the same content gives the same text. Secrets are left out unless asked for."""
    settings = msgspec.to_builtins(snapshot.settings)
    for name, credential in settings["credentials"].items():
        hide = credential["secret"] is not None and not secrets
        if hide or name in snapshot.omitted:
            credential["secret"] = _OMITTED
    document = {
        "format": FORMAT,
        "version": VERSION,
        "group": {"id": snapshot.group_id, "replicated": snapshot.replicated},
        "settings": settings | {"modified_at": format_date(snapshot.settings_modified)},
        "tasks": [
            msgspec.to_builtins(entry.task) | {"id": entry.id, "modified_at": format_date(entry.modified)}
            for entry in sorted(snapshot.tasks, key=_order)
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def load(data: bytes) -> Snapshot:
    """Read a snapshot; fields that have defaults may be missing. The tasks are put in their order.

    BadFile names the place of whatever is wrong.
    """
    document = _read_json(data)
    _check_header(document)
    try:
        file = msgspec.convert(document, SnapshotFile)
    except msgspec.ValidationError as error:
        raise _bad(document, error) from error
    _check_ids(file)
    settings = _checked(_settings(file.settings), "settings")
    tasks = [
        TaskEntry(
            entry.id,
            _date(f"tasks[{position}]", entry.modified_at),
            _checked(_plain(entry, Task), f"tasks[{position}]"),
        )
        for position, entry in enumerate(file.tasks)
    ]
    return Snapshot(
        group_id=file.group.id,
        replicated=file.group.replicated,
        settings=settings,
        settings_modified=_date("settings", file.settings.modified_at),
        tasks=tuple(sorted(tasks, key=_order)),
        omitted=tuple(
            sorted(
                name
                for name, credential in file.settings.credentials.items()
                if isinstance(credential.secret, OmittedSecret)
            )
        ),
    )


def _date(place: str, text: str) -> int:
    micros = parse_date(text)
    if not OLDEST <= micros <= NEWEST:
        raise BadFile(f"{place}: {text} is no date that a change could have: write the years 1 to 9999")
    return micros


def _order(entry: TaskEntry) -> tuple[str, str, str]:
    return entry.task.folder, entry.task.name, entry.id


def _read_json(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadFile(f"line {line} is not UTF-8 text: save the snapshot as UTF-8") from error
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadFile(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise BadFile("not a snapshot: its JSON is nested too deeply") from error
    except ValueError as error:
        raise BadFile(f"not a snapshot: {error}") from error


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise BadFile(f"the field {twice[0]!r} stands twice in one object: remove one of them")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise BadFile(f"{name} is no JSON number")


def _check_header(document: Any) -> None:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise BadFile(f'not a snapshot: it has no "format": "{FORMAT}" at its top')
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise BadFile(f"version: this is snapshot version {version!r}, this program reads version {VERSION}")


def _bad(document: Any, error: msgspec.ValidationError) -> BadFile:
    what, _, place = with_choices(str(error), SnapshotFile).partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    match = _TASK_PLACE.match(place)
    if match:
        entry = document["tasks"][int(match["position"])]
        name = entry.get("name") if isinstance(entry, Mapping) else None
        place += f" ({name!r})" if isinstance(name, str) else ""
    return BadFile(f"{place}: {what}" if place else what)


def _check_ids(file: SnapshotFile) -> None:
    seen = {file.group.id: "group.id"}
    for position, entry in enumerate(file.tasks):
        place = f"tasks[{position}]"
        if entry.id in seen:
            raise BadFile(f"{place} ({entry.name!r}): the id {entry.id} is also that of {seen[entry.id]}")
        seen[entry.id] = place


def _settings(entry: SnapshotSettings) -> Settings:
    credentials = {
        name: Credential(
            user=credential.user, secret=credential.secret if isinstance(credential.secret, str) else None
        )
        for name, credential in entry.credentials.items()
    }
    return msgspec.structs.replace(_plain(entry, Settings), credentials=credentials)


def _plain(entry: Task | Settings, kind: type[_Content]) -> _Content:
    """The model's own type, without what the file keeps beside it."""
    return kind(**{name: getattr(entry, name) for name in kind.__struct_fields__})


def _checked(content: _Content, place: str) -> _Content:
    """The content as it is stored; BadFile if it cannot be, because of its size or a broken character."""
    try:
        encode(content)
    except BadInput as error:
        raise BadFile(f"{place} ({content.name!r}): {error}") from error
    return content
