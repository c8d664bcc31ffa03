"""When a run is worth a mail. Pure: the same runs always make the same mails."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from atsn_tui.model.settings import Mail
from atsn_tui.model.task import TaskMail

Verdict = Literal["success", "failure", "stopped"]
"""How a run ended. `stopped`: a person or a newer run ended it; that says nothing about the task."""

When = Literal["never", "always", "on_output", "on_failure", "on_recovery"]


class MailRule(Struct, frozen=True, kw_only=True):
    """When mail about a task is sent, and to whom."""

    when: When
    after_failures: int = 1
    """Failures in a row from which on `on_failure` and `on_recovery` count."""
    to: tuple[str, ...] = ()
    """Empty: nobody, so no mail."""
    own_when: bool = False
    """Whether the task says itself when; else its group does."""

    @property
    def asks(self) -> bool:
        """Whether any run at all makes a mail."""
        return self.when != "never" and bool(self.to)


class Reason(Struct, frozen=True):
    """Why a mail is sent."""

    kind: Literal["always", "output", "failure", "recovery"]
    failures: int = 0
    """Failures in a row: with this run, or before the recovery."""

    @property
    def text(self) -> str:
        """The reason as the end of a sentence, as in `the run failed`."""
        if self.kind == "always":
            return "every run is reported"
        if self.kind == "output":
            return "the run wrote something"
        often = "" if self.failures == 1 else f" {self.failures} times in a row"
        if self.kind == "failure":
            return f"the task failed{often}"
        return f"the task succeeded again after it had failed{often}"


def rule_of(group: Mail, task: TaskMail) -> MailRule:
    """The rule for a task: its own, and what it leaves open as its group has it."""
    return MailRule(
        when=group.when if task.when is None else task.when,
        after_failures=group.after_failures,
        to=group.to if task.to is None else task.to,
        own_when=task.when is not None,
    )


def decide(rule: MailRule, history: Sequence[Verdict], result: Verdict, has_output: bool) -> Reason | None:
    """Why a run that just ended makes a mail; None: it makes none.

    `history` is how the runs before ended, oldest first, at least as far back as the last success or the last
    `after_failures` failures. Attempts within one run do not count by themselves. Whatever explains why a run could
    not even start counts as output.

    - `never`, or nobody in `to`: no mail.
    - `always`: every run.
    - `on_output`: every run that wrote something, however it ended, as cron does.
    - `on_failure`: every failure, from the `after_failures`th in a row on.
    - `on_recovery`: the first success after at least `after_failures` failures in a row.
    """
    if not rule.asks:
        return None
    if rule.when == "always":
        return Reason("always")
    if rule.when == "on_output":
        return Reason("output") if has_output else None
    before = failures_in_row(history)
    if rule.when == "on_failure" and result == "failure" and before + 1 >= rule.after_failures:
        return Reason("failure", before + 1)
    if rule.when == "on_recovery" and result == "success" and before >= rule.after_failures:
        return Reason("recovery", before)
    return None


def failures_in_row(history: Sequence[Verdict]) -> int:
    """The failures since the last success. Runs that were stopped neither count nor interrupt the row."""
    count = 0
    for verdict in reversed(history):
        if verdict == "success":
            break
        count += verdict == "failure"
    return count
