"""How the main screen keeps itself up to date, and carries out what changes something."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from textual import work

from atsn_tui.console.main.sidebar import FolderItem, GroupItem, PeerItem
from atsn_tui.console.main.view import MainView
from atsn_tui.node.views import GroupView

_TICK = 10.0
"""Seconds after which relative times are said anew."""

_SECOND = 1.0
"""Seconds after which the length of what runs is said anew."""

_RETRY = 5.0
"""Seconds until the node is asked again after it failed."""


class Refreshing(MainView):
    """Listens to the node, and reads what the screen needs."""

    def begin(self) -> None:
        """Begin to listen."""
        self._listen()
        self.set_interval(_TICK, self._tick)
        self.set_interval(_SECOND, self._tick_runs)

    @work(group="listen", exclusive=True, exit_on_error=False)
    async def _listen(self) -> None:
        while True:
            with self.desk.reporting(self):
                async for _ in self.desk.node.changes():
                    await self._reload()
            await asyncio.sleep(_RETRY)

    async def _reload(self) -> None:
        status = await self.desk.node.status()
        self.book.take(status)
        self.status = status
        self.set_class(not status.groups and not status.peers, "-empty")
        self.show_sidebar()
        self.show_notices()
        self.show_right()
        self.go_to_wanted()
        self.details.reload()

    def refresh_soon(self) -> None:
        """Ask the node now, after a change of our own."""
        self._refresh_now()

    @work(group="refresh", exclusive=True, exit_on_error=False)
    async def _refresh_now(self) -> None:
        with self.desk.reporting(self):
            await self._reload()

    def show_right(self) -> None:
        """Show what the place in the sidebar holds; what is not known yet, or no longer, is read."""
        item = self.sidebar.current
        self.set_class(isinstance(item, PeerItem), "-peer")
        if isinstance(item, PeerItem):
            self.link_pane.show(item.peer, self.book.links_with(item.peer))
        elif isinstance(item, GroupItem | FolderItem):
            folder = item.path if isinstance(item, FolderItem) else ""
            self.task_pane.show(item.group, folder, self.book.tasks(item.group))
            self.show_last(item.group)
            if self.book.fresh(item.group):
                self._read_last(item.group)
            else:
                self._read_tasks(item.group)
        else:
            self.task_pane.show(None, "", None)
        self.show_details()

    @work(group="tasks", exclusive=True, exit_on_error=False)
    async def _read_tasks(self, group: GroupView) -> None:
        with self.desk.reporting(self):
            self.book.load(group, await self.desk.node.tasks.list(group.id))
            self.show_sidebar()
            self.show_right()
            self.go_to_wanted()

    @work(group="last", exclusive=True, exit_on_error=False)
    async def _read_last(self, group: GroupView) -> None:
        with self.desk.reporting(self):
            self.book.last[group.id] = await self.desk.node.runs.last(group.id)
            self.show_last(group)
            self.show_details()

    def _tick_runs(self) -> None:
        if self.task_pane.list.moving:
            self.task_pane.list.refresh()
            self.show_details()
        self.details.tick()

    def _tick(self) -> None:
        if self.status is not None:
            self.task_pane.list.refresh()
            self.link_pane.list.refresh()
            self.show_details()

    def do(self, work: Coroutine[Any, Any, Any], asks: bool = True) -> None:
        """Carry out something that may fail, then look at the node again; of things that ask, one at a time."""
        if asks and any(worker.group == "ask" and worker.is_running for worker in self.workers):
            work.close()  # the same key again, before its dialog was there
            return
        self.run_worker(self._carry_out(work), group="ask" if asks else "do", exit_on_error=False)

    async def _carry_out(self, work: Coroutine[Any, Any, Any]) -> None:
        with self.desk.reporting(self):
            await work
        self.refresh_soon()
