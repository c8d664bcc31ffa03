"""What a running scheduler tells of, for whoever shows it."""

from msgspec import Struct

from atsn_tui.model.run import Decision, Run


class RunQueued(Struct, frozen=True):
    """A run waits for its turn or its time."""

    run: Run


class RunStarted(Struct, frozen=True):
    """A run began."""

    run: Run


class RunEnded(Struct, frozen=True):
    """A run is over; its record says how."""

    run: Run


class NotRun(Struct, frozen=True):
    """Due times did not run. The record of it may count them to earlier ones."""

    decision: Decision


class ClockSet(Struct, frozen=True):
    """The clock was put back."""

    by: int
    """How far, in µs."""


SchedulerEvent = RunQueued | RunStarted | RunEnded | NotRun | ClockSet
