"""Whatever changes something through a node stands in the audit log: a new door that writes no entry fails here.

Who adds a public method to a part of a node puts it below, among those that only read or among those that change
something, there with a call that does.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest

from atsn_tui.node import node as module
from atsn_tui.node.node import Node
from tests.node.samples import GROUP, a_task, public_key
from tests.played import Play, playing_here

READING = {
    "agenda": {"show"},
    "audit": {"list", "get", "head", "verify"},
    "files": {"detect", "export"},
    "groups": {"list", "get"},
    "history": {"list", "of_task", "show", "between", "preview_undo"},
    "holds": {"list", "until", "until_after", "until_at", "why", "lasting"},
    "links": {"list", "get", "between"},
    "options": {"get"},
    "pairing": {"list", "get", "wait", "look"},
    "peers": {"list", "get", "outdated", "access", "test"},
    "replication": {"open", "reports"},
    "runs": {"list", "skipped", "last", "get", "find", "output", "follow"},
    "takeover": {"double_runs", "run_by_nobody"},
    "tasks": {"list", "get", "twins", "within"},
}

ELSEWHERE = {
    "pairing.invite": "pairing/test_joining.py",
    "pairing.join": "pairing/test_joining.py",
    "pairing.revoke": "pairing/test_joining.py",
    "replication.cycle": "cli/test_history.py",
    "replication.run_timers": "cli/test_history.py",
    "takeover.take": "takeover/test_taking.py",
    "takeover.give": "takeover/test_taking.py",
    "takeover.recover": "takeover/test_taking.py",
}
"""What needs peers or crontabs: the test that proves it."""

TASK = f"{GROUP}/backup"
SNAPSHOT_OF = "a group of its own"


async def _start_and_stop(node: Node) -> None:
    async with playing_here(node, Play(lasts=True)):
        await node.runs.stop((await node.runs.start(TASK)).run_id)


async def _follow_and_release(node: Node) -> None:
    from atsn_tui.store.groups import Follow, set_follow

    group = await node.groups.get(GROUP)
    peer = await node.peers.get("web1")
    follow = Follow(peer_id=peer.id, node_id="n", at=1)
    await node.core.store.write(lambda db: set_follow(db, group.id, follow))
    await node.groups.release(GROUP)


async def _undo(node: Node) -> None:
    await node.history.undo(await node.history.preview_undo(GROUP))


async def _import_snapshot(node: Node) -> None:
    await node.groups.add(SNAPSHOT_OF)
    text = await node.files.export(SNAPSHOT_OF)
    await node.groups.remove(SNAPSHOT_OF)
    await node.files.import_snapshot("a.json", text.encode())


async def _authorize(node: Node) -> None:
    from atsn_tui.node.peers.authorize import Request

    keys = node.home.path.parent / "ssh" / "authorized_keys"
    keys.parent.mkdir(mode=0o700)
    await node.peers.authorize("web1", Request(program=["/usr/bin/atsn"], file=str(keys)))


async def _held_and_released(node: Node) -> None:
    await node.holds.hold(GROUP)
    await node.holds.release(GROUP)


async def _link(node: Node) -> str:
    return (await node.links.add(GROUP, "web1", "pull")).id


async def _changed_link(node: Node) -> None:
    await node.links.change(await _link(node), mode="strict")


async def _removed_link(node: Node) -> None:
    await node.links.remove(await _link(node))


async def _replaced(node: Node) -> None:
    await node.tasks.replace((await node.tasks.get(TASK)).id, a_task(command="false"))


Door = Callable[[Node], Awaitable[object]]
CHANGING: dict[str, tuple[Door, str]] = {
    "audit.prune": (lambda node: node.audit.prune(-1), "audit.prune"),
    "files.import_crontab": (
        lambda node: node.files.import_crontab("/etc/x", b"@daily true\n", GROUP),
        "group.import",
    ),
    "files.import_snapshot": (_import_snapshot, "group.import"),
    "groups.add": (lambda node: node.groups.add("another"), "group.add"),
    "groups.adopt": (
        lambda node: node.groups.adopt(GROUP, "0c000000-0000-4000-8000-000000000000"),
        "group.adopt",
    ),
    "groups.change": (lambda node: node.groups.change(GROUP, {"name": "renamed"}), "group.edit"),
    "groups.release": (_follow_and_release, "group.unfollow"),
    "groups.remove": (lambda node: node.groups.remove(GROUP), "group.remove"),
    "history.undo": (_undo, "group.undo"),
    "holds.hold": (lambda node: node.holds.hold(TASK), "hold.add"),
    "holds.release": (_held_and_released, "hold.remove"),
    "links.add": (_link, "link.add"),
    "links.change": (_changed_link, "link.change"),
    "links.remove": (_removed_link, "link.remove"),
    "options.change": (lambda node: node.options.change({"connect": "no"}), "config.change"),
    "peers.add": (lambda node: node.peers.add("web2", public_key(2)), "peer.add"),
    "peers.authorize": (_authorize, "peer.authorize"),
    "peers.change": (lambda node: node.peers.change("web1", grants=["pull"]), "peer.change"),
    "peers.remove": (lambda node: node.peers.remove("web1"), "peer.remove"),
    "runs.start": (_start_and_stop, "request.run"),
    "runs.stop": (_start_and_stop, "request.stop"),
    "tasks.add": (lambda node: node.tasks.add(GROUP, a_task("new")), "group.edit"),
    "tasks.change": (lambda node: node.tasks.change(TASK, {"notes": "n"}), "group.edit"),
    "tasks.remove": (lambda node: _with_task(node, node.tasks.remove), "group.edit"),
    "tasks.replace": (_replaced, "group.edit"),
    "tasks.set_enabled": (
        lambda node: _with_task(node, lambda ids: node.tasks.set_enabled(ids, False)),
        "group.edit",
    ),
}


async def _with_task(node: Node, action: Callable[[list[str]], Awaitable[object]]) -> None:
    await action([(await node.tasks.get(TASK)).id])


def doors(node: Node) -> set[str]:
    """Every public method of every part of a node, as in `groups.add`."""
    found: set[str] = set()
    for name in dir(node):
        if name.startswith("_") or name == "core":
            continue
        part = getattr(node, name)
        if isinstance(part, ModuleType) or not type(part).__module__.startswith("atsn_tui.node."):
            continue
        methods = inspect.getmembers(type(part), inspect.isfunction)
        found |= {f"{name}.{method}" for method, _ in methods if not method.startswith("_")}
    return found


async def test_every_door_is_known_here(node: Node) -> None:
    reading = {f"{part}.{method}" for part, methods in READING.items() for method in methods}
    assert doors(node) == reading | set(CHANGING) | set(ELSEWHERE)
    for place in ELSEWHERE.values():
        assert "audit" in (Path(__file__).parents[1] / place).read_text(), (
            f"{place} tests nothing of the audit log"
        )
    own = {
        name for name, _ in inspect.getmembers(module.Node, inspect.isfunction) if not name.startswith("_")
    }
    assert own == {"backup", "changes", "examine", "identity", "init", "service_running", "status"}


@pytest.mark.parametrize("door", sorted(CHANGING))
async def test_every_door_that_changes_something_leaves_an_entry(node: Node, door: str) -> None:
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task())
    await node.peers.add("web1", public_key(1))
    before = (await node.audit.head()).number
    call, action = CHANGING[door]
    async with asyncio.timeout(20):
        await call(node)
    entries = [entry for entry in await node.audit.list() if entry.number > before]
    assert action in {entry.action for entry in entries}
    assert {(entry.who, entry.source) for entry in entries} == {("ada", "test")}
    assert (await node.audit.verify()).intact


async def test_reading_leaves_no_entry(node: Node) -> None:
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task())
    before = await node.audit.head()
    await node.tasks.list(GROUP)
    await node.status()
    await node.holds.why(TASK)
    await node.history.preview_undo(GROUP)
    await node.files.export(GROUP)
    assert await node.audit.head() == before
