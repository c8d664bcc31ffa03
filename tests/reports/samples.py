"""Runs and cycles for the tests, of which any part may be given."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from atsn_tui.model.result import Applied, CycleReport, ErrorView, LinkResult
from atsn_tui.model.run import Run
from atsn_tui.model.task import Command
from atsn_tui.reports.output import Output
from atsn_tui.reports.run.facts import RunFacts

MOMENT = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NASTY = (
    "<b>&\"'</b>\r\nBcc: x@y.z\n\x1b[2J\0\u202e\ud800 [/b] ${HOME} $(id) </script><script>alert(1)</script>"
)
"""Whatever a name, a command or an output may hold at worst."""


def micros(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)


def facts(**changes: Any) -> RunFacts:
    """A run that failed; fields of the run and of what is told besides may be given."""
    run: dict[str, Any] = {
        "id": "1f2e3d4c-5b6a-4798-8a7b-6c5d4e3f2a1b",
        "group_id": "g1",
        "task_id": "t1",
        "path": "databases/nightly-backup",
        "trigger": "schedule",
        "due": micros(MOMENT),
        "state": "failed",
        "exit_code": 2,
        "started": micros(MOMENT),
        "ended": micros(MOMENT + timedelta(seconds=41)),
    }
    given: dict[str, Any] = {
        "node": "hq",
        "group": "Replicated tasks",
        "action": Command(command="/usr/local/bin/backup --all"),
        "zone": BERLIN,
        "schedule": "daily at 03:00",
        "failures": 1,
        "run_as": "backup",
        "next_due": MOMENT + timedelta(days=1),
        "output": Output(start=b"dumping\nno space left\n"),
    }
    for key, value in changes.items():
        (given if key in RunFacts.__struct_fields__ else run)[key] = value
    return RunFacts(run=Run(**run), **given)


def link(peer: str = "web1", state: str = "in_sync", **changes: Any) -> LinkResult:
    given: dict[str, Any] = {
        "group": "Replicated tasks",
        "group_id": "g1",
        "peer": peer,
        "direction": "push",
        "mode": "strict",
        "state": state,
        "link_id": f"link to {peer}",
        "applied": Applied(updated=1) if state == "applied" else Applied(),
        "error": ErrorView(code=state, message=f"{peer} has trouble")
        if state in ("unreachable", "refused", "failed", "held", "moved", "version_mismatch")
        else None,
    }
    return LinkResult(**{**given, **changes})


def cycle(*links: LinkResult, **changes: Any) -> CycleReport:
    given: dict[str, Any] = {
        "id": "c1",
        "trigger": "schedule",
        "started_at": "2026-11-22T02:00:00.000000Z",
        "ended_at": "2026-11-22T02:00:02.100000Z",
        "links": links,
    }
    return CycleReport(**{**given, **changes})
