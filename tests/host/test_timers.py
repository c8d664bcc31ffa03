"""When a link is due, and that its timer follows the clock."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.host import timers
from atsn_tui.host.timers import MAX_JITTER, next_time, run_timers
from atsn_tui.model import dates
from atsn_tui.node.peers.contact import connections_of, context_of
from atsn_tui.schedule import next_times, parse
from tests.node.samples import GROUP, public_key
from tests.nodes import Machines, eventually

EVEN = {"every 15m": 900, "every 90s": 90, "*/2 * * * * *": 2}
"""Schedules with their periods, in seconds."""

UNEVEN = ("0 3 * * *", "30 4 1 * *", "0 9,17 * * *", "0 3 * * 1-5", "0,1 * * * *", "0-20,40 * * * * *")
ZONE = "Europe/Berlin"
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(st.sampled_from([*EVEN, *UNEVEN]), MOMENTS, st.uuids().map(str))
def test_a_link_starts_once_for_each_time_of_its_schedule_or_a_little_later(
    schedule: str, after: datetime, seed: str
) -> None:
    starts = []
    for _ in range(6):
        due = next_time(schedule, starts[-1] if starts else after, ZONE, seed)
        assert due is not None
        starts.append(due)
    assert starts[0] > after
    longest = timedelta(seconds=MAX_JITTER)
    times = next_times(parse(schedule), after - longest, ZONE, 60, seed)
    # The first start belongs to the first time, from there on, that it can belong to.
    first = next(number for number, moment in enumerate(times) if _is_of(starts[0], number, times))
    for start, moment in zip(starts, times[first:], strict=False):
        assert timedelta(0) <= start - moment <= longest


def _is_of(start: datetime, number: int, times: list[datetime]) -> bool:
    """Whether a start is the one of that time: at it, or later by a tenth of the period at most."""
    return timedelta(0) <= start - times[number] <= (times[number + 1] - times[number]) / 10


@given(st.sampled_from([*EVEN]), MOMENTS, st.uuids().map(str))
def test_an_even_schedule_stays_even(schedule: str, after: datetime, seed: str) -> None:
    first = next_time(schedule, after, "UTC", seed)
    assert first is not None
    second = next_time(schedule, first, "UTC", seed)
    assert second is not None
    assert second - first == timedelta(seconds=EVEN[schedule])


@pytest.mark.parametrize(
    ("schedule", "after", "day"),
    [
        ("0 3 * * 1-5", "2026-06-19 12:00", "2026-06-22"),  # a Friday, and the Monday after it
        ("0 9,17 * * *", "2026-06-19 17:05", "2026-06-20"),
        ("30 4 1 * *", "2026-06-01 12:00", "2026-07-01"),
    ],
)
def test_nothing_starts_between_two_times_that_are_far_apart(schedule: str, after: str, day: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    due = next_time(schedule, moment, "UTC", "some link")
    assert due is not None
    assert due.date().isoformat() == day
    assert 0 <= (due - next_times(parse(schedule), moment, "UTC", 1)[0]).total_seconds() <= MAX_JITTER


def test_links_of_the_same_schedule_do_not_all_start_at_once() -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC)
    due = {next_time("every 15m", after, "UTC", str(number)) for number in range(100)}
    assert len(due) > 10


def test_a_schedule_that_is_over_is_never_due() -> None:
    assert next_time("at 2020-01-01 00:00", datetime(2026, 1, 1, tzinfo=UTC), "UTC", "x") is None


@pytest.mark.parametrize("jump", [timedelta(days=-30), timedelta(days=30)])
async def test_a_clock_that_jumps_is_followed(
    make_node: Machines, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    monkeypatch.setattr(timers, "POLL", 0.02)
    hq = await make_node.make("hq", listen=False)
    start = dates.parse_date("2026-06-15T12:00:00Z")
    shown = [start]
    async with hq.open() as node:
        await node.groups.add(GROUP)
        await node.peers.add("web1", public_key(1))
        await node.links.add(GROUP, "web1", "pull", schedule="every 1h")
        context = dataclasses.replace(context_of(node.core), now=lambda: shown[0])
        running = asyncio.create_task(run_timers(context, connections_of(node.core), "UTC"))

        async def next_at() -> int:
            [link] = await node.links.list()
            return dates.parse_date(link.next_at) if link.next_at else 0

        hour = 3_600_000_000
        await eventually(next_at)
        assert start < await next_at() <= start + hour + MAX_JITTER * 1_000_000
        shown[0] = start + jump // timedelta(microseconds=1)

        async def follows() -> bool:
            return shown[0] < await next_at() <= shown[0] + hour + MAX_JITTER * 1_000_000

        await eventually(follows)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
