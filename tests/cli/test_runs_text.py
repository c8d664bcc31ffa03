"""How runs are laid out: at 80 columns, in a pipe, and what foreign bytes look like."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from atsn_tui.cli.following import exit_code
from atsn_tui.cli.text.moments import clock
from atsn_tui.cli.text.rows import Row, print_rows
from atsn_tui.cli.text.runs import folded, in_order, print_folded, print_runs, short
from atsn_tui.cli.text.visible import Visible, last_lines
from atsn_tui.node.runs.views import DecisionView, RunView

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"one\ntwo\n", "one\ntwo\n"),
        (b"a\tb", "a\tb"),
        (b"dos\r\nline", "dos\nline"),
        (b" 1%\r 2%\n", " 1%\\r 2%\n"),
        (b"\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("grün ✓".encode(), "grün ✓"),
        (b"\xff\xc3(", "\\xff\\xc3("),
        ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
        (b"\x00", "\\x00"),
    ],
)
def test_foreign_bytes_are_legible_and_harmless_however_they_are_cut(data: bytes, text: str) -> None:
    whole = Visible()
    assert whole(data, end=True) == text
    for cut in range(len(data) + 1):
        pieces = Visible()
        assert pieces(data[:cut]) + pieces(data[cut:]) + pieces(b"", end=True) == text


@pytest.mark.parametrize(
    ("data", "count", "last"),
    [
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"a\r1\nb\r2\n", 1, b"b\r2\n"),
        (b"a\n", 5, b"a\n"),
        (b"a\nb", 0, b""),
        (b"", 3, b""),
    ],
)
def test_the_last_lines_are_counted_by_line_feeds(data: bytes, count: int, last: bytes) -> None:
    assert last_lines(data, count) == last


def test_a_time_is_as_short_as_it_can_be_without_doubt() -> None:
    local = NOON.astimezone()
    assert clock(local.isoformat(), local) == local.strftime("%H:%M:%S")
    week = local - timedelta(days=7)
    assert clock(week.isoformat(), local) == week.strftime("%m-%d %H:%M")
    year = local - timedelta(days=365)
    assert clock(year.isoformat(), local) == year.strftime("%Y-%m-%d")


def run(number: int = 1, minutes: int = 0, **fields: object) -> RunView:
    began = (NOON + timedelta(minutes=minutes)).isoformat()
    usual: dict[str, object] = {
        "id": f"{number:08x}-0000-4000-8000-000000000000", "group": "ops", "group_id": "g", "task": "backup",
        "task_id": "t", "trigger": "schedule", "state": "ok", "due_at": began, "started_at": began,
        "ended_at": began, "duration_ms": 41_000, "exit_code": 0,
    }  # fmt: skip
    return RunView(**{**usual, **fields})  # type: ignore[arg-type]


def decision(minutes: int = 0, **fields: object) -> DecisionView:
    due = (NOON + timedelta(minutes=minutes)).isoformat()
    usual: dict[str, object] = {
        "group": "ops", "group_id": "g", "task": "backup", "task_id": "t", "kind": "held", "text": "it is held",
        "trigger": "schedule", "first_at": due, "last_at": due, "count": 1,
    }  # fmt: skip
    return DecisionView(**{**usual, **fields})  # type: ignore[arg-type]


def test_runs_and_decisions_are_merged_latest_first_and_no_more_than_asked_for() -> None:
    runs = [run(2, minutes=10), run(1, minutes=0, started_at=None)]
    skipped = [decision(minutes=20), decision(minutes=5)]
    merged = in_order(runs, skipped, 3)
    assert merged == [skipped[0], runs[0], skipped[1]]


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (run(), "✓ ok, after 41 s"),
        (run(state="failed", exit_code=2, reason="it exited with 2"), "✗ failed, exit 2, after 41 s"),
        (run(state="failed", exit_code=None, signal=9, reason="it was ended by SIGKILL"),
         "✗ failed, SIGKILL, after 41 s"),
        (run(state="failed", exit_code=None, signal=63), "✗ failed, signal 63, after 41 s"),
        (run(state="failed", exit_code=1, reason="the disk is full"), "✗ failed, exit 1, after 41 s: the disk is full"),
        (run(state="failed", started_at=None, duration_ms=None, exit_code=None, reason="no user x"),
         "✗ could not start: no user x"),
        (run(state="running", ended_at=None, exit_code=None, duration_ms=400), "▸ running, for 0.4 s"),
        (run(state="queued", started_at=None, ended_at=None, duration_ms=None, exit_code=None, reason="no room"),
         "▸ waits: no room"),
        (run(notes=("it left a process behind",)), "✓ ok, after 41 s: it left a process behind"),
    ],
)  # fmt: skip
def test_a_run_in_a_few_words(view: RunView, words: str) -> None:
    assert short(view) == words


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (run(exit_code=3), 0),
        (run(state="failed", exit_code=255), 255),
        (run(state="failed", exit_code=0), 1),
        (run(state="failed", exit_code=None, signal=11), 139),
        (run(state="failed", exit_code=None), 1),
        (run(state="failed", exit_code=None, started_at=None), 125),
        (run(state="timed_out", exit_code=None, signal=9), 124),
        (run(state="stopped", exit_code=0), 143),
        (run(state="stopped", exit_code=None, started_at=None), 125),
        (run(state="interrupted"), 125),
        (run(state="unknown"), 125),
    ],
)
def test_the_exit_code_of_a_run_is_never_0_unless_it_succeeded(view: RunView, code: int) -> None:
    assert exit_code(view) == code


def shown(width: int, rows: list[Row], columns: tuple[str, ...] = ("WHEN", "TASK", "EXIT")) -> list[str]:
    stream = io.StringIO()
    print_rows(Console(file=stream, width=width, highlight=False), columns, rows, elastic="TASK")
    lines = stream.getvalue().removesuffix("\n").split("\n")
    assert all(len(line) <= width for line in lines)
    return [line.rstrip() for line in lines]


def test_remarks_stand_beside_their_rows_where_all_fit() -> None:
    rows = [Row(("12:00", "backup", "2"), "it is [b]full"), Row(("11:00", "b", ""))]
    assert shown(60, rows) == [
        "WHEN   TASK    EXIT  WHY",
        "12:00  backup  2     it is [b]full",
        "11:00  b",
    ]


def test_else_they_stand_below_them() -> None:
    rows = [
        Row(("12:00", "backup", "2"), "the disk is full, and so is the other one"),
        Row(("11:00", "b", "")),
    ]
    assert shown(50, rows) == [
        "WHEN   TASK    EXIT",
        "12:00  backup  2",
        "       the disk is full, and so is the other one",
        "11:00  b",
    ]


def test_a_name_is_folded_or_goes_below_where_there_is_no_room_for_it() -> None:
    rows = [Row(("12:00", "x" * 40, "2"), "full")]
    assert shown(45, rows) == [
        "WHEN   TASK" + " " * 30 + "EXIT",
        "12:00  " + "x" * 32 + "  2",
        "       xxxxxxxx",
        "       full",
    ]
    assert shown(30, rows) == [
        "WHEN   EXIT",
        "12:00  2",
        "       " + "x" * 23,
        "       " + "x" * 17,
        "       full",
    ]


def test_a_column_that_is_empty_is_left_out() -> None:
    assert shown(60, [Row(("12:00", "backup", ""))]) == ["WHEN   TASK", "12:00  backup"]


def test_in_a_pipe_each_run_is_one_line() -> None:
    stream = io.StringIO()
    long = run(task="n" * 150, state="failed", exit_code=1, reason="r" * 150)
    print_runs(Console(file=stream, width=100_000), [long, decision(text="t" * 150)], of="node")
    _, first, second = stream.getvalue().splitlines()
    assert "ops/" + "n" * 150 in first
    assert first.rstrip().endswith("r" * 150)
    assert second.rstrip().endswith("t" * 150)


def test_what_needs_no_telling_is_not_told() -> None:
    def heading(of: str) -> str:
        stream = io.StringIO()
        print_runs(Console(file=stream, width=100), [run()], of=of)  # type: ignore[arg-type]
        return stream.getvalue()

    assert "ops/backup" in heading("node")
    assert "ops/" not in heading("group")
    assert "backup" not in heading("task")


def test_due_times_of_disabled_tasks_are_counted_and_not_listed() -> None:
    def decision(kind: str, task: str, count: int) -> DecisionView:
        moment = NOON.isoformat()
        return DecisionView(
            group="ops", group_id="g", task=task, task_id=task, kind=kind,  # type: ignore[arg-type]
            text="x", trigger="schedule", first_at=moment, last_at=moment, count=count,
        )  # fmt: skip

    kept, off = folded(
        [decision("disabled", "a", 40), decision("held", "b", 1), decision("disabled", "c", 2)]
    )
    assert [each.kind for each in kept] == ["held"]
    page = io.StringIO()
    print_folded(Console(file=page, width=200), off)
    expected = "– 42 due times of 2 disabled tasks left out; to see them: atsn runs --skipped"
    assert page.getvalue().strip() == expected
    page = io.StringIO()
    print_folded(Console(file=page), [])
    assert page.getvalue() == ""
