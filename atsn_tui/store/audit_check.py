"""Verifying the audit log: the chain of its rows, and that they attest everything that the history holds."""

import json
import sqlite3
from collections.abc import Iterator

from msgspec import Struct

from atsn_tui.store import audit, history
from atsn_tui.store.audit import Head

_Commit = tuple[str, int]
"""A group's id and a sequence."""


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is not as it was written."""

    number: int | None
    """The entry of the log; None: it is about what has no entry."""
    text: str


class Checked(Struct, frozen=True, kw_only=True):
    """What a verification came to."""

    entries: int
    first: int
    """The number of the oldest entry that is kept."""
    head: Head
    problems: tuple[Problem, ...]


def check(db: sqlite3.Connection, kept: Head | None = None) -> Checked:
    """Verify the whole log; `kept` is the head that somebody wrote down elsewhere, which must be in it."""
    walk = _Walk(db, kept)
    problems = [*walk.problems(), *walk.gaps()]
    return Checked(entries=walk.entries, first=walk.first, head=audit.head(db), problems=tuple(problems))


class _Walk:
    """Once along the log, from the oldest entry to the newest."""

    def __init__(self, db: sqlite3.Connection, kept: Head | None) -> None:
        self._db = db
        self._kept = kept
        self._base = audit.base(db)
        self._attested: dict[_Commit, tuple[int, bytes]] = {}
        self.entries = 0
        self.first = self._base.number + 1

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the entries themselves."""
        last, kept = self._base, self._kept
        sworn = kept if kept is not None and kept.number == self._base.number else None
        pruned: Head | None = None
        found = self._db.execute(audit.SELECT + " ORDER BY number")
        for *values, digest in found:
            row, number = tuple(values), int(values[0])
            self.entries += 1
            if number != last.number + 1:
                yield Problem(number=number, text=_missing(last.number + 1, number - 1))
            elif audit.link(last.hash, row) != digest:
                yield Problem(number=number, text=_broken(last.number, self._base.number))
            last = Head(number, digest)
            if kept is not None and kept.number == number:
                sworn = last
            event = dict(zip(audit.COLUMNS, row, strict=True))
            if event["action"] == "audit.prune":
                pruned = _head(event["after"])
            self._follow(event)
        if self._base.number and pruned != self._base:
            text = (
                f"the log begins after entry {self._base.number}, but no entry says that the rest was pruned"
            )
            yield Problem(number=None, text=text)
        if kept is not None and sworn != kept:
            yield Problem(number=kept.number, text=_not_kept(kept, last))

    def gaps(self) -> Iterator[Problem]:
        """What the history holds and the log does not attest, or the other way round."""
        there: dict[_Commit, bytes] = {}
        newest: dict[str, int] = {}
        for group_id, seq, content in history.contents(self._db):
            there[group_id, seq] = content
            newest[group_id] = max(seq, newest.get(group_id, 0))
        for commit, (number, content) in self._attested.items():
            if commit not in there:
                yield Problem(number=number, text=f"its {_named(commit)} is missing in the history")
            elif there[commit] != content:
                yield Problem(
                    number=number, text=f"its {_named(commit)} in the history was changed afterwards"
                )
        for commit in sorted(there.keys() - self._attested.keys()):
            # Pruning leaves the newest commit of each group, which its next one goes on from.
            if not self._left_by_pruning(commit):
                text = f"{_named(commit)} is in the history, but in no entry of the log: the log was cut off or changed"
                yield Problem(number=None, text=text)
        yield from self._heads(newest)

    def _left_by_pruning(self, commit: _Commit) -> bool:
        group_id, seq = commit
        return bool(self._base.number) and all(
            seq < other[1] for other in self._attested if other[0] == group_id
        )

    def _heads(self, newest: dict[str, int]) -> Iterator[Problem]:
        found = self._db.execute(
            "SELECT g.id, g.name, g.sequence, h.digest IS g.digest FROM groups g"
            " LEFT JOIN history h ON h.group_id = g.id AND h.seq = g.sequence"
        )
        for group_id, name, sequence, same in found:
            if newest.get(group_id, 0) != sequence or not same:
                text = f"group {name!r} is at change {sequence}, which is not what its history ends with"
                yield Problem(number=None, text=text)

    def _follow(self, event: dict[str, object]) -> None:
        """Remember what an entry attests. A group that takes another id takes its commits along."""
        if event["action"] == "group.adopt":
            try:
                old, told = json.loads(str(event["before"]))["id"], json.loads(str(event["after"]))
                new, shift = str(told["id"]), int(told["shift"])
            except (ValueError, KeyError, TypeError):
                return  # it was tampered with, and the chain says so
            for group_id, seq in [commit for commit in self._attested if commit[0] == old]:
                self._attested[new, seq + shift] = self._attested.pop((group_id, seq))
        if isinstance(event["seq"], int) and isinstance(event["content"], bytes):
            commit = (str(event["group_id"]), event["seq"])
            self._attested[commit] = (int(str(event["number"])), event["content"])


def _missing(first: int, last: int) -> str:
    if last < first:
        return "it stands where another entry should: entries were put in or exchanged"
    which = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return f"{which} missing before it"


def _broken(before: int, base: int) -> str:
    if before == base:
        return "it is not as it was written, or not the entry that belongs at the beginning"
    return f"it is not as it was written, or does not belong after entry {before}"


def _not_kept(kept: Head, last: Head) -> str:
    if kept.number > last.number:
        return f"the log ends with entry {last.number}, and had {kept.number}: its end was cut off"
    return (
        "its hash is not the one that was kept: the log up to here was written anew, or it is of another node"
    )


def _head(text: object) -> Head | None:
    try:
        told = json.loads(str(text))
        return Head(int(told["number"]), bytes.fromhex(told["hash"]))
    except (ValueError, KeyError, TypeError):
        return None


def _named(commit: _Commit) -> str:
    return f"change {commit[1]} of group {commit[0]}"
