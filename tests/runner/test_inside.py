"""Requests and mails, which the service performs itself: each has an end, however early it is stopped."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from atsn_tui.home.home import Home
from atsn_tui.model.run import Run
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Http, Task
from atsn_tui.runner.execution.inside import Inside, Outcome
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.scheduling.executor import Ended, News, Started, Work
from tests.nodes import eventually

WORK = Work(
    Run(id="r1", group_id="g", task_id="t", path="ping", trigger="manual", due=0),
    Task(name="ping", action=Http(url="http://nowhere.example/")),
    Settings(name="jobs"),
    "jobs",
)
ABOUT = About(run_id="r1", task_id="t", task="ping", group="jobs", node="hq", trigger="manual")


async def for_ever(work: Work, about: About, variables: Mapping[str, str]) -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    return Inside(Home(tmp_path), for_ever)


def told(news: list[News]) -> list[str]:
    return ["started" if isinstance(each, Started) else str(getattr(each, "how", each)) for each in news]


async def test_what_is_stopped_before_its_first_step_ends_as_stopped(inside: Inside) -> None:
    news: list[News] = []
    inside.start(WORK, ABOUT, {}, news.append)
    assert inside.stop("r1")
    await eventually(lambda: not inside.living())
    assert told(news) == ["stopped"]
    assert [(end.run_id, end.how) for end in inside.ends()] == [("r1", "stopped")]


async def test_what_is_stopped_on_its_way_ends_as_stopped_once(inside: Inside) -> None:
    news: list[News] = []
    inside.start(WORK, ABOUT, {}, news.append)
    await eventually(lambda: news)
    assert inside.stop("r1")
    await eventually(lambda: not inside.living())
    assert told(news) == ["started", "stopped"]


async def test_a_stop_is_no_business_of_a_later_run_of_that_id(inside: Inside) -> None:
    news: list[News] = []
    inside.start(WORK, ABOUT, {}, news.append)
    inside.stop("r1")
    await eventually(lambda: not inside.living())
    inside.acknowledge(["r1"])
    inside.start(WORK, ABOUT, {}, news.append)
    await inside.close()
    assert told(news) == ["stopped"]


async def test_what_the_service_breaks_off_as_it_ends_is_unknown_to_the_next_one(
    inside: Inside, tmp_path: Path
) -> None:
    news: list[News] = []
    inside.start(WORK, ABOUT, {}, news.append)
    await inside.close()
    assert inside.ends() == ()
    Inside(Home(tmp_path), for_ever).start(WORK, ABOUT, {}, news.append)
    assert [each.how for each in news if isinstance(each, Ended)] == ["unknown"]
