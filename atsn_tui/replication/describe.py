"""A plan as a person reads it: names, reasons and fields. Secrets never stand in it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from atsn_tui.model import codec, dates
from atsn_tui.model.plan import Change, Conflict, Plan
from atsn_tui.model.record import Record
from atsn_tui.model.result import ChangeView, FieldChange
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task

Content = Task | Settings

HIDDEN = "hidden"


def describe(
    plan: Plan, before: Mapping[str, Record], after: Mapping[str, Record], secrets: Iterable[str] = ()
) -> tuple[ChangeView, ...]:
    """Every change of a plan, settings first, then by name; `secrets` are the credentials whose secret would change."""
    changed = frozenset(secrets)
    shown = [_change(plan, change, before, after, changed) for change in plan.changes]
    return tuple(sorted(shown, key=lambda view: (view.op != "settings", view.name, view.task_id)))


def conflicts(
    plan: Plan, secondary: Mapping[str, Record], primary: Mapping[str, Record]
) -> tuple[ChangeView, ...]:
    """What easy mode leaves alone because both sides changed it at the same moment."""
    return tuple(_conflict(plan, conflict, secondary, primary) for conflict in plan.conflicts)


def fields_between(
    before: Content | None, after: Content | None, secrets: frozenset[str]
) -> tuple[FieldChange, ...]:
    """The fields that differ, dotted, in the order of their names.

    A new task shows what is not a default, and so does one that is deleted, with nothing after it.
    """
    content = after if after is not None else before
    if content is None:
        return ()
    old, new = _flat(before, after, content), _flat(after, before, content)
    shown = [
        FieldChange(
            field=name,
            before=None if before is None else old.get(name),
            after=None if after is None else new.get(name),
        )
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    for name in sorted(secrets):
        had, has = _secret(before, name), _secret(after, name)
        shown.append(FieldChange(field=f"credentials.{name}.secret", before=had, after=has and "changed"))
    return tuple(shown)


def _change(
    plan: Plan,
    change: Change,
    before: Mapping[str, Record],
    after: Mapping[str, Record],
    secrets: frozenset[str],
) -> ChangeView:
    old, new = _content(plan, before.get(change.id)), _content(plan, after.get(change.id))
    return ChangeView(
        op=change.op,
        task_id=change.id,
        name=_name(new or old, change.id),
        why=change.why,
        modified_at=None if change.after is None else dates.format_date(change.after.modified),
        replaced_at=None if change.before is None else dates.format_date(change.before.modified),
        fields=fields_between(old, new, secrets if change.op == "settings" else frozenset()),
    )


def _conflict(
    plan: Plan, conflict: Conflict, secondary: Mapping[str, Record], primary: Mapping[str, Record]
) -> ChangeView:
    old, new = _content(plan, secondary.get(conflict.id)), _content(plan, primary.get(conflict.id))
    return ChangeView(
        op="settings" if conflict.id == plan.group_id else "update",
        task_id=conflict.id,
        name=_name(new or old, conflict.id),
        why="same date, other content",
        modified_at=dates.format_date(conflict.primary.modified),
        fields=fields_between(old, new, _unlike_secrets(old, new)),
    )


def _unlike_secrets(old: Content | None, new: Content | None) -> frozenset[str]:
    """The credentials whose secrets are known here and differ."""
    if not isinstance(old, Settings) or not isinstance(new, Settings):
        return frozenset()
    both = old.credentials.keys() & new.credentials.keys()
    pairs = {name: (old.credentials[name].secret, new.credentials[name].secret) for name in both}
    return frozenset(name for name, pair in pairs.items() if None not in pair and pair[0] != pair[1])


def _content(plan: Plan, record: Record | None) -> Content | None:
    if record is None:
        return None
    return (
        codec.decode_settings(record.body) if record.id == plan.group_id else codec.decode_task(record.body)
    )


def _name(content: Content | None, identity: str) -> str:
    if content is None:
        return identity
    return content.path if isinstance(content, Task) else content.name


def _secret(content: Content | None, name: str) -> str | None:
    if not isinstance(content, Settings) or name not in content.credentials:
        return None
    return HIDDEN


def _flat(content: Content | None, other: Content | None, like: Content) -> dict[str, Any]:
    """The dotted fields of the parts in which a content differs from the other one; None has the defaults."""
    found: dict[str, Any] = {}
    for name, default in _defaults(type(like)).items():
        mine = default if content is None else getattr(content, name)
        others = default if other is None else getattr(other, name)
        if mine == others:
            continue
        if name == "credentials" and mine is not msgspec.NODEFAULT:
            mine = {key: {"user": entry.user} for key, entry in mine.items()}
        if mine is not msgspec.NODEFAULT:
            _walk(name, msgspec.to_builtins(mine), found)
        elif name == "action":
            kind: type[msgspec.Struct] = type(others)
            _walk(name, _plain_action(kind), found)
    return found


@cache
def _defaults(kind: type[Content]) -> dict[str, Any]:
    """The values of the fields of a new record of which nothing was said; NODEFAULT where something must be."""
    return {item.name: _default(item) for item in msgspec.structs.fields(kind)}


@cache
def _plain_action(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """What an action of that kind need not show: its defaults, and that it is a command."""
    plain = {item.name: _default(item) for item in msgspec.structs.fields(kind)}
    shown = {name: value for name, value in plain.items() if value is not msgspec.NODEFAULT}
    return shown | ({"type": "command"} if kind is Command else {})


def _default(item: msgspec.structs.FieldInfo) -> Any:
    return item.default if item.default_factory is msgspec.NODEFAULT else item.default_factory()


def _walk(prefix: str, value: Any, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _walk(f"{prefix}.{key}", inner, found)
    else:
        found[prefix] = list(value) if isinstance(value, tuple) else value
