"""Random stories of edits, holds, crashes and clocks: every due time is run once or has its reason, never both."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.runner.scheduling.times import Times
from atsn_tui.runner.scheduling.timing import changes_timing
from tests.runner_loop.world import HOUR, MINUTE, SECOND, World, task_id

SCHEDULES = ("*/10 * * * *", "every 7m", "13,47 * * * *", "every 25m", "*/30 * * * *", "manual")
TASKS = (1, 2)

numbers = st.sampled_from(TASKS)
lengths = st.sampled_from([1, 5, 10, 30, 45, 90, 130]).map(lambda minutes: minutes * MINUTE + 30 * SECOND)
edit = st.tuples(
    st.just("edit"),
    numbers,
    st.lists(st.sampled_from(SCHEDULES), min_size=1, max_size=2),
    st.booleans() | st.just(True),
    st.sampled_from(["skip", "queue", "parallel", "replace"]),
    st.sampled_from(["skip", "once"]),
    st.sampled_from([0, 0, 120, 1200]),
)
steps = st.one_of(
    st.tuples(st.just("live"), lengths),
    st.tuples(st.just("live"), lengths),
    st.tuples(st.just("sleep"), lengths),
    st.tuples(st.just("crash"), st.integers(1, 6), st.booleans()),
    edit,
    st.tuples(st.just("remove"), numbers),
    st.tuples(st.just("hold"), st.none() | numbers),
    st.tuples(st.just("release"), st.none() | numbers),
    st.tuples(st.just("long"), numbers, st.sampled_from([0, 3, 25])),
    st.tuples(st.just("reboot"), st.integers(2, 9)),
)
jumps = st.tuples(
    st.just("jump"), st.sampled_from([-40, -5, 5, 40, 300]).map(lambda minutes: minutes * MINUTE)
)

EXAMPLES = int(os.environ.get("ATSN_EXAMPLES", "40"))
unhurried = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Told:
    """What a task's due times ought to be, told by somebody who watched."""

    task: Task | None = None
    since: int = 0
    """When the schedule was last edited."""
    expected: list[int] = field(default_factory=list)


class Story:
    """A world, and what is expected of it."""

    def __init__(self) -> None:
        self.world = World(poll=3600.0)
        self.told = {number: Told() for number in TASKS}

    async def do(self, step: tuple[object, ...]) -> None:
        world = self.world
        match step:
            case ("live", int(length)):
                await world.live(length)
                self._expect()
            case ("sleep", int(length)):
                await world.sleep(length)
            case ("crash", int(after), bool(committed)):
                world.store.crash_at, world.store.crash_after = after, committed
            case ("edit", int(number), list(schedules), bool(enabled), overlap, missed, jitter):
                self._edit(number, schedules, enabled, Options(overlap=overlap, missed=missed, jitter=jitter))  # type: ignore[arg-type]
            case ("remove", int(number)) if self.told[number].task is not None:
                world.remove(number)
                self.told[number].task = None
            case ("hold", number):
                world.hold(number)  # type: ignore[arg-type]
            case ("release", number):
                world.release(number)  # type: ignore[arg-type]
            case ("long", int(number), int(minutes)):
                world.durations[f"t{number}"] = minutes * MINUTE
            case ("reboot", int(boot)):
                world.reboot(f"boot-{boot}")
            case ("jump", int(by)):
                world.clock.jump(by)

    def _edit(self, number: int, schedules: list[str], enabled: bool, options: Options) -> None:
        told = self.told[number]
        after = Task(
            name=f"t{number}",
            action=Command(command="true"),
            schedules=tuple(schedules),
            enabled=enabled,
            options=options,
        )
        if changes_timing(told.task, after):
            told.since = self.world.now
        told.task = after
        self.world.put(number, *schedules, enabled=enabled, options=options)

    def _expect(self) -> None:
        """A service lived until now: everything that was due by now has been seen to."""
        now = self.world.now
        for number, told in self.told.items():
            if told.task is None:
                continue
            times = Times(told.task, Holidays(), "UTC", task_id(number), "n-here")
            after = max([told.since, *told.expected[-1:]])
            while (due := times.due(after)) is not None and due + times.jitter <= now:
                told.expected.append(due)
                after = due

    def check(self) -> None:
        """However the clock went: no due time ran twice, and there are no phantoms."""
        self.world.check()
        for number in TASKS:
            ran = Counter(run.due for run in self.world.runs(number) if run.trigger in ("schedule", "missed"))
            assert not ran or max(ran.values()) == 1, f"ran twice: {ran}"

    def check_all(self) -> None:
        """With a clock that only goes on: each due time is run, or there is a reason, and nothing else is."""
        self.check()
        for number, told in self.told.items():
            ran = [run.due for run in self.world.runs(number) if run.trigger in ("schedule", "missed")]
            reasons = self.world.decisions(number)
            assert set(ran) <= set(told.expected)
            for due in told.expected:
                why = [each for each in reasons if each.first <= due <= each.last]
                assert (due in ran) + len(why) == 1, f"{due}: ran {due in ran}, and {why}"
            assert all(each.exact for each in reasons)
            assert len(ran) + sum(each.count for each in reasons) == len(told.expected)


@unhurried
@given(st.lists(steps, min_size=2, max_size=12))
def test_every_due_time_is_run_once_or_has_its_reason(story: list[tuple[object, ...]]) -> None:
    told = Story()

    async def tell() -> None:
        await told.do(("edit", 1, ["every 7m"], True, "skip", "once", 0))
        for step in [*story, ("live", 10 * MINUTE + 15 * SECOND)]:
            await told.do(step)

    asyncio.run(tell())
    told.check_all()


@unhurried
@given(st.lists(steps | jumps, min_size=2, max_size=12))
def test_no_due_time_runs_twice_however_the_clock_is_set(story: list[tuple[object, ...]]) -> None:
    told = Story()

    async def tell() -> None:
        await told.do(("edit", 1, ["every 7m"], True, "parallel", "once", 0))
        for step in [*story, ("live", 10 * MINUTE + 15 * SECOND)]:
            await told.do(step)
            if step[0] == "live":
                told.check()

    asyncio.run(tell())


async def test_a_clock_that_was_far_ahead_does_not_stop_a_task_when_it_is_put_right() -> None:
    world = World("2026-11-22T08:02:00+00:00")
    world.put(1, "*/10 * * * *")
    await world.live(HOUR)
    assert len(world.begun(1)) == 6
    world.clock.jump(14 * 365 * 24 * HOUR + 5 * MINUTE)
    await world.live(HOUR)
    assert len(world.begun(1)) == 12
    world.clock.jump(-14 * 365 * 24 * HOUR - 5 * MINUTE)
    await world.live(HOUR)
    assert len(world.begun(1)) == 18
    assert len(set(world.begun(1))) == 18
    world.check()
