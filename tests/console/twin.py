"""A node in memory, of the same shape as the real one, whose state and failures a test decides.

Peers that are offline, held links and fixed times make deterministic pictures; test_twin.py proves
that it answers to the same calls as the real node.
"""

import asyncio
import builtins
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from msgspec.structs import replace

from atsn_tui.errors import BadInput, Moved, Refused
from atsn_tui.model import dates
from atsn_tui.model.brake import Allowance
from atsn_tui.model.record import Origin
from atsn_tui.model.result import Applied, LinkResult
from atsn_tui.model.run import ACTIVE, FAILURES
from atsn_tui.model.task import Task
from atsn_tui.node.agenda.views import AgendaView
from atsn_tui.node.doctor.check import Examination
from atsn_tui.node.links.links import KEEP
from atsn_tui.node.node import Node
from atsn_tui.node.past.views import AuditView, ChangeDetails, PastChange, UndoView
from atsn_tui.node.peers.views import PeerTest, PeerView, Step
from atsn_tui.node.runs import until as moments
from atsn_tui.node.runs.views import Asked, DecisionView, HoldView, RunView, WhyView
from atsn_tui.node.views import GroupView, IdentityView, LinkView, StatusView, TaskView
from atsn_tui.schedule import sentence_all

MODIFIED = "2026-11-22T08:00:00.000000Z"


class Twin:
    """Holds views; a change replaces them and wakes whoever listens."""

    def __init__(
        self,
        groups: Sequence[GroupView] = (),
        tasks: Sequence[TaskView] = (),
        peers: Sequence[PeerView] = (),
        links: Sequence[LinkView] = (),
        running: bool = True,
    ) -> None:
        self.group_views = {group.id: group for group in groups}
        self.task_views = {view.id: view for view in tasks}
        self.peer_views = {peer.name: peer for peer in peers}
        self.link_views = {link.id: link for link in links}
        self.running = running
        self.silent_since: str | None = None
        self.examination = Examination(home="/var/lib/atsn", findings=())
        self.failure: Exception | None = None
        """Raised by the next change of anything."""
        self.calls: list[tuple[str, Any]] = []
        self.groups = TwinGroups(self)
        self.tasks = TwinTasks(self)
        self.peers = TwinPeers(self)
        self.links = TwinLinks(self)
        self.replication = TwinReplication(self)
        self.runs = TwinRuns(self)
        self.holds = TwinHolds(self)
        self.history = TwinHistory(self)
        self.audit = TwinAudit(self)
        self.agenda = TwinAgenda()
        self._moved = asyncio.Condition()
        self._version = 0

    @property
    def node(self) -> Node:
        """The twin as what the console takes it for."""
        return cast(Node, self)

    def identity(self) -> IdentityView:
        return IdentityView(
            node_id="0b6a7c1e-0000-4000-8000-000000000001",
            name="hq",
            public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGhxIGNsaWVudCBrZXkgZm9yIHRoZSB0ZXN0cyBvbmx5",
            host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGhxIGhvc3Qga2V5IGZvciB0aGUgdGVzdHMgb25seSEh",
            listen="hq.example:8022",
            version="0.1.0",
            protocol=1,
        )

    def service_running(self) -> bool:
        return self.running

    async def status(self) -> StatusView:
        return StatusView(
            name="hq",
            node_id=self.identity().node_id,
            version="0.1.0",
            service="running" if self.running else "stopped",
            silent_since=self.silent_since,
            listen="hq.example:8022",
            groups=tuple(self.group_views.values()),
            peers=tuple(self.peer_views.values()),
            links=tuple(self.link_views.values()),
            healthy=True,
            holds=tuple(self.holds.held),
            failing=tuple(run for run in self.runs._latest().values() if run.state in FAILURES),
        )

    async def examine(self) -> Examination:
        return self.examination

    async def changes(self) -> AsyncIterator[None]:
        seen = -1
        while True:
            async with self._moved:
                await self._moved.wait_for(lambda before=seen: self._version != before)  # type: ignore[misc]
                seen = self._version
            yield None

    async def touch(self) -> None:
        """Something changed."""
        async with self._moved:
            self._version += 1
            self._moved.notify_all()

    async def changed(self, what: str, value: Any, group_id: str | None = None) -> None:
        """Note a call and fail if a test wants it to."""
        self.calls.append((what, value))
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        if group_id is not None and group_id in self.group_views:
            group = self.group_views[group_id]
            count = sum(view.group_id == group_id for view in self.task_views.values())
            self.group_views[group_id] = replace(group, digest=group.digest + "1", tasks=count)
        await self.touch()


class TwinGroups:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def add(self, name: str, replicated: bool = True) -> GroupView:
        group = GroupView(
            id=f"group-{name}",
            name=name,
            replicated=replicated,
            digest="0",
            tasks=0,
            settings={"name": name},
            settings_modified_at=MODIFIED,
        )
        await self._twin.changed("groups.add", (name, replicated))
        self._twin.group_views[group.id] = group
        return group

    async def change(self, group: str, values: Mapping[str, str]) -> GroupView:
        await self._twin.changed("groups.change", (group, dict(values)))
        return self._twin.group_views[group]

    async def remove(self, group: str) -> None:
        await self._twin.changed("groups.remove", group)
        del self._twin.group_views[group]

    async def release(self, group: str) -> GroupView:
        self._twin.group_views[group] = replace(self._twin.group_views[group], kept_by=None)
        await self._twin.changed("groups.release", group)
        return self._twin.group_views[group]


class TwinTasks:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def list(self, group: str) -> "list[TaskView]":
        found = [view for view in self._twin.task_views.values() if view.group_id == group]
        return sorted(found, key=lambda view: (view.task.folder, view.task.name, view.id))

    async def add(self, group: str, task: Task) -> TaskView:
        found = self._twin.group_views[group]
        view = TaskView(
            id=f"task-{task.name}",
            group_id=group,
            group=found.name,
            task=task,
            modified_at=MODIFIED,
            fingerprint="new",
            origin=Origin(who="root"),
            schedule=sentence_all(task.schedules),
        )
        await self._twin.changed("tasks.add", task)
        self._twin.task_views[view.id] = view
        await self._twin.changed("", None, group)
        return view

    async def replace(self, task_id: str, task: Task, expected_fingerprint: str | None = None) -> TaskView:
        view = self._twin.task_views[task_id]
        if expected_fingerprint not in (None, view.fingerprint):
            raise Moved(
                f"task {view.task.path!r} was changed by someone else meanwhile: look again, then edit"
            )
        await self._twin.changed("tasks.replace", task)
        view = replace(view, task=task, schedule=sentence_all(task.schedules))
        self._twin.task_views[task_id] = view
        await self._twin.changed("", None, view.group_id)
        return view

    async def set_enabled(self, task_ids: "Sequence[str]", enabled: bool) -> int:
        await self._twin.changed("tasks.set_enabled", (tuple(task_ids), enabled))
        for task_id in task_ids:
            view = self._twin.task_views[task_id]
            self._twin.task_views[task_id] = replace(view, task=replace(view.task, enabled=enabled))
            await self._twin.changed("", None, view.group_id)
        return len(task_ids)

    async def remove(self, task_ids: "Sequence[str]", *, force: bool = False) -> int:
        await self._twin.changed("tasks.remove", tuple(task_ids))
        for task_id in task_ids:
            view = self._twin.task_views.pop(task_id)
            await self._twin.changed("", None, view.group_id)
        return len(task_ids)


class TwinPeers:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.gate = asyncio.Event()
        """While it is not set, a test of a connection does not end."""
        self.gate.set()

    async def add(
        self,
        name: str,
        key: str,
        address: str | None = None,
        host_key: str | None = None,
        grants: Sequence[str] = (),
        allow_from: Sequence[str] = (),
    ) -> PeerView:
        peer = PeerView(
            id=f"peer-{name}",
            name=name,
            address=address,
            public_key=key,
            host_key=host_key,
            grants=tuple(grants),
            allow_from=tuple(allow_from),
            node_id=None,
            state="unknown",
        )
        await self._twin.changed("peers.add", peer)
        self._twin.peer_views[name] = peer
        return peer

    async def change(self, name: str, **values: Any) -> PeerView:
        await self._twin.changed("peers.change", (name, values))
        return self._twin.peer_views[name]

    async def remove(self, name: str) -> list[LinkView]:
        await self._twin.changed("peers.remove", name)
        del self._twin.peer_views[name]
        return []

    async def test(self, name: str) -> PeerTest:
        await self.gate.wait()
        return PeerTest(
            peer=name,
            steps=(
                Step(name="connect", ok=True, detail="10.1.0.7:8022 answers in 4 ms"),
                Step(name="host key", ok=False, detail="it shows SHA256:aaa, the pin is SHA256:bbb"),
                Step(name="login", ok=None, detail=""),
            ),
        )


class TwinLinks:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    async def add(
        self,
        group: str,
        peer: str,
        direction: str,
        mode: str = "easy",
        schedule: str | None = None,
        apply: str = "auto",
        max_deletions: int | None = None,
    ) -> LinkView:
        given = (group, peer, direction, mode, schedule, apply, max_deletions)
        await self._twin.changed("links.add", given)
        return next(iter(self._twin.link_views.values()))

    async def change(self, which: str, **values: Any) -> LinkView:
        link = self._twin.link_views[which]
        values = {key: value for key, value in values.items() if value is not KEEP}
        self._twin.link_views[which] = replace(link, **values)
        await self._twin.changed("links.change", (which, values))
        return self._twin.link_views[which]

    async def remove(self, which: str) -> LinkView:
        await self._twin.changed("links.remove", which)
        return self._twin.link_views.pop(which)


class TwinRuns:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.kept: list[RunView] = []
        """Newest first."""
        self.missed: list[DecisionView] = []
        self.printed: dict[str, list[bytes]] = {}
        """What each run prints, piece by piece, by its id."""
        self.more = asyncio.Event()
        """While it is not set, the output of a run under way does not go on after its first piece."""

    def _latest(self) -> dict[str, RunView]:
        return {run.task_id: run for run in reversed(self.kept)}

    async def list(
        self, group: str | None = None, task: str | None = None, limit: int = 50, before: str | None = None
    ) -> "list[RunView]":
        return [run for run in self.kept if run.group_id == group and task in (None, run.task_id)]

    async def skipped(
        self, group: str | None = None, task: str | None = None, limit: int = 50
    ) -> "list[DecisionView]":
        return [each for each in self.missed if each.group_id == group and task in (None, each.task_id)]

    async def last(self, group: str) -> dict[str, RunView]:
        return {key: run for key, run in self._latest().items() if run.group_id == group}

    async def follow(self, which: str) -> AsyncIterator[bytes]:
        run = next(run for run in self.kept if run.id == which)
        first, *others = self.printed.get(which, [b""])
        yield first
        for each in others:
            if run.state in ACTIVE:
                await self.more.wait()
            yield each

    async def start(self, which: str) -> Asked:
        if not self._twin.running:
            raise Refused("no service runs for this node; start it with: atsn serve")
        await self._twin.changed("runs.start", which)
        return Asked(text="it runs now", run_id="new")

    async def stop(self, which: str) -> Asked:
        await self._twin.changed("runs.stop", which)
        return Asked(text="it was told to end")


class TwinHistory:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.past: list[ChangeDetails] = []
        """Newest first."""
        self.undo_view: UndoView | None = None
        self.undone: list[UndoView] = []

    async def list(self, group: str, limit: int | None = None) -> builtins.list[PastChange]:
        return [each.change for each in self.past if each.group_id == group][:limit]

    async def of_task(self, task: str, limit: int | None = None) -> builtins.list[PastChange]:
        touching = [each for each in self.past if any(change.task_id == task for change in each.changes)]
        return [each.change for each in touching][:limit]

    async def show(self, group: str, number: int) -> ChangeDetails:
        return next(each for each in self.past if (each.group_id, each.change.number) == (group, number))

    async def preview_undo(self, group: str, to: int | None = None) -> UndoView:
        self._twin.calls.append(("history.preview_undo", (group, to)))
        assert self.undo_view is not None
        return self.undo_view if to is None else replace(self.undo_view, to=to)

    async def undo(self, shown: UndoView) -> UndoView:
        await self._twin.changed("history.undo", (shown.group_id, shown.to))
        self.undone.append(shown)
        return replace(shown, state="applied")


class TwinAudit:
    def __init__(self, twin: Twin) -> None:
        self.entries: list[AuditView] = []

    async def list(
        self,
        limit: int | None = None,
        since: str | None = None,
        group: str | None = None,
        peer: str | None = None,
    ) -> builtins.list[AuditView]:
        return self.entries[:limit]


class TwinHolds:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.held: list[HoldView] = []
        self.whys: dict[str, WhyView] = {}

    def _view(self, which: str | None, until: int | None, note: str) -> HoldView:
        task = self._twin.task_views.get(which or "")
        group = task.group_id if task else which
        return HoldView(
            scope="task" if task else "group" if which else "node",
            name=task.task.path if task else self._twin.group_views[which].name if which else "this node",
            group_id=group,
            task_id=task.id if task else None,
            until=None if until is None else dates.format_date(until),
            who="anna",
            note=note,
        )

    async def hold(self, which: str | None, until: int | None = None, note: str = "") -> HoldView:
        view = self._view(which, until, note)
        self.held.append(view)
        await self._twin.changed("holds.hold", (which, until, note))
        return view

    async def release(self, which: str | None) -> HoldView:
        view = self._view(which, None, "")
        self.held = [
            hold for hold in self.held if (hold.group_id, hold.task_id) != (view.group_id, view.task_id)
        ]
        await self._twin.changed("holds.release", which)
        return view

    def until(self, words: str) -> int:
        return moments.either(words, dates.parse_date("2026-11-22T09:30:00Z"), "UTC")

    async def why(self, which: str) -> WhyView:
        return self.whys[which]


class TwinAgenda:
    def __init__(self) -> None:
        self.view = AgendaView(
            now="2026-11-22T09:30:00.000000Z",
            since="2026-11-21T09:30:00.000000Z",
            until="2026-11-23T09:30:00.000000Z",
            zone="UTC",
            service="running",
            group=None,
            past=(),
            ahead=(),
        )
        self.asked: list[tuple[str | None, int]] = []

    async def show(self, group: str | None = None, hours: int = 24) -> AgendaView:
        self.asked.append((group, hours))
        if group is None:
            return self.view
        past = tuple(row for row in self.view.past if row.group_id == group)
        ahead = tuple(row for row in self.view.ahead if row.group_id == group)
        return replace(self.view, group=group, past=past, ahead=ahead)


class TwinReplication:
    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self.found: dict[str, LinkResult] = {}
        """What a comparison of each link finds, by link id."""
        self.strict: dict[str, LinkResult] = {}
        """The same for links that are looked at in the other mode."""
        self.fault: Exception | None = None
        """Raised by the next comparison."""
        self.gate = asyncio.Event()
        """While it is not set, an apply does not end."""
        self.gate.set()
        self.sessions: list[TwinSession] = []
        self.timers = 0

    @asynccontextmanager
    async def open(
        self,
        group: str | None = None,
        peers: Sequence[str] = (),
        link_ids: Sequence[str] = (),
        modes: Mapping[str, Any] | None = None,
    ) -> "AsyncIterator[TwinSession]":
        wanted = [
            link
            for link in self._twin.link_views.values()
            if (group is None or link.group_id == group)
            and (not peers or link.peer in peers)
            and (not link_ids or link.id in link_ids)
        ]
        if not wanted:
            raise BadInput("no link replicates this group: make one with: atsn link add GROUP PEER --push")
        session = TwinSession(self, wanted)
        self.sessions.append(session)
        try:
            yield session
        finally:
            session.closed = True

    async def run_timers(self) -> None:
        self.timers += 1
        if self._twin.running:
            return
        await asyncio.Event().wait()


class TwinSession:
    def __init__(self, replication: TwinReplication, links: list[LinkView]) -> None:
        self._replication = replication
        self._links = links
        self._modes: dict[str, str] = {}
        self.skipped: set[str] = set()
        self.moves: asyncio.Queue[LinkResult | Exception] = asyncio.Queue()
        """What the watch brings next; an exception ends it."""
        self.applied: list[tuple[str, Allowance]] = []
        self.computed = 0
        self.closed = False

    async def links(self) -> tuple[LinkView, ...]:
        return tuple(self._links)

    def _result(self, link: LinkView) -> LinkResult:
        other = self._modes.get(link.id, link.mode) != link.mode
        return (self._replication.strict if other else self._replication.found)[link.id]

    @property
    def results(self) -> tuple[LinkResult, ...]:
        return tuple(self._result(link) for link in self._links)

    async def compute(self, on_result: Any = None) -> list[LinkResult]:
        self.computed += 1
        if self._replication.fault is not None:
            fault, self._replication.fault = self._replication.fault, None
            raise fault
        for result in self.results:
            if on_result:
                on_result(result)
        return list(self.results)

    async def watch(self) -> AsyncIterator[LinkResult]:
        while True:
            moved = await self.moves.get()
            if isinstance(moved, Exception):
                raise moved
            yield moved

    def set_mode(self, link_id: str, mode: Any) -> None:
        self._modes[link_id] = mode

    def set_skipped(self, link_id: str, skipped: bool) -> None:
        (self.skipped.add if skipped else self.skipped.discard)(link_id)

    async def apply(
        self,
        on_result: Any = None,
        *,
        skip: Any = (),
        allow: Allowance = Allowance(),
        shown: Mapping[str, LinkResult] | None = None,
    ) -> list[LinkResult]:
        for link, result in zip(self._links, self.results, strict=True):
            if link.id in skip or result.state != "differs":
                continue
            await self._replication.gate.wait()
            self.applied.append((link.id, allow))
            ops = [change.op for change in result.changes]
            done = Applied(
                added=ops.count("add"),
                updated=ops.count("update"),
                deleted=ops.count("delete"),
                settings=ops.count("settings"),
            )
            if on_result:
                on_result(replace(result, state="applied", applied=done))
        return list(self.results)
