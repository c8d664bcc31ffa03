"""What the agenda says of a row, in the words of command line and console alike."""

from collections.abc import Callable
from datetime import datetime

from atsn_tui.model.words import plural, span
from atsn_tui.node.agenda.views import AgendaRow, AgendaView

Said = Callable[[str], str]
"""An RFC 3339 moment as a person reads it."""


def heading(row: AgendaRow, say: Said) -> str:
    """A row that is about no task: a minute in which several begin, or a stretch without service."""
    if row.kind == "together":
        return f"{plural(row.count, 'task')} begin in this minute"
    if row.last_at is None:
        return "no service has run since: what is due does not run"
    length = datetime.fromisoformat(row.last_at) - datetime.fromisoformat(row.at)
    return f"{row.why} until {say(row.last_at)}, {span(length.total_seconds())}"


def remark(row: AgendaRow, say: Said) -> str:
    """What else there is to say of a row about a task: how often, what failed, why not, and what runs beside it."""
    return "; ".join(part for part in (_often(row, say), row.why, _beside(row)) if part)


def _often(row: AgendaRow, say: Said) -> str:
    if row.count == 1:
        return ""
    least = "" if row.exact else "at least "
    parts = [row.schedule] if row.schedule else []
    if row.kind == "due" and row.last_at:
        return ", ".join([*parts, f"{row.count:,}× until {say(row.last_at)}"])
    parts.append(f"{least}{row.count:,}×" + (f" since {say(row.first_at)}" if row.first_at else ""))
    if row.kind == "run":
        parts.append(f"{row.failed:,} failed" if row.failed else "none failed")
    return ", ".join(parts)


def _beside(row: AgendaRow) -> str:
    if not row.beside:
        return ""
    if row.beside > len(row.beside_tasks):
        who, many = f"{row.beside:,} others", True
    else:
        who, many = " and ".join(row.beside_tasks), len(row.beside_tasks) > 1
    ran = "ran" if row.kind == "run" else "run" if many else "runs"
    return f"while {who} {ran}"


def summary(view: AgendaView, say: Said) -> str:
    """The agenda in one line: `96 ran, 2 of them failed, 3 did not run; 120 to come, busiest 03:00 with 5 tasks`."""
    past = [f"{view.ran:,} ran"]
    if view.failed:
        past.append(f"{view.failed:,} of them failed")
    if view.missed:
        past.append(f"{view.missed:,} did not run")
    ahead = [f"{view.due:,} to come"]
    if view.busiest is not None:
        ahead.append(f"most at {say(view.busiest.at)}: {plural(view.busiest.tasks, 'task')}")
    return f"{', '.join(past)}; {', '.join(ahead)}"
