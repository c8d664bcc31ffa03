"""Whose runs and history are shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """A task, or all of a group."""

    group_id: str
    task_id: str | None = None
