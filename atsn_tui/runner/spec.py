"""A run as it is ordered, and what is told about it. Nothing in here needs to be looked up any more."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from atsn_tui.runner.places import check_run_id

MAX_OUTPUT = 64 * 1024 * 1024
"""The highest limit for the output that is kept of one run, in bytes."""

OUTPUT = 1_000_000
"""The output that is kept of one run by default, in bytes."""

Reason = Literal["ended", "timeout", "stopped", "not_started", "interrupted", "unknown"]


class RunSpec(Struct, frozen=True, kw_only=True, tag_field="op", tag="start"):
    """One run. ValueError if something in it cannot be given to a process."""

    run: str
    """The run's id. A run of the same id is started only once, whoever asks however often."""
    program: str
    """The program's path; a name without / is searched for in the PATH of `environment`."""
    argv: Annotated[tuple[str, ...], Meta(min_length=1)]
    environment: dict[str, str]
    """All of the job's environment: nothing is added."""
    directory: str
    fallback: str | None = None
    """Where it runs if `directory` cannot be entered; without it, it does not run then."""
    account: str
    """The user's name, for messages only."""
    uid: int | None = None
    """As whom it runs; None: as the service does. With `gid` and `groups` all three are set, and nothing is kept."""
    gid: int | None = None
    groups: tuple[int, ...] = ()
    umask: Annotated[int, Meta(ge=0, le=0o7777)] = 0o022
    nice: Annotated[int, Meta(ge=-20, le=19)] | None = None
    """The priority itself, not a step; None: the service's."""
    stdin: str | None = None
    """Text on standard input; None: there is nothing to read."""
    timeout: Annotated[float, Meta(gt=0)] | None = None
    """Seconds until it is ended."""
    kill_after: Annotated[float, Meta(ge=0)] = 10
    """Seconds from TERM to KILL."""
    output_limit: Annotated[int, Meta(ge=0, le=MAX_OUTPUT)] = OUTPUT
    """Bytes of output that are kept: the first half from its beginning, the rest from its end."""
    secrets: tuple[str, ...] = ()
    """Masked in the output."""
    record: str = ""
    """The run as the service wrote it down. The keeper only gives it back."""

    def __post_init__(self) -> None:
        check_run_id(self.run)
        if (self.uid is None) != (self.gid is None):
            raise ValueError("uid and gid go together: give both or none")
        words = (self.program, *self.argv, *self.environment, *self.environment.values(), self.directory)
        if any("\0" in word for word in words):
            raise ValueError("a program, argument, variable or directory holds a NUL character")


class Living(Struct, frozen=True):
    """A run that is alive."""

    run: str
    pid: int
    started_at: int
    """In µs since the epoch."""
    record: str = ""
    """As it was ordered; empty from a keeper that does not keep it."""


class Ended(Struct, frozen=True, kw_only=True):
    """How a run ended. It is told again after each reconnect until it is acknowledged."""

    run: str
    reason: Reason
    """`ended` by itself; ended by `timeout`; `stopped` on request; `not_started` (`message` says why);
    `interrupted` by the machine going down; `unknown`: it is over, but nobody saw how."""
    message: str = ""
    pid: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    """The signal that killed it, if one did; then there is no exit code."""
    started_at: int | None = None
    """In µs since the epoch, as is `ended_at`. None: not known."""
    ended_at: int | None = None
    elapsed_us: int | None = None
    """By a clock that nobody sets."""
    user_us: int = 0
    """Processor time of the main process and of those children that it waited for."""
    system_us: int = 0
    max_rss_kb: int = 0
    """The largest memory of any one of those processes; never less than what the keeper itself has."""
    output_bytes: int = 0
    """What it printed, kept or not."""
    dropped_bytes: int = 0
    """What of that was not kept."""
    notes: tuple[str, ...] = ()
    """Remarks for a person."""
    record: str = ""
    """As it was ordered; empty from a keeper that does not keep it."""


class Started(Struct, frozen=True, tag_field="op", tag="started"):
    """A run's program began. `pid` is None if it could not: then its `Ended` says why."""

    run: str
    pid: int | None
    started_at: int


class Stopping(Struct, frozen=True, tag_field="op", tag="stopping"):
    """Whether there is such a run to be stopped."""

    run: str
    found: bool


class Greeting(Struct, frozen=True):
    """What any keeper says first, whatever its version."""

    protocol: int
    version: str
    pid: int
    runs: int


class Hello(Struct, frozen=True, tag_field="op", tag="hello"):
    """All that a keeper knows when a service connects."""

    version: str
    pid: int
    living: tuple[Living, ...] = ()
    ends: tuple[Ended, ...] = ()
    """Those that nobody acknowledged, oldest first."""


class EndTold(Struct, frozen=True, tag_field="op", tag="ended"):
    """A run ended."""

    end: Ended


Message = Hello | Started | EndTold | Stopping
