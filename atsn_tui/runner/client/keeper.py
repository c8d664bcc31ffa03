"""The keeper as the service sees it: order runs, hear how they end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from atsn_tui.errors import AtsnError, Refused, Unreachable
from atsn_tui.home.home import Home
from atsn_tui.model.version import VERSION
from atsn_tui.runner.client.connection import Connection, check_size, mismatch
from atsn_tui.runner.client.launch import launch
from atsn_tui.runner.places import check_run_id, keeper_lock
from atsn_tui.runner.spec import Ended, EndTold, Greeting, Hello, Living, Message, RunSpec, Started, Stopping

_TRIES = 20
_PAUSE = 0.05
"""Seconds between looks for a keeper that is leaving or arriving."""

_LEAVING = 2.0
"""Seconds for an idle keeper to leave when it is asked to."""

_REMEMBERED = 10_000


class Keeper:
    """A node's keeper. When it is lost or leaves, another is started, and orders without an answer are repeated.

    Every order ends in exactly one `Ended` per connected service, to be acknowledged when it is recorded.
    """

    def __init__(self, home: Home, version: str, linger: float | None) -> None:
        self.pid = 0
        """The keeper's process."""
        self.version = ""
        """The keeper's version. Another than ours is replaced as soon as no run lives."""
        self._home: Path = home.path
        self._our_version = version
        self._linger = linger
        self._connection: Connection | None = None
        self._living: dict[str, Living] = {}
        self._starts: dict[str, tuple[RunSpec, asyncio.Future[Started]]] = {}
        self._stops: dict[str, asyncio.Future[bool]] = {}
        self._told: set[str] = set()
        self._acknowledged: dict[str, None] = {}
        """The latest, in order: an acknowledgement may be lost together with the keeper."""
        self._ends: asyncio.Queue[Ended | AtsnError] = asyncio.Queue()
        self._return: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def connect(cls, home: Home, *, version: str = VERSION, linger: float | None = None) -> Self:
        """Speak to the home's keeper, and start one if none lives.

        VersionMismatch: one lives that cannot be understood, and has runs. AtsnError: none can be started.
        `linger` is how many seconds a new keeper waits for another service when there is nothing to do.
        """
        keeper = cls(home, version, linger)
        await keeper._find()
        return keeper

    async def start(self, spec: RunSpec) -> Started:
        """Begin a run; return when its program began, or could not (then `pid` is None, and an Ended follows).

        BadInput: the order is too long to be sent.
        """
        self._check_open()
        check_size(spec)
        if spec.run in self._starts:
            raise Refused(f"run {spec.run} is being started already")
        future: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        self._starts[spec.run] = (spec, future)
        self._acknowledged.pop(spec.run, None)
        self._send(spec)
        return await asyncio.shield(future)

    async def stop(self, run: str) -> bool:
        """TERM, and KILL after the run's `kill_after`; whether there is such a run. Its Ended follows."""
        self._check_open()
        check_run_id(run)
        future = self._stops.get(run)
        if future is None:
            future = self._stops[run] = asyncio.get_running_loop().create_future()
            self._send({"op": "stop", "run": run})
        return await asyncio.shield(future)

    def living(self) -> list[Living]:
        """The runs whose program began and whose end was not told yet, oldest first."""
        return list(self._living.values())

    def untold(self) -> list[Ended]:
        """The ends that are known by now, oldest first; `ends` does not tell them again."""
        found: list[Ended] = []
        while not self._ends.empty():
            ended = self._ends.get_nowait()
            if isinstance(ended, AtsnError):
                self._ends.put_nowait(ended)
                break
            found.append(ended)
        return found

    async def ends(self) -> AsyncIterator[Ended]:
        """Each end once. AtsnError if the keeper is lost and none can be started again."""
        while True:
            ended = await self._ends.get()
            if isinstance(ended, AtsnError):
                self._ends.put_nowait(ended)  # it is for everybody who asks
                raise ended
            yield ended

    def acknowledge(self, *runs: str) -> None:
        """These ends are recorded: the keeper forgets them, all but the output."""
        self._told.difference_update(runs)
        self._acknowledged.update(dict.fromkeys(runs))
        while len(self._acknowledged) > _REMEMBERED:
            del self._acknowledged[next(iter(self._acknowledged))]
        self._send({"op": "acknowledge", "runs": runs})

    async def close(self, *, retire: bool = False) -> None:
        """Let go. Runs live on, and a later service learns how they ended.

        With `retire` a keeper that has nothing to do leaves now, not after a while.
        """
        self._closed = True
        if self._return is not None:
            self._return.cancel()
            # Not awaited itself: its being cancelled and our being cancelled would look the same.
            await asyncio.wait([self._return])
        connection = self._connection
        if connection is not None:
            if retire and not self._living and not self._starts:
                connection.send({"op": "retire"})
                await _leaves(connection)
            connection.close()
            await connection.closed.wait()
        self._fail(Unreachable("the keeper was let go"))

    async def _find(self) -> None:
        """Connect; start a keeper where none is, and replace an idle one of another version."""
        reason: Exception | None = None
        ours = False
        for _ in range(_TRIES):
            try:
                connection = await Connection.open(self._home)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                reason = error
                ours = await launch(self._home, linger=self._linger)
                if not ours:
                    await asyncio.sleep(_PAUSE)
                continue
            except OSError as error:
                raise Unreachable(f"the keeper of {self._home} cannot be reached: {error}") from error
            try:
                if await self._meet(connection, ours):
                    return
            except ConnectionError as error:
                reason = error
            await asyncio.sleep(_PAUSE)
        raise Unreachable(
            f"the keeper of {self._home} cannot be spoken to ({self._last_keeper()}): see keeper.log there, "
            "and end that process"
        ) from reason

    def _last_keeper(self) -> str:
        """The keeper that lives, or lived last."""
        try:
            return f"process {int(Path(keeper_lock(str(self._home))).read_text())}"
        except (OSError, ValueError):
            return "which process it is is not known"

    async def _meet(self, connection: Connection, ours: bool) -> bool:
        """Whether this keeper is to be used. One that we started is, even if the program was upgraded meanwhile."""
        try:
            greeting, hello = await connection.greet(self._our_version)
        except BaseException:
            connection.close()
            raise
        if hello is None or (greeting.version != self._our_version and not ours):
            connection.send({"op": "retire"})
            if greeting.runs == 0 and await _leaves(connection):
                return False
            if hello is None:
                connection.close()
                raise mismatch(self._home, greeting)
        self._use(connection, greeting, hello)
        return True

    def _use(self, connection: Connection, greeting: Greeting, hello: Hello) -> None:
        """Take over what the keeper knows, and repeat what it may not have heard."""
        self.pid, self.version = greeting.pid, greeting.version
        self._connection = connection
        self._living = {life.run: life for life in hello.living}
        for ended in hello.ends:
            if ended.run in self._acknowledged:
                self._send({"op": "acknowledge", "runs": [ended.run]})
            else:
                self._end(ended)
        for spec, _ in self._starts.values():
            self._send(spec)
        for run in self._stops:
            self._send({"op": "stop", "run": run})
        connection.listen(self._hear, self._lose)

    def _hear(self, message: Message) -> None:
        match message:
            case Started(run=run, pid=int(pid)):
                self._living[run] = Living(run, pid, message.started_at)
                self._answer(message)
            case EndTold(end=ended):
                self._end(ended)
            case Stopping(run=run, found=found):
                if (future := self._stops.pop(run, None)) is not None and not future.done():
                    future.set_result(found)

    def _end(self, ended: Ended) -> None:
        run = ended.run
        self._living.pop(run, None)
        self._answer(Started(run, ended.pid, ended.started_at or 0))
        if run not in self._told and run not in self._acknowledged:
            self._told.add(run)
            self._ends.put_nowait(ended)

    def _answer(self, started: Started) -> None:
        _, future = self._starts.pop(started.run, (None, None))
        if future is not None and not future.done():
            future.set_result(started)

    def _lose(self) -> None:
        """The keeper left or was killed."""
        self._connection = None
        if not self._closed and (self._return is None or self._return.done()):
            self._return = asyncio.get_running_loop().create_task(self._come_back())

    async def _come_back(self) -> None:
        try:
            await self._find()
            while self._connection is None:
                # The new one was lost before it could be used.
                await asyncio.sleep(_PAUSE)
                await self._find()
        except AtsnError as error:
            self._give_up(error)
        except Exception as error:
            # Who waits for an answer must hear of it, whatever it is.
            self._give_up(AtsnError(f"the keeper of {self._home} is lost, by a fault of ours: {error!r}"))

    def _give_up(self, error: AtsnError) -> None:
        self._closed = True
        self._fail(error)
        self._ends.put_nowait(error)

    def _fail(self, error: AtsnError) -> None:
        waiting: list[asyncio.Future[Any]] = [future for _, future in self._starts.values()]
        waiting += self._stops.values()
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()  # looked at: whoever waits gets it all the same
        self._starts.clear()
        self._stops.clear()

    def _send(self, message: object) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def _check_open(self) -> None:
        if self._closed:
            raise Unreachable("the keeper was let go, or is lost: connect again")


async def _leaves(connection: Connection) -> bool:
    """Whether the keeper leaves, as an idle one does when it is asked to."""
    try:
        async with asyncio.timeout(_LEAVING):
            await connection.closed.wait()
    except TimeoutError:
        return False
    return True
