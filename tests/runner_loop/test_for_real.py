"""With a real clock, a real database and real processes: what the simulated node does, this one does too."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from atsn_tui.errors import AtsnError
from atsn_tui.home.home import Home
from atsn_tui.model import codec
from atsn_tui.model.record import Origin
from atsn_tui.model.run import Request, Run
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Http, Options, Task
from atsn_tui.runner.execution.actions import perform
from atsn_tui.runner.execution.executor import NodeExecutor
from atsn_tui.runner.execution.inside import Inside, Outcome
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.output import read_output
from atsn_tui.runner.scheduling.executor import Lost, Work
from atsn_tui.runner.scheduling.place import Place
from atsn_tui.runner.scheduling.scheduler import Scheduler
from atsn_tui.store import Store, changes, groups, requests, runs
from atsn_tui.store.changes import Edit, Entry
from tests.nodes import eventually
from tests.runner_loop.world import GROUP, task_id

PATIENCE = 30.0
ENTRY = Entry(kind="edit", at=1, who="ada", source="test", summary="a change")


class Site:
    """A node with a keeper of its own."""

    def __init__(self, home: Home, store: Store) -> None:
        self.home = home
        self.store = store
        self.executor = NodeExecutor(home, "hq", {}, Inside(home, perform))
        self.scheduler: Scheduler | None = None
        self.keepers: set[int] = set()

    @contextlib.asynccontextmanager
    async def service(self) -> AsyncIterator[Scheduler]:
        """A service, which is killed at the end."""
        place = Place(node_id="n-here", name="hq", boot_id="boot")
        self.scheduler = Scheduler(self.store, self.executor, place)
        life = asyncio.create_task(self.scheduler.run())
        try:
            yield self.scheduler
        finally:
            keeper = self.executor._keeper
            if keeper is not None:
                self.keepers.add(keeper.pid)
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)

    async def put(
        self,
        number: int,
        command: str,
        *schedules: str,
        options: Options | None = None,
        action: Http | None = None,
    ) -> None:
        task = Task(
            name=f"t{number}",
            action=action or Command(command=command),
            schedules=schedules,
            directory="/",
            options=options or Options(),
        )
        record = codec.record(task_id(number), 1, task)
        await self.store.write(
            lambda db: changes.commit(db, GROUP, [Edit(record.id, record, Origin())], ENTRY)
        )

    async def ask(self, kind: str, number: int = 0, run_id: str = "") -> None:
        request = Request(
            id=f"{kind}-{number}-{run_id}",
            kind=kind,
            who="ada",
            source="test",
            at=1,
            group_id=GROUP,
            task_id=task_id(number),
            run_id=run_id,
        )
        await self.store.write(lambda db: requests.add(db, request))
        assert self.scheduler is not None
        self.scheduler.notice()

    async def runs(self) -> list[Run]:
        return (await self.store.read(lambda db: runs.list_runs(db)))[::-1]

    async def until(self, condition: Callable[[list[Run]], bool]) -> list[Run]:
        """The runs, as soon as they are as they should be."""
        async with asyncio.timeout(PATIENCE):
            while not condition(found := await self.runs()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found

    def output(self, run: Run) -> str:
        return read_output(self.home.path, run.id).decode()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    home = Home(tmp_path / "home")
    home.path.mkdir(mode=0o700)
    async with await Store.create(home, "n-here") as store:
        settings = codec.record(GROUP, 1, Settings(name="jobs"))
        await store.write(lambda db: groups.create_group(db, settings, False, Origin(), ENTRY))
        made = Site(home, store)
        yield made
    for keeper in made.keepers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper, signal.SIGTERM)


async def test_commands_run_when_they_are_due_and_are_recorded(site: Site) -> None:
    await site.put(1, "echo to you; exit 3", "every 1s")
    await site.put(2, "echo after $ATSN_TRIGGER", "after t1 on failure")
    async with site.service():
        found = await site.until(lambda found: sum(not run.active for run in found) >= 4)
    first = next(run for run in found if run.trigger == "schedule")
    second = next(run for run in found if run.cause == first.id)
    assert (first.state, first.exit_code, first.reason, first.output_bytes) == (
        "failed",
        3,
        "it exited with 3",
        7,
    )
    assert (second.state, site.output(second)) == ("ok", "after after\n")
    dues = [run.due for run in found if run.trigger == "schedule"]
    assert len(dues) == len(set(dues))
    assert all(run.started is not None and run.started >= run.due for run in found if not run.active)


async def test_jobs_outlive_the_service_and_end_once(site: Site, tmp_path: Path) -> None:
    go = tmp_path / "go"
    for number in range(1, 6):
        wait = f"while [ ! -e {go} ]; do sleep 0.1; done"
        await site.put(
            number, f"echo {number} >> {tmp_path}/began; {wait}; echo done; exit {number}", "manual"
        )
    async with site.service():
        for number in range(1, 6):
            await site.ask("run", number)
        await site.until(lambda found: [run.state for run in found] == ["running"] * 5)
    go.touch()
    async with site.service():
        found = await site.until(lambda found: all(not run.active for run in found))
    assert sorted(run.exit_code or 0 for run in found) == [1, 2, 3, 4, 5]
    assert sorted((tmp_path / "began").read_text().split()) == ["1", "2", "3", "4", "5"]
    assert {site.output(run) for run in found} == {"done\n"}


async def test_a_stop_and_a_timeout_end_what_runs(site: Site) -> None:
    await site.put(1, "sleep 60", "manual")
    await site.put(2, "sleep 60", "manual", options=Options(timeout=1, kill_after=1))
    async with site.service():
        await site.ask("run", 1)
        await site.ask("run", 2)
        found = await site.until(
            lambda found: len(found) == 2 and all(run.state != "starting" for run in found)
        )
        await site.ask("stop", run_id=found[0].id)
        found = await site.until(lambda found: all(not run.active for run in found))
    assert [(run.state, run.reason) for run in found] == [
        ("stopped", "stopped by ada"),
        ("timed_out", "it took longer than its timeout"),
    ]


async def test_what_is_stopped_before_it_could_begin_is_stopped_all_the_same(site: Site) -> None:
    await site.put(1, "sleep 60", "manual")
    async with site.service():
        await site.ask("run", 1)
        found = await site.until(lambda found: len(found) == 1)
        await site.ask("stop", run_id=found[0].id)
        found = await site.until(lambda found: not found[0].active)
    assert found[0].state == "stopped"


async def test_what_cannot_begin_says_why(site: Site) -> None:
    await site.put(1, "true", "manual")
    task = Task(name="t2", action=Command(command="true"), run_as="nobody-of-that-name")
    record = codec.record(task_id(2), 1, task)
    await site.store.write(lambda db: changes.commit(db, GROUP, [Edit(record.id, record, Origin())], ENTRY))
    async with site.service():
        await site.ask("run", 2)
        found = await site.until(lambda found: bool(found) and not found[0].active)
    assert found[0].state == "failed"
    assert "nobody-of-that-name" in found[0].reason


async def fail(site: Site, scheduler: Scheduler) -> None:
    """Have the scheduler's engine fail, and wait for the next one."""
    engine = scheduler._engine
    site.executor._tell(Lost(AtsnError("the disk is gone for a moment")))
    await eventually(lambda: scheduler._engine is not engine)


async def test_a_request_goes_on_when_the_scheduler_begins_anew_and_its_end_is_recorded(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atsn_tui.runner.scheduling.scheduler._SHORTEST_REST", 0.05)
    began, go = asyncio.Event(), asyncio.Event()

    async def slowly(work: Work, about: About, variables: Mapping[str, str]) -> Outcome:
        assert not began.is_set(), "it is done once"
        began.set()
        await go.wait()
        return Outcome(True, "at last", b"done")

    site.executor = NodeExecutor(site.home, "hq", {}, Inside(site.home, slowly))
    await site.put(1, "", "manual", action=Http(url="http://nowhere.example/"))
    async with site.service() as scheduler:
        await site.ask("run", 1)
        await site.until(lambda found: [run.state for run in found] == ["running"])
        await fail(site, scheduler)
        # The end comes when nobody hears it: between one engine and the next.
        site.executor._hear, hear = None, site.executor._hear
        go.set()
        await eventually(site.executor._inside.ends)
        site.executor._hear = hear
        await fail(site, scheduler)
        found = await site.until(lambda found: all(not run.active for run in found))
    assert [(run.state, run.reason, site.output(run)) for run in found] == [("ok", "at last", "done")]


@pytest.mark.parametrize("where", ["the action", "its output", "the order"])
async def test_a_fault_of_ours_ends_the_run_and_says_so(
    site: Site, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("how odd")

    async def action(work: Work, about: About, variables: Mapping[str, str]) -> Outcome:
        if where == "the action":
            fault()
        monkeypatch.setattr("atsn_tui.runner.execution.inside.write_atomically", fault)
        return Outcome(True, "done", b"done")

    site.executor = NodeExecutor(site.home, "hq", {}, Inside(site.home, action))
    if where == "the order":
        monkeypatch.setattr("atsn_tui.runner.execution.executor.resolve", fault)
        await site.put(1, "true", "manual")
    else:
        await site.put(1, "", "manual", action=Http(url="http://nowhere.example/"))
    async with site.service():
        await site.ask("run", 1)
        found = await site.until(lambda found: found and all(not run.active for run in found))
    assert [(run.state, "how odd" in run.reason) for run in found] == [("failed", True)]
