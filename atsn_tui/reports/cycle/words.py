"""A link's result in words."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from atsn_tui.mail.legible import legible, one_line
from atsn_tui.model.result import ChangeView, LinkResult
from atsn_tui.model.states import STANDING
from atsn_tui.model.words import plural

_SIGNS = {"add": "+", "update": "~", "settings": "~", "delete": "−"}
_MAX_NAME = 300
_MAX_VALUE = 500

_ALLOW = {
    "restored": "--allow-restored",
    "future": "--allow-future",
    "other_primary": "--allow-other-primary",
}


def state_words(link: LinkResult) -> str:
    """The state, with what was done: `applied: 1 added, 2 updated`."""
    words = STANDING[link.state].word
    if link.state == "applied" and (counted := _counted(link)):
        return f"{words}: {counted}"
    if link.state in ("differs", "held") and (count := max(link.total, len(link.changes))):
        return f"{words}: {plural(count, 'change')} {'wait' if count > 1 else 'waits'}"
    return words


def route(link: LinkResult) -> str:
    """From where to where, as in `Replicated tasks → web1`."""
    arrow = "→" if link.direction == "push" else "←"
    return f"{one_line(link.group, _MAX_NAME)} {arrow} {one_line(link.peer, _MAX_NAME)}"


def change_line(change: ChangeView) -> str:
    """One change in a line, as in `~ certs/rotate-certs  newer on primary`."""
    new = change.op == "settings" and change.why == "missing here"
    name = one_line(change.name, _MAX_NAME) + (" (settings)" if change.op == "settings" else "")
    return f"{'+' if new else _SIGNS[change.op]} {name}  {change.why}"


def value(thing: Any) -> str:
    """A field's value as a person reads it; long ones are cut."""
    text = _value(thing)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]} […]"


def errors(link: LinkResult) -> list[str]:
    """What stands in the way, the most important first."""
    told = [f"held: {one_line(brake.text, 500)}" for brake in link.brakes]
    if link.error is not None and not (link.state == "held" and told):
        told.insert(0, legible(link.error.message).strip())
    return told


def mend(link: LinkResult) -> str:
    """The command that helps further; empty where there is nothing to mend."""
    where = [link.group, "--peer", link.peer]
    commands: dict[str, list[str]] = {
        "held": ["atsn", "replicate", *where, "--yes", *_allowances(link)],
        "differs": ["atsn", "replicate", *where],
        "moved": ["atsn", "replicate", *where],
        "unreachable": ["atsn", "peer", "test", link.peer],
        "refused": ["atsn", "peer", "test", link.peer],
        "version_mismatch": ["atsn", "peer", "test", link.peer],
        "failed": ["atsn", "diff", *where],
    }
    return one_line(shlex.join(commands[link.state]), 500) if link.state in commands else ""


def _counted(link: LinkResult) -> str:
    done = link.applied
    parts = [
        f"{count:,} {word}"
        for count, word in ((done.added, "added"), (done.updated, "updated"), (done.deleted, "deleted"))
        if count
    ]
    return ", ".join([*parts, *(["settings"] if done.settings else [])])


def _allowances(link: LinkResult) -> list[str]:
    words: list[str] = []
    for brake in link.brakes:
        if option := _ALLOW.get(brake.code):
            words += [option] if option not in words else []
        elif "--allow-deletions" not in words:
            words += ["--allow-deletions", str(link.deletions)]
    return words


def _value(thing: Any) -> str:
    if thing is None or thing == "":
        return "–"
    if isinstance(thing, bool):
        return "yes" if thing else "no"
    if isinstance(thing, str):
        return legible(thing).rstrip("\n")
    if isinstance(thing, Mapping):
        return "; ".join(f"{legible(str(key))}={_value(each)}" for key, each in thing.items()) or "–"
    if isinstance(thing, Sequence):
        return "; ".join(_value(each) for each in thing) if thing else "–"
    return legible(str(thing))
