"""What came, or would come, of taking lines over from cron and of giving them back."""

from typing import Literal

from msgspec import Struct

from atsn_tui.node.files.views import CrontabImport


class TakenLine(Struct, frozen=True, kw_only=True):
    """A line of a crontab that changes hands."""

    line: int
    """Its number, from 1."""
    text: str
    """As cron reads it."""
    task: str
    """Group, folder and name of its task; empty if that is gone."""
    task_id: str
    """Or the beginning of it, if the task is gone."""
    notes: tuple[str, ...] = ()
    """What a person should know about it."""


class LeftLine(Struct, frozen=True, kw_only=True):
    """A line that stays as it is."""

    line: int
    text: str
    why: str


class TakeOverView(Struct, frozen=True, kw_only=True):
    """What became of one crontab."""

    source: str
    imported: CrontabImport
    taken: tuple[TakenLine, ...] = ()
    already: tuple[TakenLine, ...] = ()
    """They were taken over before."""
    left: tuple[LeftLine, ...] = ()
    """These stay as they are, and cron goes on running what it ran of them."""
    backup: str | None = None
    """The crontab as it was before; None: it was not changed."""
    unsure: bool = False
    """The change took so long that the due times of a minute may have been run by neither or by both."""
    dry_run: bool = False


class GiveBackView(Struct, frozen=True, kw_only=True):
    """What became of one crontab."""

    source: str
    given: tuple[TakenLine, ...] = ()
    left: tuple[LeftLine, ...] = ()
    backup: str | None = None
    unsure: bool = False
    dry_run: bool = False


class DoubleRun(Struct, frozen=True, kw_only=True):
    """An enabled task that cron on this machine runs too."""

    task: str
    """Group, folder and name."""
    task_id: str
    also_in: str
    """The crontab."""


class RunByNobody(Struct, frozen=True, kw_only=True):
    """A line that was taken over, and whose task does not run any more."""

    source: str
    line: int
    text: str
    why: str


class Recovered(Struct, frozen=True):
    """An interrupted change that was finished, or undone where nothing had been changed yet."""

    action: Literal["take", "give"]
    source: str
    lines: int
    """How many lines have changed hands."""
