"""The agenda: what repeats is one row, nothing is lost by that, and what falls together is found."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.model.dates import format_date
from atsn_tui.model.run import FAILURES, Decision, Run
from atsn_tui.node.agenda.facts import MINUTE, Facts, TaskFacts
from atsn_tui.node.agenda.past import FEW
from atsn_tui.node.agenda.timeline import timeline
from atsn_tui.node.agenda.views import AgendaRow, AgendaView
from atsn_tui.schedule import parse
from atsn_tui.schedule.minutes import minutes_between

HOUR = 60 * MINUTE
NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()) * 1_000_000
G = "g"


def a_run(task: str, minute: int, state: str = "ok", took: int = 30, **values: object) -> Run:
    """A run that began so many minutes after noon of the day before, and took so many seconds."""
    start = NOON - 24 * HOUR + minute * MINUTE
    fields = {
        "id": f"{task}-{minute}",
        "group_id": G,
        "task_id": task,
        "path": task,
        "trigger": "schedule",
        "due": start,
        "state": state,
        "started": start,
        "ended": start + took * 1_000_000,
        "exit_code": 0 if state == "ok" else 1,
    }
    return Run(**(fields | values))  # type: ignore[arg-type]


def a_task(name: str, schedule: str = "manual", **values: object) -> TaskFacts:
    after, until = (datetime.fromtimestamp(at / 1e6, UTC) for at in (NOON, NOON + 24 * HOUR))
    fields = {
        "group_id": G,
        "task_id": name,
        "path": name,
        "schedule": schedule,
        "ahead": minutes_between(parse(schedule), after, until, "UTC"),
    }
    return TaskFacts(**(fields | values))  # type: ignore[arg-type]


def seen(*runs: Run, tasks: tuple[TaskFacts, ...] = (), **values: object) -> AgendaView:
    fields = {
        "now": NOON,
        "since": NOON - 24 * HOUR,
        "until": NOON + 24 * HOUR,
        "zone": "UTC",
        "running": True,
        "group": None,
        "names": {G: "Group"},
        "runs": runs,
        "kept": 100,
        "decisions": (),
        "tasks": tasks,
    }
    return timeline(Facts(**(fields | values)))  # type: ignore[arg-type]


def clock(row: AgendaRow) -> str:
    return row.at[11:16]


def told(rows: tuple[AgendaRow, ...]) -> list[tuple[str, str, str, int]]:
    return [(clock(row), row.kind, row.task, row.count) for row in rows]


def test_a_few_runs_stand_each_at_its_time_and_many_stand_where_the_latest_failed() -> None:
    often = [a_run("often", 15 * n, "failed" if n == 40 else "ok") for n in range(96)]
    view = seen(*often, a_run("nightly", 905, took=5))
    assert told(view.past) == [("22:00", "run", "often", 96), ("03:05", "run", "nightly", 1)]
    row = view.past[0]
    assert (row.failed, row.run and row.run.state, row.first_at and row.first_at[11:16]) == (
        1,
        "failed",
        "12:00",
    )
    assert (view.ran, view.failed) == (97, 1)


def test_a_task_of_each_second_is_one_row_that_counts_them_all() -> None:
    view = seen(tasks=(a_task("tick", "* * * * * *"),))
    assert told(view.ahead) == [("12:00", "due", "tick", 86_400)]
    assert view.due == 86_400
    assert view.busiest is None


def test_a_run_under_way_is_never_folded_away() -> None:
    often = [a_run("often", n) for n in range(50)]
    view = seen(*often, a_run("often", 1439, "running", ended=None))
    assert told(view.past)[-1] == ("11:59", "run", "often", 1)


def test_a_minute_in_which_several_tasks_begin_has_a_heading_and_counts_what_is_due_often_too() -> None:
    tasks = (
        a_task("backup", "0 3 * * *"),
        a_task("vacuum", "0 3 * * *"),
        a_task("often", "*/15 * * * *"),
        a_task("alone", "7 4 * * *"),
    )
    view = seen(tasks=tasks)
    assert told(view.ahead) == [
        ("12:15", "due", "often", 96),
        ("03:00", "together", "", 3),
        ("03:00", "due", "backup", 1),
        ("03:00", "due", "vacuum", 1),
        ("04:07", "due", "alone", 1),
    ]
    assert [row.together for row in view.ahead] == [0, 0, 3, 3, 0]
    assert view.busiest is not None
    assert (view.busiest.at[11:16], view.busiest.tasks) == ("03:00", 3)


def test_what_will_not_run_says_so_and_collides_with_nothing() -> None:
    off = a_task("off", "0 3 * * *", why="disabled")
    view = seen(tasks=(a_task("backup", "0 3 * * *"), off))
    assert told(view.ahead) == [("03:00", "due", "backup", 1), ("03:00", "due", "off", 1)]
    assert [row.why for row in view.ahead] == ["", "disabled"]
    assert view.due == 1


def test_a_hold_that_ends_in_time_stands_in_the_way_only_until_then() -> None:
    held = a_task("job", "0 3,15 * * *", why="held", why_until=NOON + 10 * HOUR)
    view = seen(tasks=(held,))
    assert [(clock(row), row.why) for row in view.ahead] == [("15:00", "held"), ("03:00", "")]
    assert view.due == 1


def test_a_run_that_begins_while_another_is_under_way_says_beside_which() -> None:
    view = seen(a_run("backup", 900, took=3600), a_run("vacuum", 930), a_run("later", 961))
    assert [(row.task, row.beside, row.beside_tasks) for row in view.past] == [
        ("backup", 0, ()),
        ("vacuum", 1, ("backup",)),
        ("later", 0, ()),
    ]


def test_runs_that_begin_in_one_minute_are_together_and_not_beside_each_other() -> None:
    late = a_run("b", 900, took=600, started=NOON - 24 * HOUR + 900 * MINUTE + 20_000_000)
    rows = [row for row in seen(a_run("a", 900, took=600), late).past if row.task]
    assert [(row.together, row.beside) for row in rows] == [(2, 0), (2, 0)]


def test_the_time_to_come_is_foretold_from_how_long_the_latest_run_took() -> None:
    tasks = (a_task("backup", "0 3 * * *"), a_task("vacuum", "30 3 * * *"))
    view = seen(a_run("backup", 900, took=3600), tasks=tasks)
    assert [row.beside_tasks for row in view.ahead] == [(), ("backup",)]


def missed(task: str, first: int, last: int, at: int, **values: object) -> Decision:
    start = NOON - 24 * HOUR
    fields = {
        "group_id": G,
        "task_id": task,
        "path": task,
        "kind": "missed",
        "text": "nothing ran here then",
        "trigger": "schedule",
        "first": start + first * MINUTE,
        "last": start + last * MINUTE,
        "at": start + at * MINUTE,
        "count": 3,
    }
    return Decision(**(fields | values))  # type: ignore[arg-type]


def test_stretches_in_which_nobody_ran_what_was_due_are_one_gap() -> None:
    view = seen(decisions=(missed("a", 100, 160, 190), missed("b", 120, 180, 190)))
    gap = next(row for row in view.past if row.kind == "gap")
    assert (clock(gap), gap.last_at and gap.last_at[11:16]) == ("13:40", "15:10")
    assert [row.task for row in view.past if row.kind == "skipped"] == ["a", "b"]
    assert view.missed == 6
    assert gap.trouble


def test_a_due_time_that_was_made_up_for_tells_of_a_gap_too() -> None:
    late = a_run("a", 200, trigger="missed", due=NOON - 24 * HOUR + 100 * MINUTE)
    gaps = [row for row in seen(late).past if row.kind == "gap"]
    assert [(clock(row), row.last_at and row.last_at[11:16]) for row in gaps] == [("13:40", "15:20")]


def test_without_a_service_what_was_due_since_it_ended_did_not_run_and_the_gap_lasts() -> None:
    overdue = dict.fromkeys(range(NOON // MINUTE - 90, NOON // MINUTE, 30), (0,))
    view = seen(tasks=(a_task("a", overdue=overdue),), running=False)
    assert [(clock(row), row.kind, row.count, row.last_at) for row in view.past] == [
        ("10:30", "gap", 1, None),
        ("11:30", "skipped", 3, format_date(NOON - 30 * MINUTE)),
    ]


STATES = ("ok", "ok", "ok", "failed", "timed_out", "stopped")

some_runs = st.lists(
    st.builds(
        a_run,
        st.sampled_from("abcde"),
        st.integers(0, 1439),
        st.sampled_from(STATES),
        st.integers(1, 7200),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(some_runs)
def test_no_run_and_no_failure_is_lost_and_no_task_takes_more_than_a_few_rows(runs: list[Run]) -> None:
    view = seen(*runs)
    rows = [row for row in view.past if row.kind == "run"]
    assert sum(row.count for row in rows) == len(runs)
    assert sum(row.failed for row in rows) == sum(run.state in FAILURES for run in runs) == view.failed
    assert all(row.run is not None and row.run.state in FAILURES for row in rows if row.failed)
    per_task = Counter(row.task for row in rows)
    assert all(count <= FEW for count in per_task.values())
    assert [row.at for row in view.past] == sorted(row.at for row in view.past)


@settings(max_examples=150)
@given(some_runs)
def test_together_is_what_begins_in_one_minute_and_beside_what_still_runs_by_brute_force(
    runs: list[Run],
) -> None:
    begun = [(run.started or 0, run.ended or 0, run.task_id) for run in runs]
    for row in seen(*runs).past:
        at = int(datetime.fromisoformat(row.at).timestamp()) * 1_000_000
        minute = at // MINUTE
        tasks = {task for start, _, task in begun if start // MINUTE == minute}
        if row.kind == "together":
            assert row.count == len(tasks) > 1
        elif row.count == 1:
            assert row.together == (len(tasks) if len(tasks) > 1 else 0)
            assert row.beside == sum(start // MINUTE < minute and end > at for start, end, _ in begun)


def at_berlin(name: str, schedule: str, day: str) -> AgendaView:
    """The 24 hours from noon of the day before, UTC, for a task in Berlin."""
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00") - timedelta(days=1)
    ahead = minutes_between(parse(schedule), now, now + timedelta(days=1), "Europe/Berlin")
    at = int(now.timestamp()) * 1_000_000
    task = a_task(name, schedule, ahead=ahead)
    return seen(tasks=(task,), now=at, since=at - 24 * HOUR, until=at + 24 * HOUR, zone="Europe/Berlin")


def test_on_the_day_the_clock_goes_forward_a_job_in_the_gap_runs_once_right_after_it() -> None:
    assert told(at_berlin("backup", "30 2 * * *", "2026-03-29").ahead) == [("01:00", "due", "backup", 1)]


def test_on_the_day_the_clock_goes_back_a_fixed_job_runs_once_and_a_rhythm_in_both_passes() -> None:
    assert told(at_berlin("backup", "30 2 * * *", "2026-10-25").ahead) == [("00:30", "due", "backup", 1)]
    rhythm = at_berlin("often", "30 2-2/1 * * *", "2026-10-25").ahead
    assert told(rhythm) == [("00:30", "due", "often", 1), ("01:30", "due", "often", 1)]
    assert at_berlin("often", "0 * * * *", "2026-10-25").ahead[0].count == 24
