"""The agenda on the command line: its JSON form, and how it is laid out at 80 columns."""

import io
import time
from collections.abc import Iterator

import pytest
from rich.console import Console

from atsn_tui.cli.text.agenda import print_agenda
from tests.cli.test_docs import json_form
from tests.node.test_agenda import a_run, a_task, missed, seen
from tests.nodes import Machines

OFTEN = [a_run("often", 15 * n, "failed" if n == 40 else "ok", reason="no \x1b[31mroute") for n in range(96)]
TASKS = (
    a_task("often", "*/15 * * * *"),
    a_task("backup", "0 3 * * *"),
    a_task("vacuum", "0 3 * * *"),
    a_task("report[/b]", "0 8 * * *", why="disabled"),
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as context:
        context.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def printed(**values: object) -> str:
    out = io.StringIO()
    view = seen(
        *OFTEN, a_run("backup", 900, took=41), decisions=(missed("x", 100, 160, 190),), tasks=TASKS, **values
    )
    print_agenda(Console(file=out, width=80), view)
    return out.getvalue()


def test_it_is_whole_at_80_columns() -> None:
    text = printed()
    assert all(len(line) <= 80 for line in text.splitlines())
    for part in (
        "97 ran, 1 of them failed, 3 did not run; 98 to come",
        "no service ran until",
        "✗ failed, exit 1",
        "*/15 * * * *, 96× since",
        "1 failed; no \\x1b[31mroute",
        "── now,",
        "3 tasks begin in this minute",
        "report[/b]",
        "disabled",
    ):
        assert part in text, part
    before, _, after = text.partition("── now")
    assert "✓ ok, 41 s" in before
    assert "· due" in after


def test_without_a_service_it_says_that_nothing_will_run_and_how_to_start_one() -> None:
    assert "start it with: atsn serve" in printed(running=False)
    assert "atsn serve" not in printed()


def test_the_json_form_is_the_documented_one(make_node: Machines) -> None:
    hq = make_node("hq", listen=False)
    hq.atsn("group", "add", "ops").ok()
    hq.add_task("ops", "dump", "true", "--schedule", "every 1h")
    documented = json_form("agenda")
    form = hq.atsn("agenda", "ops", "--hours", "2", "--json").ok().json
    assert set(form) == set(documented)
    assert set(form["ahead"][0]) == set(documented["past"][0])
    assert (form["group"], form["service"], [row["task"] for row in form["ahead"]]) == (
        "ops",
        "stopped",
        ["dump"] * 2,
    )
    refused = hq.atsn("agenda", "--hours", "200", "--json")
    assert (refused.code, refused.error["code"]) == (2, "bad_input")
