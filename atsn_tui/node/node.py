"""One open node: everything that a front end can ask or change goes through here."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from atsn_tui.errors import BadInput
from atsn_tui.home import keys, locks
from atsn_tui.home.address import parse_address
from atsn_tui.home.config import Config, load
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.model.text import new_id
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.node.actor import Actor
from atsn_tui.node.core import Core
from atsn_tui.node.groups import Groups
from atsn_tui.node.links.links import Links
from atsn_tui.node.options_log import begin, notice
from atsn_tui.node.peers.peers import Peers
from atsn_tui.node.status import status
from atsn_tui.node.tasks.tasks import Tasks
from atsn_tui.node.unlock import Ask, open_store
from atsn_tui.node.views import IdentityView, StatusView
from atsn_tui.store.acting import By
from atsn_tui.store.database.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from atsn_tui.node.agenda.reading import Agenda
    from atsn_tui.node.backup.backup import BackupView
    from atsn_tui.node.doctor.check import Examination
    from atsn_tui.node.files.files import Files
    from atsn_tui.node.links.replication import Replication
    from atsn_tui.node.options import Options
    from atsn_tui.node.pairing.pairing import Pairing
    from atsn_tui.node.past.audit import Audit
    from atsn_tui.node.past.history import History
    from atsn_tui.node.runs.holds import Holds
    from atsn_tui.node.runs.runs import Runs
    from atsn_tui.node.takeover.takeover import TakeOver

POLL = 1.0
"""Seconds between two looks for changes by other processes."""


class Node:
    """A node that this process has open."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.groups = Groups(core)
        self.tasks = Tasks(core)
        self.peers = Peers(core)
        self.links = Links(core)

    @staticmethod
    async def init(home: Home, name: str | None = None, listen: str | None = None) -> IdentityView:
        """Make a node, by default named after the host; BadInput if there is one. Without `listen` it opens no port."""
        if name is None:
            name = socket.gethostname().partition(".")[0] or "node"
        with home.create(name, None if listen is None else _findable(listen)) as draft:
            store = await Store.create(draft, new_id())
            try:
                await begin(store, Actor.of(os.environ, "cli"), name)
            finally:
                await store.close()
        async with Node.open(home, Actor.of(os.environ, "cli")) as node:
            return node.identity()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, home: Home, actor: Actor, passwords: Passwords | None = None, ask: Ask | None = None
    ) -> AsyncIterator["Node"]:
        """Open the node at a home. NotFound, Refused or BadFile say why it cannot be opened.

        An encrypted one with the first of the `passwords`, by default the environment's; else a person is asked.
        """
        home.check()
        config = load(home.config_file)
        store = await open_store(home, config, passwords or Passwords.take(os.environ), ask)
        core = Core(home, config, store, actor)
        try:
            store.by = By(actor.who, actor.source)
            await notice(core)
            try:
                yield cls(core)
            except asyncio.CancelledError:
                # Who presses Ctrl-C waits for no mail: the next one sends it.
                core.office.queued.clear()
                raise
            finally:
                if not core.office.idle:
                    from atsn_tui.host.delivery import take_leave

                    await take_leave(home, config, store, core.office)
        finally:
            await store.close()

    @property
    def home(self) -> Home:
        """Where the node lives."""
        return self._core.home

    @property
    def config(self) -> Config:
        """The node's own options, as they were when it was opened."""
        return self._core.config

    @property
    def core(self) -> Core:
        """What the service needs to host this node."""
        return self._core

    @cached_property
    def replication(self) -> "Replication":
        """Previews and cycles. Loads SSH, so only on demand."""
        from atsn_tui.node.links.replication import Replication

        return Replication(self._core)

    @cached_property
    def options(self) -> "Options":
        """The options of this node alone."""
        from atsn_tui.node.options import Options

        return Options(self._core)

    @cached_property
    def pairing(self) -> "Pairing":
        """Invites, and joining with one. Loads SSH, so only on demand."""
        from atsn_tui.node.pairing.pairing import Pairing

        return Pairing(self._core)

    @cached_property
    def files(self) -> "Files":
        """Import and export. Loads the file formats, so only on demand."""
        from atsn_tui.node.files.files import Files

        return Files(self._core)

    @cached_property
    def runs(self) -> "Runs":
        """What ran, what it printed, and what to run or to stop now."""
        from atsn_tui.node.runs.runs import Runs

        return Runs(self._core)

    @cached_property
    def agenda(self) -> "Agenda":
        """What ran, what failed and what comes, on one line of time."""
        from atsn_tui.node.agenda.reading import Agenda

        return Agenda(self._core)

    @cached_property
    def holds(self) -> "Holds":
        """Pauses on this node, and why a task does not run."""
        from atsn_tui.node.runs.holds import Holds

        return Holds(self._core, self.tasks)

    @cached_property
    def history(self) -> "History":
        """What happened to groups, and undoing it."""
        from atsn_tui.node.past.history import History

        return History(self._core)

    @cached_property
    def audit(self) -> "Audit":
        """Who changed what on this node."""
        from atsn_tui.node.past.audit import Audit

        return Audit(self._core)

    @cached_property
    def takeover(self) -> "TakeOver":
        """Jobs between cron and this node. Loads the file formats, so only on demand."""
        from atsn_tui.node.takeover.takeover import TakeOver

        return TakeOver(self._core)

    def identity(self) -> IdentityView:
        """Who this node is."""
        home = self._core.home
        return IdentityView(
            node_id=self._core.store.node_id,
            name=self._core.config.name,
            public_key=keys.public_line(home.client_key),
            host_key=keys.public_line(home.host_key),
            listen=self._core.config.listen,
            version=VERSION,
            protocol=PROTOCOL,
        )

    def service_running(self) -> bool:
        """Whether a service runs for this node."""
        return locks.held(self._core.home.service_lock)

    async def status(self) -> StatusView:
        """The node at a glance."""
        return await status(self._core, self._core.home.pulse())

    async def examine(self) -> "Examination":
        """What is wrong with this node, and what to do about it. Changes nothing."""
        from atsn_tui.node.doctor.examine import examine_open

        return await examine_open(self._core)

    async def backup(self, target: "Path", *, force: bool = False) -> "BackupView":
        """Save all that makes this node in one file. BadInput: it is there already, unless by `force`."""
        from atsn_tui.node.backup.backup import backup

        return await backup(self._core, target, force=force)

    async def changes(self) -> AsyncIterator[None]:
        """Yield at once, and then whenever this or another process changed something, or the service came, went
        or fell silent."""
        seen: tuple[int, bool, bool] | None = None
        core = self._core
        while True:
            pulse = core.home.pulse()
            silent = pulse.silent_since(core.now()) is not None
            current = (await core.store.data_version(), pulse.running, silent)
            if current != seen:
                seen = current
                yield None
            await asyncio.sleep(POLL)


def _findable(listen: str) -> str:
    """The address to listen on, with its port. BadInput: peers could not be told where that is."""
    address = parse_address(listen, listening=True)
    if address.port == 0:
        raise BadInput(f"{listen!r} is another port at each start: give one, as in 0.0.0.0:8022")
    return str(address)
