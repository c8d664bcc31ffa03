"""Lines of a crontab that a node has taken over: comments that hold the line, byte for byte.

    #atsn 1f2e3d4c 9a8b7c6d# 0 3 * * * /usr/bin/backup

names the node and the task by the beginnings of their ids. Nothing else in the file is touched.
"""

import re
from collections.abc import Collection, Mapping

from msgspec import Struct

SHORT = 8
"""So many characters of an id stand in a mark."""

_MARKED = re.compile(
    rb"#atsn (?P<node>[0-9a-f]{8}) (?P<task>[0-9a-f]{8})# (?P<text>.*)",
    re.DOTALL,
)


class Marked(Struct, frozen=True, kw_only=True):
    """A line that was taken over."""

    line: int
    """Counted from 1."""
    node: str
    """The beginning of the node's id."""
    task: str
    """The beginning of the task's id."""
    text: bytes
    """What stands behind the mark: the line as cron would read it."""


def short(identity: str) -> str:
    """The part of a node's or a task's id that stands in a mark."""
    return identity[:SHORT]


def marked(data: bytes) -> list[Marked]:
    """The lines that nodes have taken over, in their order, whichever nodes those are."""
    found: list[Marked] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        mark = _read(line)
        if mark is not None:
            node, task = mark["node"].decode(), mark["task"].decode()
            found.append(Marked(line=number, node=node, task=task, text=mark["text"]))
    return found


def take(data: bytes, node_id: str, tasks: Mapping[int, str]) -> bytes:
    """The crontab with those lines taken over; `tasks` holds the id of the task for each line's number."""
    lines = data.split(b"\n")
    for number, task_id in tasks.items():
        mark = f"#atsn {short(node_id)} {short(task_id)}# ".encode()
        lines[number - 1] = mark + lines[number - 1]
    return b"\n".join(lines)


def give(data: bytes, numbers: Collection[int]) -> bytes:
    """The crontab with those lines as they were before they were taken over."""
    lines = data.split(b"\n")
    for number in numbers:
        mark = _read(lines[number - 1])
        if mark is None:
            raise ValueError(f"line {number} was not taken over")
        lines[number - 1] = mark["text"]
    return b"\n".join(lines)


def as_before(data: bytes, node_id: str) -> bytes:
    """The crontab as it would be if that node gave everything back. Line numbers stay."""
    return give(data, [each.line for each in marked(data) if each.node == short(node_id)])


def _read(line: bytes) -> "re.Match[bytes] | None":
    return _MARKED.fullmatch(line)
