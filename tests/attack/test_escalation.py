"""What a peer that may push brings does not become root's work, by whatever way."""

import asyncio
import os
import pwd
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.host.tasks import TaskRunner
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.node.node import Node
from atsn_tui.node.tasks.fields import build_task
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.resolve import resolve
from tests.nodes import Machine, Machines, end, eventually, introduce
from tests.pairing.conftest import serving

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="a service of root is what is attacked")

SOON = {"schedules": "every 1s"}
PUSHED = {
    "a request, which the service itself sends": {"action.type": "http", "action.url": "http://127.0.0.1:9/"},
    "a mail, which the service itself sends": {
        "action.type": "email", "action.to": "nobody@localhost", "action.subject": "x",
    },
}  # fmt: skip


@pytest.fixture
async def web1(make_node: Machines) -> AsyncIterator[Node]:
    machine = await make_node.make("web1")
    async with serving(machine) as node:
        await introduce(await make_node.make("hq", listen=False), machine, "push")
        yield node


@pytest.fixture
def hq(web1: Node, tmp_path: Path) -> Machine:
    return Machine("hq", tmp_path / "hq")


async def push(hq: Machine, tasks: Mapping[str, Mapping[str, str]], **settings: str) -> None:
    """Let hq push the group `ops` with those tasks and settings."""
    async with hq.open() as node:
        if not await node.groups.list():
            await node.groups.add("ops")
            await node.links.add("ops", "web1", "push")
        await node.groups.change("ops", settings)
        for name, fields in tasks.items():
            await node.tasks.add("ops", build_task({"name": name, **fields}))
    outcome = await asyncio.to_thread(hq.atsn, "replicate", "--yes")
    assert "ops" in outcome.ok().out


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[None]:
    """The service runs tasks meanwhile."""
    task = asyncio.create_task(TaskRunner(node.home, node.config, node.core.store, "UTC").run())
    try:
        yield
    finally:
        await end(task)


@only_root
@pytest.mark.parametrize("what", PUSHED)
async def test_a_peer_does_not_choose_where_root_writes_the_log(
    web1: Node, hq: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    """Else a name such as $(id), in a file below /etc/profile.d, would be all that it takes."""
    target = tmp_path / "profile.d" / "x.sh"
    await push(hq, {"$(id)": {**PUSHED[what], **SOON}}, **{"log.path": str(target), "log.what": "output"})
    async with running(web1):
        await eventually(lambda: "where it lies came from peer hq" in caplog.text)
    assert not target.parent.exists()


@only_root
async def test_nor_where_roots_own_tasks_are_logged(
    web1: Node, hq: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target, own = tmp_path / "cron.d" / "x", tmp_path / "own.log"
    await push(hq, {}, **{"log.path": str(target)})
    await web1.tasks.add("ops", build_task({"name": "own", "command": "true", **SOON}))
    async with running(web1):
        await eventually(lambda: "where it lies came from peer hq" in caplog.text)
        assert not target.parent.exists()
        await web1.groups.change("ops", {"log.path": str(own)})
        await eventually(own.exists)
    assert not target.parent.exists()


@only_root
@pytest.mark.parametrize(
    ("brought", "kept_from"),
    [
        ({"environment.LD_PRELOAD": "/tmp/x.so"}, {}),
        ({"environment.BASH_ENV": "/tmp/x", "environment.ENV": "/tmp/x"}, {}),
        ({"environment.PATH": "/tmp"}, {}),
        ({"account.login_environment": "true"}, {}),
        ({"credentials.db.secret": "/tmp"}, {"environment.PATH": "${credential:db.secret}"}),
    ],
)
async def test_a_peer_does_not_shape_what_root_runs(
    web1: Node, hq: Machine, brought: dict[str, str], kept_from: dict[str, str]
) -> None:
    await push(hq, {}, **brought)
    await web1.tasks.add("ops", build_task({"name": "own", "command": "true", **kept_from, **SOON}))
    why = await web1.holds.why("ops/own")
    assert any("its group's settings came from peer hq" in reason for reason in why.obstacles), why


@only_root
@pytest.mark.parametrize(
    ("changed", "note", "obstacle"),
    [
        ({"options.umask": "0000"}, "will not run, tasks from a peer do not run as root here", True),
        ({"enabled": "true"}, "will start running", False),
        ({"enabled": "true", "options.umask": "0000"}, "will not run, tasks from a peer", True),
    ],
)
async def test_a_peer_that_changes_the_umask_of_roots_task_makes_it_its_own_and_the_preview_says_what_will_run(
    web1: Node, hq: Machine, changed: dict[str, str], note: str, obstacle: bool
) -> None:
    await push(hq, {})
    starts_off = {"enabled": "false"} if "enabled" in changed else {}
    await web1.tasks.add("ops", build_task({"name": "own", "command": "true", **SOON, **starts_off}))
    await web1.peers.change("hq", grants=("pull", "push"))
    async with hq.open() as node:
        await node.links.add("ops", "web1", "pull")
    await asyncio.to_thread(hq.atsn, "replicate", "--yes")
    async with hq.open() as node:
        await node.tasks.change("ops/own", changed)
    shown = await asyncio.to_thread(hq.atsn, "replicate", "--yes")
    assert note in shown.out, shown.out
    why = await web1.holds.why("ops/own")
    assert any("its task came from peer hq" in reason for reason in why.obstacles) == obstacle, why


@only_root
async def test_a_peer_gives_nobody_a_group_that_is_as_good_as_root(web1: Node, hq: Machine) -> None:
    task = {"command": "true", "run_as": "nobody", **SOON}
    await push(hq, {"x": {**task, "run_as_group": "disk"}, "y": {**task, "run_as_group": "nogroup"}})
    why = await web1.holds.why("ops/x")
    assert any("with the group disk, which nobody is not in" in reason for reason in why.obstacles), why
    why = await web1.holds.why("ops/y")
    assert not any("group" in reason for reason in why.obstacles), why


@only_root
async def test_the_log_of_a_pushed_task_is_written_as_its_account_which_is_told_nothing_of_ours(
    web1: Node, hq: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_OF_THE_SERVICE", "hunter2")
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o777)
        target = Path(path) / "jobs.log"
        begun: list[Mapping[str, str]] = []
        start = asyncio.create_subprocess_exec

        async def seen(*words: Any, env: Mapping[str, str] | None = None, **options: Any) -> Any:
            if "atsn_tui.reports.log" in words:
                begun.append(os.environ if env is None else env)
            return await start(*words, env=env, **options)

        monkeypatch.setattr(asyncio, "create_subprocess_exec", seen)
        task = {"action.type": "http", "action.url": "http://127.0.0.1:9/", **SOON}
        await push(hq, {"x": task}, **{"log.path": str(target), "account.user": "nobody"})
        async with running(web1):
            await eventually(lambda: begun)
        # That account may not be able to start our Python, as where that lies in root's home.
        assert not target.exists() or target.stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert not any("hunter2" in each.values() for each in begun)


@pytest.mark.parametrize("name", ["../../tmp/evil", "x/../../tmp", "/tmp/evil", ".."])
@pytest.mark.parametrize("field", ["directory", "shell"])
def test_a_name_does_not_lead_a_task_elsewhere(name: str, field: str) -> None:
    """A peer that renames a group, or a task, does not choose where a task of root's own finds its programs."""
    about = About(node="n", group=name, task=name, task_id="t", run_id="r", trigger="hand")
    for variable in ("ATSN_GROUP", "ATSN_TASK"):
        given: Any = {field: f"/srv/${{{variable}}}"}
        task = Task(name="own", action=Command(command="./run"), **given)
        try:
            order = resolve(task, Settings(name="g"), about, {})
        except BadInput as error:
            assert "leads upwards" in error.message  # noqa: PT017
            continue
        found = Path(order.directory if field == "directory" else order.program)
        assert found.parent == Path("/srv")
