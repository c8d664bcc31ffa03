"""Who is connected to our server, from the first packet on: counted, limited, and cut off on demand."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

import asyncssh

from atsn_tui.errors import AtsnError, Unreachable
from atsn_tui.home import keys
from atsn_tui.home.address import neighbourhood
from atsn_tui.transport.channel import Channel, Identity
from atsn_tui.transport.door import Door
from atsn_tui.transport.framed import FramedChannel
from atsn_tui.transport.limits import Limits
from atsn_tui.transport.quietlog import QuietLog
from atsn_tui.transport.ssh import (
    JOIN_MESSAGE,
    JOIN_SUBSYSTEM,
    JOIN_USER,
    KEY_TYPE,
    SUBSYSTEM,
    Feeding,
    public_line,
)
from atsn_tui.transport.sweep import sweep

Only = Callable[[str, object], bool]
"""Chooses connections by their IP address and what is known of the peer since it logged in."""

_LEAVE_TIMEOUT = 5.0


def everybody(address: str, known: object) -> bool:
    """All connections."""
    return True


class Guests:
    """All connections of one server."""

    def __init__(
        self,
        authorize: Callable[[str, str], Awaitable[object]],
        serve: Callable[[Channel], Awaitable[None]],
        limits: Limits,
        log: QuietLog,
        door: Door | None = None,
    ) -> None:
        self.authorize = authorize
        self.door = door
        self.limits = limits
        self.log = log
        self._serve = serve
        self._logins: dict[Login, None] = {}
        """All connections, oldest first."""
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._tasks: dict[asyncio.Task[None], Login] = {}
        """What serves channels, and whose."""
        self._leaving = False

    def arrive(self, login: "Login") -> str | None:
        """Count a new connection; if it is one too many, say why."""
        waiting = [other for other in self._logins if not other.done and not other.unwanted]
        self._logins[login] = None
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().create_task(
                sweep(self._logins, self.limits, self.log)
            )
        if self._leaving:
            return "the server is closing"
        if [other.place for other in waiting].count(login.place) >= self.limits.logging_in_per_address:
            return f"too many connections from {login.address} are logging in"
        if len(waiting) >= self.limits.logging_in:
            self._make_room(waiting)
        return None

    def _make_room(self, waiting: "list[Login]") -> None:
        """End one that is logging in: who is let in needs a moment for that, who holds places keeps them."""
        crowd = Counter(login.place for login in waiting)
        most = max(crowd.values())
        oldest = next(login for login in waiting if crowd[login.place] == most)
        text = f"{oldest.address}: it was the oldest of too many that are logging in"
        self.log.write(logging.WARNING, "connections over a limit", text)
        oldest.abort()

    def turns(self, key: str) -> asyncio.Semaphore:
        """What limits how much of that peer is worked on at once."""
        return self._turns.setdefault(key, asyncio.Semaphore(self.limits.requests_per_key))

    def depart(self, login: "Login") -> None:
        """A connection has ended."""
        self._logins.pop(login, None)

    def connections_of(self, key: str) -> int:
        """How many logged-in connections the peer has."""
        return sum(login.done and not login.joining and login.key == key for login in self._logins)

    def may_join(self, address: str) -> bool:
        """Whether one more connection from that address may use an invite."""
        there = [login.address for login in self._logins if login.done and login.joining]
        return len(there) < self.limits.joining and there.count(address) < self.limits.joining_per_address

    def may_open(self, key: str) -> bool:
        """Whether that peer may open one more channel."""
        channels = sum(len(login.sessions) for login in self._logins if login.key == key)
        return not self._leaving and channels < self.limits.channels_per_key

    def serve(self, channel: FramedChannel, login: "Login") -> None:
        """Serve a channel in a task of its own."""
        serve = self.door.serve if login.joining and self.door else self._serve
        task = asyncio.get_running_loop().create_task(self._serve_and_close(serve, channel))
        self._tasks[task] = login
        task.add_done_callback(self._forget)

    async def cut(self, key: str, only: Only = everybody) -> bool:
        """End such connections that use that key or have just offered it; whether there are any."""

        def meant(login: Login) -> bool:
            return login.key == key and only(login.address, login.known)

        for task in [task for task, login in self._tasks.items() if meant(login)]:
            task.cancel()
        logins = [login for login in self._logins if meant(login)]
        await _end(logins)
        return bool(logins)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)

    async def leave(self) -> None:
        """Cancel what serves channels, wait for it, and end all connections."""
        self._leaving = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _end(list(self._logins))

    async def _serve_and_close(
        self, serve: Callable[[Channel], Awaitable[None]], channel: FramedChannel
    ) -> None:
        try:
            await serve(channel)
        except Unreachable:
            pass  # The peer has ended the channel, which is how most of them end.
        except AtsnError as error:
            self.log.write(logging.WARNING, "channels that ended with an error", str(error))
        except Exception as error:
            self.log.write(logging.ERROR, "channels that failed", "serving a channel failed", error)
        finally:
            await channel.close()


async def _end(logins: list["Login"]) -> None:
    for login in logins:
        login.abort()
    if logins:
        await asyncio.wait([login.gone for login in logins], timeout=_LEAVE_TIMEOUT)


class Login(asyncssh.SSHServer):
    """One connection: only a key that is authorized gets in, and only the subsystem is behind that door."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests
        self._connection: asyncssh.SSHServerConnection | None = None
        self._attempts = 0
        self.address = ""
        self.place = ""
        """The address, or the /64 that it is in."""
        self.unwanted = False
        """Whether it was told to end."""
        self.key: str | None = None
        """The key that was offered last; the peer's own once `done`."""
        self.known: object = None
        """What was known of the peer with that key when it was asked for last; None until then."""
        self.done = False
        self.joining = False
        """Whether it logs in to use an invite, and gets nothing else."""
        self.sessions: set[Session] = set()
        """Its open channels."""
        self.opened = False
        """Whether it has ever opened one."""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def abort(self) -> None:
        """End the connection now."""
        self.unwanted = True
        if self._connection is not None:
            self._connection.abort()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A stranger has connected."""
        self._connection = conn
        # A connection that has ended already has no address any more.
        self.address = str((conn.get_extra_info("peername") or ("",))[0]).partition("%")[0]
        self.place = neighbourhood(self.address)
        if (reason := self._guests.arrive(self)) is not None:
            self._guests.log.write(logging.WARNING, "connections over a limit", f"{self.address}: {reason}")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._guests.depart(self)
        if not self.gone.done():
            self.gone.set_result(None)

    def begin_auth(self, username: str) -> bool:
        """Any user name is fine, one asks for the door of invites, and none gets in without a key."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are the only way in."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether that key may log in from here. That it is the peer's own is proven afterwards."""
        self.key = self.known = None
        self._attempts += 1
        if self._attempts > self._guests.limits.attempts:
            self._refuse("logins with too many keys", "tried too many keys")
            self.abort()
            return False
        if key.algorithm.decode("ascii") != KEY_TYPE:
            self._refuse("logins refused", "offered a key of another type")
            return False
        # Noted before the question is asked, so that `cut` finds who is between question and answer.
        self.key = line = public_line(key)
        # A login offers user name and key together, so the last offer says what the proven key is for.
        door = self._guests.door if username == JOIN_USER else None
        self.joining = door is not None
        authorize = self._guests.authorize if door is None else door.admits
        try:
            known = await authorize(line, self.address)
        except Exception as error:
            text = f"{self.address}: could not decide on {keys.fingerprint(line)}"
            self._guests.log.write(logging.ERROR, "logins that could not be decided", text, error)
            return False
        if not known:
            self._refuse("logins refused", f"the key {keys.fingerprint(line)} may not log in")
        if self.key != line:
            return False
        self.known = known
        return bool(known)

    def auth_completed(self) -> None:
        """The key offered last has been proven to be the peer's own."""
        key = self.key
        if key is None or self._connection is None:
            self.abort()
            return
        if self.joining:
            self._begin_joining(self._connection)
            return
        if self._guests.connections_of(key) >= self._guests.limits.connections_per_key:
            self._refuse("connections over a limit", f"{keys.fingerprint(key)} has too many connections")
            self._connection.disconnect(
                asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections of this key"
            )
            return
        self.done = True

    def _begin_joining(self, connection: asyncssh.SSHServerConnection) -> None:
        if not self._guests.may_join(self.address):
            self._refuse("connections over a limit", "too many connections use invites")
            connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections use invites")
            return
        self.done = True
        limit = asyncio.get_running_loop().call_later(self._guests.limits.joining_time, self.abort)
        self.gone.add_done_callback(lambda _: limit.cancel())

    def session_requested(self) -> "Session":
        """The peer opens a channel."""
        if not self.done or self.key is None or not self._guests.may_open(self.key):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "too many channels are open")
        if self.joining and self.opened:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "one channel is enough to join")
        self.opened = True
        session = Session(self._guests, Identity(self.key, self.address), self)
        self.sessions.add(session)
        return session

    def _refuse(self, kind: str, text: str) -> None:
        self._guests.log.write(logging.INFO, kind, f"{self.address}: {text}")


class Session(Feeding, asyncssh.SSHServerSession[bytes]):
    """One channel of a peer. It must ask for our subsystem; all else is refused by asyncssh's defaults."""

    def __init__(self, guests: Guests, identity: Identity, login: Login) -> None:
        most = JOIN_MESSAGE if login.joining else None
        turns = None if login.joining else guests.turns(identity.public_key)
        super().__init__(FramedChannel(f"the peer at {identity.address}", identity, most, turns))
        self._login = login
        self._guests = guests
        self._impatience: asyncio.TimerHandle | None = None

    @property
    def unsent(self) -> int:
        """Bytes of answers that have not left yet."""
        return 0 if self._wire is None else self._wire.unsent

    def connection_made(self, chan: "asyncssh.SSHServerChannel[bytes]") -> None:
        """The channel is open, and has a little time to say what for."""
        super().connection_made(chan)
        loop = asyncio.get_running_loop()
        self._impatience = loop.call_later(self._guests.limits.request_timeout, chan.close)

    def subsystem_requested(self, subsystem: str) -> bool:
        """Ours is the only one."""
        return subsystem == (JOIN_SUBSYSTEM if self._login.joining else SUBSYSTEM)

    def session_started(self) -> None:
        """Our subsystem was asked for."""
        if self._impatience is not None:
            self._impatience.cancel()
        self._guests.serve(self.channel, self._login)

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel has ended."""
        if self._impatience is not None:
            self._impatience.cancel()
        self._login.sessions.discard(self)
        super().connection_lost(exc)
