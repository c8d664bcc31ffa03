"""What a mail about a run says, before it is laid out as text or HTML."""

import shlex

from msgspec import Struct

from atsn_tui.mail.legible import legible, one_line
from atsn_tui.model.words import span, stamp
from atsn_tui.reports.output import Excerpt, described, excerpt
from atsn_tui.reports.run.facts import RunFacts, action_line, masked
from atsn_tui.reports.run.rule import MailRule, Reason
from atsn_tui.reports.secrets import Mask

MAX_COMMAND = 2000
"""The most of a command that a mail shows, in characters."""


class Told(Struct, frozen=True, kw_only=True):
    """The parts of the mail, without secrets. Texts may hold anything; laying out makes them safe."""

    headline: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    output_title: str
    output: Excerpt
    footer: tuple[str, ...]


def tell(facts: RunFacts, rule: MailRule, reason: Reason, mask: Mask, notes: tuple[str, ...] = ()) -> Told:
    """Put together what there is to say."""
    shown = excerpt(facts.output, mask)
    facts = masked(facts, mask)
    return Told(
        headline=_headline(facts, reason),
        rows=tuple((name, value) for name, value in _rows(facts, mask) if value),
        notes=tuple(one_line(note, 500) for note in (*facts.run.notes, *facts.notes, *notes)),
        output_title=_output_title(facts, shown),
        output=shown,
        footer=(_why(facts, rule, reason), _how_to_change(facts, rule)),
    )


def _headline(facts: RunFacts, reason: Reason) -> str:
    how = f" ({facts.exit})" if facts.exit and facts.verdict != "success" else ""
    again = ""
    if reason.kind == "recovery":
        again = f" again after {_often(reason.failures)}"
    elif facts.verdict == "failure" and facts.failures > 1:
        again = f", {facts.failures} times in a row"
    return one_line(f"{facts.task} {facts.words}{how}{again} on {facts.node}", 300)


def _often(failures: int) -> str:
    return "a failure" if failures == 1 else f"{failures} failures"


def _rows(facts: RunFacts, mask: Mask) -> list[tuple[str, str]]:
    name, action = action_line(facts.action)
    return [
        ("Task", one_line(facts.task, 300)),
        ("Group", one_line(facts.group, 300)),
        ("Node", one_line(facts.node, 300)),
        ("Result", _result(facts)),
        ("Reason", one_line(facts.run.reason, 500)),
        ("Started by", one_line(facts.trigger, 300)),
        ("Due", stamp(facts.due_at, facts.zone)),
        ("Started", "" if facts.started_at is None else stamp(facts.started_at, facts.zone)),
        ("Ended", _ended(facts)),
        ("Attempt", f"{facts.run.attempt} of {facts.attempts}" if facts.attempts > 1 else ""),
        ("As", one_line(facts.run_as, 100)),
        ("In", one_line(facts.directory, 300)),
        (name, _shortened(legible(mask(action)).strip("\n"))),
        ("Next due", "not by itself" if facts.next_due is None else stamp(facts.next_due, facts.zone)),
        ("Run", f"{facts.short_id}   atsn log {facts.short_id}"),
    ]


def _result(facts: RunFacts) -> str:
    return f"{facts.words}, {facts.exit}" if facts.exit else facts.words


def _ended(facts: RunFacts) -> str:
    if facts.ended_at is None:
        return ""
    took = "" if facts.seconds is None else f", after {span(facts.seconds)}"
    return f"{stamp(facts.ended_at, facts.zone)}{took}"


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_COMMAND else f"{text[:MAX_COMMAND]} […]"


def _output_title(facts: RunFacts, shown: Excerpt) -> str:
    if not facts.output.total:
        return "No output"
    part = "" if shown.whole else ", not all of it is shown"
    return f"Output ({described(facts.output)}{part})"


def _why(facts: RunFacts, rule: MailRule, reason: Reason) -> str:
    whose = "the task" if rule.own_when else f"the group {one_line(facts.group, 100)}"
    often = ""
    if rule.when in ("on_failure", "on_recovery") and rule.after_failures > 1:
        often = f" after {rule.after_failures} failures in a row"
    return f"Sent because {reason.text}: {whose} has the mail rule {rule.when}{often}."


def _how_to_change(facts: RunFacts, rule: MailRule) -> str:
    first, *others = (
        when for when in ("never", "always", "on_output", "on_failure", "on_recovery") if when != rule.when
    )
    if rule.own_when:
        words = ["atsn", "task", "set", f"{facts.group}/{facts.task}", f"mail.when={first}"]
    else:
        words = ["atsn", "group", "set", facts.group, f"email.when={first}"]
    command = one_line(shlex.join(words), 400)
    return f"To change that: {command}  (or {', '.join(others)})"
