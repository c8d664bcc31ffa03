"""What an import did, or would do: plain data for a screen or for JSON."""

from typing import Literal

from msgspec import Struct

from atsn_tui.model.result import LinkResult


class RejectedLine(Struct, frozen=True, kw_only=True):
    """A line of a crontab that cron would not run either."""

    line: int
    text: str
    why: str


class ImportedLine(Struct, frozen=True, kw_only=True):
    """A job of a crontab, or one that was there before, and the task that it belongs to."""

    task: str
    """Folder and name."""
    line: int
    schedule: str
    command: str
    user: str | None = None
    """Whom it runs as; None: the group's account."""
    fields: tuple[str, ...] = ()
    """What changed, for a task that was updated."""


class CrontabImport(Struct, frozen=True, kw_only=True):
    """What an import of a crontab did, or would do."""

    group: str
    group_id: str | None
    """None: the group would be made."""
    source: str
    format: Literal["crontab", "system-crontab"]
    enabled: bool
    added: tuple[ImportedLine, ...] = ()
    updated: tuple[ImportedLine, ...] = ()
    unchanged: tuple[ImportedLine, ...] = ()
    vanished: tuple[ImportedLine, ...] = ()
    """Their line is gone from the file; the tasks are kept."""
    deleted_here: tuple[ImportedLine, ...] = ()
    """Their task was deleted here, so they are left out."""
    rejected: tuple[RejectedLine, ...] = ()
    ids: dict[int, str] = {}
    """The id of each line's task, by the line's number, for all but vanished lines. Made up in a dry run."""
    dry_run: bool = False


class SnapshotImport(Struct, frozen=True, kw_only=True):
    """What an import of a snapshot did, or would do."""

    group: str
    group_id: str
    result: LinkResult
    """As for a pull whose primary is the file."""
    omitted: tuple[str, ...] = ()
    """Credentials whose secret neither the file nor this node has."""
    dry_run: bool = False
