"""What there is to tell about a run."""

import shlex
from datetime import datetime, tzinfo

from msgspec import Struct, field
from msgspec.structs import replace

from atsn_tui.model.dates import to_date
from atsn_tui.model.run import FAILURES, Run, RunState
from atsn_tui.model.states import signal_name
from atsn_tui.model.task import Action, Command, Http
from atsn_tui.model.words import span
from atsn_tui.reports.output import Output
from atsn_tui.reports.run.rule import Verdict
from atsn_tui.reports.secrets import Mask

_WORDS: dict[RunState, str] = {
    "queued": "waits",
    "starting": "is starting",
    "running": "is running",
    "ok": "succeeded",
    "failed": "failed",
    "timed_out": "timed out",
    "stopped": "was stopped",
    "interrupted": "was interrupted",
    "unknown": "ended unseen",
}


class RunFacts(Struct, frozen=True, kw_only=True):
    """A run that ended, and what a mail or a log says besides."""

    run: Run
    node: str
    """The node's name."""
    group: str
    """The group's name."""
    action: Action
    zone: tzinfo
    """The zone in which times are shown."""
    schedule: str = ""
    """The schedule that made it run, as a sentence."""
    cause: str = ""
    """The path of the task whose end made it run."""
    attempts: int = 1
    """How many attempts there could be."""
    failures: int = 0
    """Failures in a row, with this run."""
    run_as: str = ""
    directory: str = ""
    next_due: datetime | None = None
    """With its zone; None: it does not run by itself."""
    output: Output = field(default_factory=Output)
    notes: tuple[str, ...] = ()
    """More that somebody should know, besides the run's own notes."""

    @property
    def task(self) -> str:
        """Folder and name of the task when it began."""
        return self.run.path

    @property
    def verdict(self) -> Verdict:
        """The result, as mail rules see it."""
        return verdict_of(self.run.state)

    @property
    def due_at(self) -> datetime:
        """When it was to begin."""
        return to_date(self.run.due)

    @property
    def started_at(self) -> datetime | None:
        """When it began, if it did."""
        return None if self.run.started is None else to_date(self.run.started)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, if that is known."""
        return None if self.run.ended is None else to_date(self.run.ended)

    @property
    def seconds(self) -> float | None:
        """How long it ran."""
        if self.run.started is None or self.run.ended is None:
            return None
        return (self.run.ended - self.run.started) / 1_000_000

    @property
    def words(self) -> str:
        """The result in words, as in `timed out`."""
        if self.run.state == "failed" and self.run.started is None:
            return "could not start"
        return _WORDS[self.run.state]

    @property
    def signal(self) -> str:
        """The name of the signal that ended it, as in SIGKILL; empty if none did."""
        number = self.run.signal
        if number is None:
            return ""
        return signal_name(number)

    @property
    def exit(self) -> str:
        """How the program ended, as in `exit 2` or `SIGKILL`; empty if it never ran or is no program."""
        if self.signal:
            return self.signal
        return "" if self.run.exit_code is None else f"exit {self.run.exit_code}"

    @property
    def trigger(self) -> str:
        """What made it run, in words."""
        how = {
            "schedule": self.schedule or "its schedule",
            "manual": f"by hand, {self.run.who}" if self.run.who else "by hand",
            "after": f"after {self.cause}" if self.cause else "the end of another task",
            "startup": "the start of the service",
            "retry": "the failed attempt before",
            "missed": "a due time that was missed",
        }
        return how[self.run.trigger]

    @property
    def short_id(self) -> str:
        """The beginning of the run's id, as commands take it."""
        return self.run.id[:8]


def verdict_of(state: RunState) -> Verdict:
    """How a run that ended counts for mail rules."""
    if state in FAILURES:
        return "failure"
    return "success" if state == "ok" else "stopped"


def masked(facts: RunFacts, mask: Mask) -> RunFacts:
    """The same facts without secrets in their texts; action and output are masked where they are shown."""
    run = facts.run
    return replace(
        facts,
        run=replace(
            run,
            path=mask(run.path),
            who=mask(run.who),
            reason=mask(run.reason),
            notes=tuple(map(mask, run.notes)),
        ),
        node=mask(facts.node),
        group=mask(facts.group),
        schedule=mask(facts.schedule),
        cause=mask(facts.cause),
        run_as=mask(facts.run_as),
        directory=mask(facts.directory),
        notes=tuple(map(mask, facts.notes)),
    )


def action_line(action: Action) -> tuple[str, str]:
    """What an action is called, and what it does: `("Command", "/usr/local/bin/backup --all")`."""
    if isinstance(action, Command):
        return "Command", shlex.join(action.argv) if action.argv else action.command
    if isinstance(action, Http):
        return "Request", f"{action.method} {action.url}"
    return "Email", f"to {', '.join(action.to)}: {action.subject}"


NAMES = tuple(
    f"ATSN_{name}"
    for name in (
        "NODE", "GROUP", "TASK", "RUN", "RESULT", "EXIT", "SIGNAL", "REASON", "TRIGGER", "DURATION", "ATTEMPT",
        "FAILURES", "DUE", "STARTED", "ENDED", "NEXT",
    )
)  # fmt: skip
"""What `variables` defines."""


def variables(facts: RunFacts) -> dict[str, str]:
    """The ATSN_… variables that a subject may use."""
    run = facts.run
    return {
        "ATSN_NODE": facts.node,
        "ATSN_GROUP": facts.group,
        "ATSN_TASK": facts.task,
        "ATSN_RUN": facts.short_id,
        "ATSN_RESULT": facts.words,
        "ATSN_EXIT": "" if run.exit_code is None else str(run.exit_code),
        "ATSN_SIGNAL": facts.signal,
        "ATSN_REASON": run.reason,
        "ATSN_TRIGGER": facts.trigger,
        "ATSN_DURATION": "" if facts.seconds is None else span(facts.seconds),
        "ATSN_ATTEMPT": str(run.attempt),
        "ATSN_FAILURES": str(facts.failures),
        "ATSN_DUE": _iso(facts.due_at, facts.zone),
        "ATSN_STARTED": _iso(facts.started_at, facts.zone),
        "ATSN_ENDED": _iso(facts.ended_at, facts.zone),
        "ATSN_NEXT": _iso(facts.next_due, facts.zone),
    }


def _iso(moment: datetime | None, zone: tzinfo) -> str:
    return "" if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")
