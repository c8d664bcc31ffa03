"""The lines of a group's log file: one line is one entry, whatever a task is called and prints."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model.settings import Log
from atsn_tui.reports.log.lines import log_lines
from atsn_tui.reports.output import Output
from atsn_tui.reports.run.facts import RunFacts
from atsn_tui.reports.secrets import mask_for
from tests.reports.samples import MOMENT, NASTY, facts

START = re.compile(
    r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d node=\S+ task=("(?:[^"\\]|\\.)*"|\S+) run=\S+ '
)


def lines(what: Any, told: RunFacts, secrets: tuple[str, ...] = ()) -> list[str]:
    return log_lines(Log(what=what), told, mask_for(secrets), MOMENT)


def test_a_run_is_one_line() -> None:
    assert lines("runs", facts(exit_code=2)) == [
        "2026-11-22T03:00:41+01:00 node=hq task=databases/nightly-backup run=1f2e3d4c result=failed exit=2"
        ' took=41.000s output=22 by="daily at 03:00"'
    ]


def test_with_its_output_before_it() -> None:
    run = "2026-11-22T03:00:41+01:00 node=hq task=databases/nightly-backup run=1f2e3d4c"
    written = lines("output", facts())
    assert written[:2] == [f"{run} | dumping", f"{run} | no space left"]
    assert written[2].startswith(f"{run} result=failed")
    assert len(lines("output", facts(output=Output()))) == 1


def test_errors_only() -> None:
    assert lines("errors", facts(state="ok", exit_code=0)) == []
    assert lines("errors", facts(state="stopped")) == []
    for result in ("failed", "timed_out", "interrupted", "unknown"):
        assert len(lines("errors", facts(state=result))) == 1


def test_a_run_that_never_began_has_the_time_of_the_entry() -> None:
    told = facts(started=None, ended=None, exit_code=None, reason="no user x here")
    [line] = lines("runs", told)
    assert line.startswith("2026-11-22T03:00:00+01:00 ")
    assert line.endswith('result=failed output=22 by="daily at 03:00" reason="no user x here"')


def test_names_with_blanks_and_quotes_stay_one_value() -> None:
    [line] = lines("runs", facts(path='say "hi" = 1'))
    assert r'task="say \"hi\" = 1" run=' in line


def test_secrets_are_hidden() -> None:
    told = facts(reason="hunter2", output=Output(start=b"hunter2\n"))
    assert "hunter2" not in "".join(lines("output", told, ("hunter2",)))


@given(st.text(max_size=80) | st.just(NASTY), st.text(max_size=80) | st.just(NASTY), st.binary(max_size=300))
def test_nothing_can_forge_an_entry(task: str, reason: str, output: bytes) -> None:
    told = facts(path=task or "x", reason=reason, output=Output(start=output))
    written = lines("output", told)
    for line in written:
        assert START.match(line), line
        assert "\n" not in line
        assert "\r" not in line
        line.encode()
    assert sum(" | " not in START.sub("", line, 1)[:3] and "result=" in line for line in written) >= 1


@pytest.mark.parametrize("what", ["errors", "runs", "output"])
def test_an_endless_output_stays_bounded(what: str) -> None:
    told = facts(output=Output(start=b"x\n" * 3_000_000))
    assert sum(map(len, lines(what, told))) < 80 * 1_000_000
