"""Real nodes for tests: homes, commands typed on them, services as processes of their own.

    machine = make_node("hq")            # the fixture; a home below tmp_path, with a free port
    machine.atsn("group", "add", "x")    # in this process: fast; .out .err .code .json
    machine.process("diff")              # the same as a process of its own, which starts at once
    machine.started("diff")              # the same as Python starts it anew: slow
    machine.serve()                      # `atsn serve`; ended after the test
    acquaint(hq, web1, grants="push")    # each knows the other

In a running event loop:

    machine = await make_node.make("hq")
    async with machine.open() as node:   # the Node itself
    await introduce(hq, web1, "push")    # hq can connect to web1, which grants it that
    await eventually(condition)
"""

import asyncio
import contextlib
import inspect
import io
import json
import os
import random
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from atsn_tui.cli.main import main
from atsn_tui.home.config_change import change
from atsn_tui.home.home import Home
from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.store import groups, tasks
from tests.forking import Fork, shared

T = TypeVar("T")

ADA = Actor("ada", "test")
"""Who acts on nodes that are opened in this process."""

PATIENCE = 40.0
"""Seconds until a condition that should come true is given up."""


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The one JSON error on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        error: dict[str, str] = json.loads(lines[0])["error"]
        return error

    def ok(self) -> "Outcome":
        """The outcome itself, after checking that the command succeeded."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


def atsn(*words: str, stdin: bytes = b"") -> Outcome:
    """Type a command, in this process. Not from a running event loop."""
    out, err = _stream(), _stream()
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with _standing_in(given, out, err):
        code = main(list(words))
    return Outcome(code, _written(out), _written(err))


def process(*words: str) -> Outcome:
    """Type a command, as a process of its own, forked from one that has the program loaded."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        fork = shared().start(*words, files=(out.fileno(), err.fileno()))
        try:
            code = fork.wait(1.5 * PATIENCE)
        except subprocess.TimeoutExpired:
            fork.kill()
            raise
        out.seek(0)
        err.seek(0)
        return Outcome(code, out.read().decode(), err.read().decode())


def started(*words: str, environ: Mapping[str, str] | None = None) -> Outcome:
    """Type a command, as a process that Python starts anew, in this environment and what is given beside it."""
    done = subprocess.run(
        [sys.executable, "-m", "atsn_tui", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **(environ or {})},
        timeout=1.5 * PATIENCE,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass
class Machine:
    """A machine with a node on it."""

    name: str
    home: Path
    identity: dict[str, Any] = field(default_factory=dict)
    service: "Fork | subprocess.Popen[bytes] | None" = None

    def atsn(self, *words: str, stdin: bytes = b"") -> Outcome:
        """Type a command on this node, in this process."""
        return atsn("--home", str(self.home), *words, stdin=stdin)

    def process(self, *words: str) -> Outcome:
        """Type a command on this node, as a process of its own."""
        return process("--home", str(self.home), *words)

    def started(self, *words: str, environ: Mapping[str, str] | None = None) -> Outcome:
        """Type a command on this node, as a process that Python starts anew."""
        return started("--home", str(self.home), *words, environ=environ)

    def add_task(self, group: str, name: str, command: str = "true", *options: str) -> dict[str, Any]:
        """Add a task; its JSON form."""
        words = ("task", "add", group, name, "--command", command, *options, "--json")
        form: dict[str, Any] = self.atsn(*words).ok().json
        return form

    def digest(self, group: str) -> str:
        """The digest of a group here."""
        digest: str = self.atsn("group", "show", group, "--json").ok().json["digest"]
        return digest

    def names(self, group: str) -> set[str]:
        """The names of a group's tasks here."""
        return {task["name"] for task in self.atsn("task", "list", group, "--json").ok().json}

    def open(self, actor: Actor = ADA) -> contextlib.AbstractAsyncContextManager[Node]:
        """The node, open in this process: `async with machine.open() as node`."""
        return Node.open(Home(self.home), actor)

    def configure(self, key: str, value: Any) -> None:
        """Change the node's config.toml."""
        change(Home(self.home).config_file, {key: value})

    def stored_digest(self, group_id: str) -> str | None:
        """The digest of a group as it is stored, without opening the node; None where there is no such group."""
        with self.database() as db:
            found = db.execute("SELECT digest FROM groups WHERE id = ?", (group_id,)).fetchone()
        return None if found is None else bytes(found[0]).hex()

    def dump(self) -> str:
        """All that the database holds, as text."""
        with self.database() as db:
            return "\n".join(db.iterdump())

    def check_sound(self) -> None:
        """Assert that the database is whole, and that what is kept up to date is what a recomputation gives."""
        with self.database() as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for row in groups.list_groups(db):
                rows = [each.record.row for each in tasks.list_tasks(db, row.id)]
                assert row.digest == group_digest(row.id, row.settings.row, bucket_hashes(rows))
                assert row.tasks == len(rows)

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The node's database, to be read past the program."""
        # Not with "with" alone: that ends a transaction, and leaves the connection open.
        with contextlib.closing(sqlite3.connect(f"file:{self.home / 'atsn.db'}?mode=ro", uri=True)) as db:
            yield db

    def serve(self, anew: bool = False) -> str:
        """Start the service (`anew`: as Python starts it) and wait until it is ready; the line it prints then."""
        words = ("--home", str(self.home), "serve")
        log = self.home.parent / f"{self.name}.err"
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as told, open(writing, "wb") as out, log.open("wb") as err:
            if anew:
                command = [sys.executable, "-m", "atsn_tui", *words]
                self.service = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            else:
                self.service = shared().start(*words, files=(out.fileno(), err.fileno()))
            out.close()
            ready, _, _ = select.select([told], [], [], PATIENCE)
            line = told.readline().decode() if ready else ""
        assert line, log.read_text()
        return line.rstrip("\n")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the service; its exit code."""
        service, self.service = self.service, None
        assert service is not None
        service.send_signal(number)
        try:
            return service.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()
            raise


class Machines:
    """Makes machines below a directory, and ends what runs on them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: list[Machine] = []

    def __call__(self, name: str, listen: bool = True) -> Machine:
        """A new node of that name, with a free port unless it shall not listen."""
        machine = Machine(name, self._directory / name)
        options = ("--listen", f"127.0.0.1:{free_port()}") if listen else ()
        machine.identity = machine.atsn("init", "--name", name, *options, "--json").ok().json
        self._made.append(machine)
        return machine

    async def make(self, name: str, listen: bool = True) -> Machine:
        """The same in a running event loop."""
        machine = Machine(name, self._directory / name)
        address = f"127.0.0.1:{free_port()}" if listen else None
        machine.identity = msgspec.to_builtins(await Node.init(Home(machine.home), name, address))
        self._made.append(machine)
        return machine

    def close(self) -> None:
        """End every service that still runs."""
        for machine in self._made:
            if machine.service is not None:
                machine.stop()


def acquaint(one: Machine, other: Machine, grants: str = "pull,push,status") -> None:
    """Make two nodes known to each other; each may do there what the grants say."""
    for here, there in ((one, other), (other, one)):
        known = there.identity
        words = ["peer", "add", there.name, "--key", known["public_key"], "--grant", grants]
        if known["listen"]:
            words += ["--address", known["listen"], "--host-key", known["host_key"]]
        here.atsn(*words).ok()


async def introduce(here: Machine, there: Machine, *grants: str, address: str | None = None) -> None:
    """Let `here` connect to `there`, at its own address or at `address`; there it gets the grants."""
    async with here.open() as node:
        await node.peers.add(
            there.name,
            there.identity["public_key"],
            address=address or there.identity["listen"],
            host_key=there.identity["host_key"],
        )
    async with there.open() as node:
        await node.peers.add(here.name, here.identity["public_key"], grants=grants)


def free_port() -> int:
    """A port at 127.0.0.1 that nobody listens on just now; the system gives it to no connection either."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until the condition holds; fail when patience is over."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"not within {patience} s: {condition}"
        time.sleep(0.02)


async def eventually(condition: Callable[[], T | Awaitable[T]], patience: float = PATIENCE) -> T:
    """What the condition returns, as soon as that is true; fail when patience is over."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        value: Any = await found if inspect.isawaitable(found) else found
        if value:
            return value  # type: ignore[no-any-return]
        assert time.monotonic() < end, f"not within {patience} s: {condition}"
        await asyncio.sleep(0.02)


async def end(task: "asyncio.Task[None]") -> None:
    """Cancel a task until it has ended: one cancellation can be lost in a time-out that ends at the same moment."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode()


@contextlib.contextmanager
def _standing_in(stdin: Any, stdout: Any, stderr: Any) -> Iterator[Sequence[Any]]:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
    try:
        yield before
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
