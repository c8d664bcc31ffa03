"""The rules that the scheduler is made of, each for itself."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model.dates import SECOND
from atsn_tui.model.run import Run
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.runner.scheduling.agenda import Agenda
from atsn_tui.runner.scheduling.executor import Ended
from atsn_tui.runner.scheduling.outcome import outcome, retry_at
from atsn_tui.runner.scheduling.overdue import MOST, PROMPT, Missed, Verdict, judge, passed
from atsn_tui.runner.scheduling.progress import MOST as MOST_STRETCHES
from atsn_tui.runner.scheduling.progress import Stretches, cursor, handle, handled_until
from atsn_tui.runner.scheduling.timing import changes_timing
from atsn_tui.store.instants import Stretch

HOUR = 3600 * SECOND


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=40), st.integers(1, 7))
def test_what_was_handled_stays_handled(steps: list[tuple[int, bool]], period: int) -> None:
    """A task is due at each multiple of `period`; the clock goes where it wants, and leaps where it is told."""
    stretches: Stretches = ()
    handled: set[int] = set()
    for now, apart in steps:
        position = cursor(stretches, 0, now)
        due = (position // period + 1) * period
        while (until := handled_until(stretches, due)) is not None:
            assert due in handled
            due = (until // period + 1) * period
        if due > now:
            continue
        if apart:
            due = now // period * period
            if handled_until(stretches, due) is not None:
                continue
        assert due not in handled
        stretches = handle(stretches, due, apart=apart)
        handled.add(due)
        assert all(handled_until(stretches, each) is not None for each in handled)
        assert list(stretches) == sorted(stretches)
        assert all(first.until < second.since for first, second in itertools.pairwise(stretches))


def test_one_stretch_grows_while_the_clock_only_goes_on() -> None:
    stretches: Stretches = ()
    for due in range(10, 1000, 10):
        stretches = handle(stretches, due)
    assert stretches == (Stretch(9, 990),)
    assert [handled_until(stretches, due) for due in (9, 10, 990, 991)] == [None, 990, 990, None]


def test_a_leap_begins_another_stretch_and_what_lies_between_is_still_to_come() -> None:
    stretches = handle(handle((), 10), 1000, apart=True)
    assert stretches == (Stretch(9, 10), Stretch(999, 1000))
    assert cursor(stretches, 0, 1000) == 1000
    assert cursor(stretches, 0, 500) == 10
    assert handle(stretches, 999) == (Stretch(9, 1000),)
    assert handle(stretches, 1000) == stretches


def test_an_edit_counts_if_it_is_later_and_not_in_the_future() -> None:
    stretches = (Stretch(5, 10),)
    assert [cursor(stretches, edited, 20) for edited in (3, 15, 99)] == [10, 15, 20]
    assert cursor((), 15, 20) == 15
    assert cursor((), 99, 20) == 20


def test_stretches_are_limited() -> None:
    stretches: Stretches = ()
    for due in range(0, 100_000, 1000):
        stretches = handle(stretches, due, apart=True)
    assert len(stretches) == MOST_STRETCHES
    assert stretches[-1].until == 99_000


def every(period: int) -> object:
    return lambda after: (after // period + 1) * period


@given(st.integers(1, 50), st.integers(0, 100_000))
def test_the_first_and_the_latest_that_passed_are_always_found(period: int, until: int) -> None:
    period, until = period * SECOND, until * SECOND
    first = period
    if until < first:
        return
    found, exact = passed(first, until, every(period))  # type: ignore[arg-type]
    number = (until - first) // period + 1
    last = until // period * period
    assert (found[0], found[-1]) == (first, last)
    assert exact == (number <= MOST)
    assert (len(found) == number) if exact else (MOST < len(found) <= MOST + 8)
    prompt = [due for due in range(first, last + 1, period) if due >= until - PROMPT][-20:]
    if len(prompt) < number:
        prompt.insert(0, prompt[0] - period if prompt else last)
    assert found[-len(prompt) :] == prompt


def test_a_schedule_that_ends_is_found_to_its_end() -> None:
    def few(after: int) -> int | None:
        return next((due for due in (10, 20, 30) if due > after), None)

    assert passed(10, 10**18, few) == ([10, 20, 30], True)


NOW = 1000 * HOUR


def late(due: int) -> int:
    return NOW - due


@pytest.mark.parametrize(
    ("ages", "missed", "expected"),
    [
        ((1,), "skip", ((1,), None, None)),
        ((3, 2, 1), "skip", ((3, 2, 1), None, None)),
        ((59,), "skip", ((59,), None, None)),
        ((61,), "skip", ((), None, (61, 61, 1))),
        ((59, 58), "skip", ((58,), None, (59, 59, 1))),
        ((59, 2, 1), "skip", ((2, 1), None, (59, 59, 1))),
        ((300, 200, 100), "skip", ((), None, (300, 100, 3))),
        ((300, 200, 100), "once", ((), 100, (300, 200, 2))),
        ((300, 200, 50), "once", ((50,), None, (300, 200, 2))),
        ((100,), "once", ((), 100, None)),
        ((4000, 3700), "once", ((), None, (4000, 3700, 2))),
    ],
)
def test_what_becomes_of_what_passed(
    ages: tuple[int, ...],
    missed: str,
    expected: tuple[tuple[int, ...], int | None, tuple[int, int, int] | None],
) -> None:
    def due(age: int) -> int:
        return NOW - age * SECOND

    prompt, made_up, rest = expected
    assert judge(list(map(due, ages)), True, late, missed, HOUR) == Verdict(  # type: ignore[arg-type]
        tuple(map(due, prompt)),
        None if made_up is None else due(made_up),
        None if rest is None else Missed(due(rest[0]), due(rest[1]), rest[2], True),
    )


def test_what_is_later_than_its_window_is_not_run_as_if_it_were_nearly_on_time() -> None:
    def verdict(window: int) -> Verdict:
        return judge([0], True, lambda due: 9 * SECOND - due, "once", window)

    assert verdict(3 * SECOND) == Verdict((), None, Missed(0, 0, 1, True))
    assert verdict(9 * SECOND).prompt == (0,)


def a_run(**fields: object) -> Run:
    return Run(id="r", group_id="g", task_id="t", path="p", trigger="schedule", due=0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "fields", "expected"),
    [
        ("ended", {"exit_code": 0}, ("ok", "")),
        ("ended", {"exit_code": 2}, ("failed", "it exited with 2")),
        ("ended", {"signal": 9}, ("failed", "it was ended by SIGKILL")),
        ("ended", {"signal": 64}, ("failed", "it was ended by SIGRTMAX")),
        ("ended", {"signal": 99}, ("failed", "it was ended by signal 99")),
        ("ended", {"exit_code": 1, "message": "status 500"}, ("failed", "status 500")),
        ("timed_out", {"signal": 15}, ("timed_out", "it took longer than its timeout")),
        ("stopped", {"signal": 15}, ("stopped", "it was stopped")),
        ("not_started", {"message": "no such user"}, ("failed", "no such user")),
        ("interrupted", {"message": "power"}, ("interrupted", "power")),
        ("unknown", {"message": "gone"}, ("unknown", "gone")),
    ],
)
def test_how_a_run_ended_makes_its_state(
    how: str, fields: dict[str, object], expected: tuple[str, str]
) -> None:
    ended = Ended(run_id="r", how=how, **fields)  # type: ignore[arg-type]
    assert outcome(a_run(), ended, (0,)) == expected


def test_who_stopped_a_run_is_said() -> None:
    run = a_run(stopping="stopped by ada")
    assert outcome(run, Ended(run_id="r", how="stopped"), (0,)) == ("stopped", "stopped by ada")
    assert outcome(run, Ended(run_id="r", how="not_started"), (0,)) == ("stopped", "stopped by ada")
    assert outcome(run, Ended(run_id="r", how="ended", exit_code=0), (0,)) == ("ok", "")


@pytest.mark.parametrize(
    ("state", "attempt", "expected"),
    [
        ("ok", 1, None),
        ("stopped", 1, None),
        ("interrupted", 1, None),
        ("failed", 1, 10),
        ("timed_out", 2, 30),
        ("failed", 3, 90),
        ("failed", 4, None),
    ],
)
def test_only_what_failed_by_itself_is_tried_again(state: str, attempt: int, expected: int | None) -> None:
    options = Options(retries=3, retry_delay=10, retry_backoff=3)
    at = retry_at(a_run(state=state, attempt=attempt), options, 7)
    assert at == (None if expected is None else 7 + expected * SECOND)


def test_a_delay_has_an_end_however_often_it_grew() -> None:
    options = Options(retries=1000, retry_delay=86_400, retry_backoff=10)
    assert retry_at(a_run(state="failed", attempt=999), options, 0) == 366 * 86_400 * SECOND


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 50))))
def test_the_agenda_gives_out_what_is_due_in_its_order(steps: list[tuple[int, int | None]]) -> None:
    agenda: Agenda[int] = Agenda()
    expected: dict[int, int] = {}
    for key, moment in steps:
        if moment is None:
            agenda.remove(key)
            expected.pop(key, None)
        else:
            agenda.put(key, moment)
            expected[key] = moment
        assert agenda.first() == min(expected.values(), default=None)
        assert len(agenda) == len(expected)
    taken = agenda.take(25, 100)
    assert [expected[key] for key in taken] == sorted(moment for moment in expected.values() if moment <= 25)
    assert len(agenda) == len(expected) - len(taken)


def test_an_agenda_does_not_grow_by_changes_alone() -> None:
    agenda: Agenda[int] = Agenda()
    for moment in range(100_000):
        agenda.put(moment % 10, moment)
    assert len(agenda._heap) < 2000
    assert agenda.first() == 99_990


def task(**fields: object) -> Task:
    return Task(name="t", action=Command(command="true"), schedules=("@daily",), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        (task(), task(notes="x", environment={"A": "b"}), False),
        (task(), task(options=Options(retries=3, overlap="queue")), False),
        (task(), task(options=Options(jitter=5)), True),
        (task(), task(options=Options(on_holiday="skip")), True),
        (task(), task(timezone="UTC"), True),
        (task(), task(start="2026-01-01"), True),
        (task(), task(end="2026-01-01"), True),
        (task(), task(enabled=False), False),
        (task(enabled=False), task(), True),
        (None, task(), True),
        (task(), None, True),
        (None, None, False),
    ],
)
def test_what_counts_as_an_edit_of_the_schedule(
    before: Task | None, after: Task | None, counts: bool
) -> None:
    assert changes_timing(before, after) == counts
