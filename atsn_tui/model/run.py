"""Runs of tasks, and the decisions not to run them. All moments are microseconds since the epoch, UTC."""

from typing import Literal

from msgspec import Struct

Trigger = Literal["schedule", "manual", "after", "startup", "retry", "missed"]
"""What made a task run: `missed` is a due time that is made up for."""

RunState = Literal[
    "queued", "starting", "running", "ok", "failed", "timed_out", "stopped", "interrupted", "unknown"
]
"""The first three are on their way; the others are final.

`interrupted`: the machine went down or the service ended before it began; `unknown`: nobody saw how it ended.
"""

ACTIVE: frozenset[RunState] = frozenset(("queued", "starting", "running"))
"""The states of a run that has not ended."""

FAILURES: frozenset[RunState] = frozenset(("failed", "timed_out", "interrupted", "unknown"))
"""The ends that `after … on failure` waits for. A run that somebody stopped neither succeeded nor failed."""

DecisionKind = Literal[
    "disabled",
    "held",
    "holiday",
    "overlap",
    "missed",
    "selector",
    "policy",
    "standby",
    "over",
    "parallel",
    "circle",
    "invalid",
]
"""Why a task did not run. `invalid`: its schedule cannot be read on this node."""


class Run(Struct, frozen=True, kw_only=True):
    """One execution of a task, or one that waits for its turn."""

    id: str
    group_id: str
    task_id: str
    path: str
    """The task's folder and name when it began."""
    trigger: Trigger
    due: int
    """When it was to begin: the due time, or when it was asked for, or when a retry may begin."""
    who: str = ""
    """Who asked for it, if it is `manual`."""
    attempt: int = 1
    """1, and one more for each retry."""
    cause: str | None = None
    """The run that led to it: that of another task for `after`, the failed attempt for `retry`."""
    lineage: tuple[str, ...] = ()
    """The tasks whose runs led to it, the first cause first."""
    version: str = ""
    """The task's fingerprint when it began, in hex."""
    boot: str = ""
    """The id of the machine's boot under which it began."""
    state: RunState = "queued"
    started: int | None = None
    ended: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    """The signal that ended it, if one did."""
    reason: str = ""
    """How it came to its state, where that says more than the exit code."""
    stopping: str = ""
    """Why it was told to end; empty: it was not."""
    notes: tuple[str, ...] = ()
    """What else is to be told, such as processes that it left behind."""
    output_bytes: int = 0
    """How much it printed."""
    output_dropped: int = 0
    """How much of that was not kept."""
    cpu_us: int | None = None
    max_rss_kb: int | None = None

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.state in ACTIVE


class Decision(Struct, frozen=True, kw_only=True):
    """Why due times of a task did not run. Equal ones in a row are one, with a count."""

    group_id: str
    task_id: str
    path: str
    kind: DecisionKind
    text: str
    """For a person, such as `held until 2026-12-24 18:00 by ada`."""
    trigger: Trigger
    first: int
    """The earliest due time."""
    last: int
    """The latest due time."""
    at: int
    """When the last of them was decided."""
    count: int = 1
    """How many due times; the least there were, if they were too many to count."""
    exact: bool = True
    """False: there were more than `count`."""
    number: int = 0
    """Its place in the order of records; 0 before it is stored."""


class Hold(Struct, frozen=True, kw_only=True):
    """A pause on this node alone, of one task, a group (no task), or the whole node (neither)."""

    group_id: str | None = None
    task_id: str | None = None
    until: int | None = None
    """When it ends by itself; None: when it is released."""
    who: str = ""
    at: int = 0
    note: str = ""

    def active(self, now: int) -> bool:
        """Whether it still holds."""
        return self.until is None or now < self.until


class GroupHere(Struct, frozen=True, kw_only=True):
    """How a group runs on this node alone."""

    standby: bool = False
    """Kept, and replicated, but not run here."""
    max_parallel: int | None = None
    """The most runs of the group at once; None: the node's default."""


class Request(Struct, frozen=True, kw_only=True):
    """Something that a front end asks of the service."""

    id: str
    kind: str
    """`run` and `stop` are for the scheduler; others are of other parts of the service."""
    who: str
    source: str
    """From where it was asked: a front end, or a peer."""
    at: int
    group_id: str = ""
    task_id: str = ""
    run_id: str = ""
    """The run to stop; for `run`, the run that came of it, once it is done."""
    body: bytes = b""
    """Whatever else a kind needs."""
    state: Literal["waiting", "working", "done", "refused"] = "waiting"
    result: str = ""
    """For a person: what came of it, or why not."""
