"""The lines of a group's log file: one for each run, and its output where that is wanted.

2026-11-22T03:00:41+01:00 node=hq task=databases/nightly-backup run=1f2e3d4c result=failed exit=2 took=41s
"""

import json
from datetime import datetime

from atsn_tui.mail.legible import one_line
from atsn_tui.model.settings import Log
from atsn_tui.reports.output import Output, excerpt
from atsn_tui.reports.run.facts import RunFacts, masked
from atsn_tui.reports.secrets import Mask

MAX_OUTPUT = 1_000_000
"""The most of one run's output that goes into the log file, in characters."""

_LONGEST_VALUE = 500


def log_lines(log: Log, facts: RunFacts, mask: Mask, now: datetime) -> list[str]:
    """What the group's log file gets about a run that ended, without line ends; `now` is for runs that never began.

    `errors`: failed runs only; `runs`: every run; `output`: every run, and before it what it wrote.
    """
    if log.what == "errors" and facts.verdict != "failure":
        return []
    output = facts.output
    facts = masked(facts, mask)
    moment = (facts.ended_at or now).astimezone(facts.zone).isoformat(timespec="seconds")
    run = f"{moment} {_pairs([('node', facts.node), ('task', facts.task), ('run', facts.short_id)])}"
    written = _output_lines(run, output, mask) if log.what == "output" else []
    return [*written, f"{run} {_pairs(_results(facts))}"]


def _output_lines(run: str, output: Output, mask: Mask) -> list[str]:
    text = excerpt(output, mask, MAX_OUTPUT).text
    return [f"{run} | {line}" for line in text.removesuffix("\n").split("\n")] if text else []


def _results(facts: RunFacts) -> list[tuple[str, str]]:
    run = facts.run
    return [
        ("result", run.state),
        ("exit", "" if run.exit_code is None else str(run.exit_code)),
        ("signal", facts.signal),
        ("attempt", f"{run.attempt}/{facts.attempts}" if facts.attempts > 1 else ""),
        ("took", "" if facts.seconds is None else f"{facts.seconds:.3f}s"),
        ("output", str(facts.output.total)),
        ("by", facts.trigger),
        ("reason", run.reason),
    ]


def _pairs(pairs: list[tuple[str, str]]) -> str:
    return " ".join(f"{name}={_value(text)}" for name, text in pairs if text)


def _value(text: str) -> str:
    """The text as it is if it is one plain word, else in quotes with escapes as in JSON."""
    line = one_line(text, _LONGEST_VALUE)
    if line and line.isprintable() and not set(line) & set(' "=\\|'):
        return line
    return json.dumps(line, ensure_ascii=False)
