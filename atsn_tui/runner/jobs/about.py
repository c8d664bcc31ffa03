"""What a run is about, as its job and its mails are told."""

from msgspec import Struct


class About(Struct, frozen=True, kw_only=True):
    """A run of a task."""

    run_id: str
    task_id: str
    task: str
    """Folder and name."""
    group: str
    """The group's name."""
    node: str
    """This node's name."""
    trigger: str
    due: int | None = None
    """When it was due, in µs since the epoch; None: it was not due but asked for."""
