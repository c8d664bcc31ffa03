"""Logging in to our server, and the one subsystem that is behind it."""

import asyncio
import logging

import asyncssh

from atsn_tui.home import keys
from atsn_tui.home.address import neighbourhood
from atsn_tui.transport.channel import Identity
from atsn_tui.transport.connection_table import ConnectionTable
from atsn_tui.transport.framed import FramedChannel
from atsn_tui.transport.ssh import (
    JOIN_MESSAGE,
    JOIN_SUBSYSTEM,
    JOIN_USER,
    KEY_TYPE,
    SUBSYSTEM,
    Feeding,
    public_line,
)


class Login(asyncssh.SSHServer):
    """One connection: only a key that is authorized gets in, and only the subsystem is behind that door."""

    def __init__(self, table: ConnectionTable) -> None:
        self._table = table
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
        if (reason := self._table.arrive(self)) is not None:
            self._table.log.write(logging.WARNING, "connections over a limit", f"{self.address}: {reason}")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._table.depart(self)
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
        if self._attempts > self._table.limits.attempts:
            self._refuse("logins with too many keys", "tried too many keys")
            self.abort()
            return False
        if key.algorithm.decode("ascii") != KEY_TYPE:
            self._refuse("logins refused", "offered a key of another type")
            return False
        # Noted before the question is asked, so that `cut` finds who is between question and answer.
        self.key = line = public_line(key)
        # A login offers user name and key together, so the last offer says what the proven key is for.
        door = self._table.door if username == JOIN_USER else None
        self.joining = door is not None
        authorize = self._table.authorize if door is None else door.admits
        try:
            known = await authorize(line, self.address)
        except Exception as error:
            text = f"{self.address}: could not decide on {keys.fingerprint(line)}"
            self._table.log.write(logging.ERROR, "logins that could not be decided", text, error)
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
        if self._table.connections_of(key) >= self._table.limits.connections_per_key:
            self._refuse("connections over a limit", f"{keys.fingerprint(key)} has too many connections")
            self._connection.disconnect(
                asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections of this key"
            )
            return
        self.done = True

    def _begin_joining(self, connection: asyncssh.SSHServerConnection) -> None:
        if not self._table.may_join(self.address):
            self._refuse("connections over a limit", "too many connections use invites")
            connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections use invites")
            return
        self.done = True
        limit = asyncio.get_running_loop().call_later(self._table.limits.joining_time, self.abort)
        self.gone.add_done_callback(lambda _: limit.cancel())

    def session_requested(self) -> "Session":
        """The peer opens a channel."""
        if not self.done or self.key is None or not self._table.may_open(self.key):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "too many channels are open")
        if self.joining and self.opened:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "one channel is enough to join")
        self.opened = True
        session = Session(self._table, Identity(self.key, self.address), self)
        self.sessions.add(session)
        return session

    def _refuse(self, kind: str, text: str) -> None:
        self._table.log.write(logging.INFO, kind, f"{self.address}: {text}")


class Session(Feeding, asyncssh.SSHServerSession[bytes]):
    """One channel of a peer. It must ask for our subsystem; all else is refused by asyncssh's defaults."""

    def __init__(self, table: ConnectionTable, identity: Identity, login: Login) -> None:
        most = JOIN_MESSAGE if login.joining else None
        turns = None if login.joining else table.turns(identity.public_key)
        super().__init__(FramedChannel(f"the peer at {identity.address}", identity, most, turns))
        self._login = login
        self._table = table
        self._impatience: asyncio.TimerHandle | None = None

    @property
    def unsent(self) -> int:
        """Bytes of answers that have not left yet."""
        return 0 if self._wire is None else self._wire.unsent

    def connection_made(self, chan: "asyncssh.SSHServerChannel[bytes]") -> None:
        """The channel is open, and has a little time to say what for."""
        super().connection_made(chan)
        loop = asyncio.get_running_loop()
        self._impatience = loop.call_later(self._table.limits.request_timeout, chan.close)

    def subsystem_requested(self, subsystem: str) -> bool:
        """Ours is the only one."""
        return subsystem == (JOIN_SUBSYSTEM if self._login.joining else SUBSYSTEM)

    def session_started(self) -> None:
        """Our subsystem was asked for."""
        if self._impatience is not None:
            self._impatience.cancel()
        self._table.serve(self.channel, self._login)

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel has ended."""
        if self._impatience is not None:
            self._impatience.cancel()
        self._login.sessions.discard(self)
        super().connection_lost(exc)
