"""The inviting end: who may knock, and the one exchange that is behind the door."""

import asyncio
import logging
import sqlite3

from atsn_tui.errors import AtsnError, BadInput, Refused, Unreachable, VersionMismatch
from atsn_tui.model.text import printable
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.replication import messages as frames
from atsn_tui.replication.context import Context
from atsn_tui.replication.hello import mismatch
from atsn_tui.replication.messages import Hello
from atsn_tui.replication.pairing.accept import Guest, WrongInvite, accept, called, find
from atsn_tui.replication.pairing.attempts import Attempts
from atsn_tui.replication.pairing.messages import Join, Joined, Look, Offer, decode_question
from atsn_tui.replication.plausible import check_uuid
from atsn_tui.store import invites
from atsn_tui.transport.channel import Channel
from atsn_tui.transport.quietlog import QuietLog

STEP_TIMEOUT = 10.0
"""Seconds that the other side has for each of its messages."""
MOST_QUESTIONS = 4
"""Questions that one connection may ask."""


class InviteDoor:
    """Answers nodes that come with an invite."""

    def __init__(self, context: Context, client_key: str) -> None:
        """`client_key` is the public line that this node logs in with."""
        self._context = context
        self._client_key = client_key
        self._attempts = Attempts()
        self._log = QuietLog(logging.getLogger(__name__), 10)

    async def admits(self, key: str, address: str) -> bool:
        """Whether an invite is open for that key, and that address has not tried wrong ones too often."""
        if not self._attempts.allowed(address):
            return False
        return await self._context.store.read(lambda db: invites.admits(db, key, self._context.now()))

    async def serve(self, channel: Channel) -> None:
        """Answer one channel: a Hello, then a few questions."""
        hello = frames.decode_hello(await _receive(channel))
        await channel.send(frames.encode(_hello(self._context)))
        if (hello.version, hello.atsn) != (VERSION, PROTOCOL):
            there = printable(hello.name, 60) or "the other node"
            self._note(channel, VersionMismatch(mismatch(self._context, hello, there)))
            return
        check_uuid("the node id of who joins", hello.node_id)
        guest = Guest(channel.identity.public_key, channel.identity.address, hello.node_id, hello.name)
        for _ in range(MOST_QUESTIONS):
            asked = decode_question(await _receive(channel))
            try:
                await channel.send(frames.encode(await self._answer(asked, guest)))
            except (Refused, BadInput) as error:
                self._note(channel, error)
                await channel.send(frames.encode(frames.failure(error)))
                return

    async def _answer(self, asked: Look | Join, guest: Guest) -> Offer | Joined:
        context, now = self._context, self._context.now()
        if not self._attempts.allowed(guest.address):
            raise Refused("there were too many wrong lines from your address: wait a minute, and try again")

        def decide(db: sqlite3.Connection) -> Offer | Joined | AtsnError:
            invite = find(db, asked, guest, now)
            if isinstance(invite, AtsnError):
                return invite
            if isinstance(asked, Join):
                return accept(db, invite, asked, guest, now)
            return Offer(
                context.node_id,
                context.name,
                self._client_key,
                called(db, invite, guest),
                invite.grants,
                invite.allow_from,
                invite.groups,
                invite.link.direction if invite.link else None,
                invite.until,
            )

        answer = await context.store.write(decide)
        if isinstance(answer, WrongInvite):
            self._attempts.failed(guest.address)
        if isinstance(answer, AtsnError):
            raise answer
        if isinstance(answer, Joined):
            text = f"{answer.called} has joined from {guest.address} with invite {asked.invite}"
            self._log.write(logging.INFO, "nodes that joined", text)
        return answer

    def _note(self, channel: Channel, error: AtsnError) -> None:
        text = f"{channel.identity.address}: nobody joined: {printable(str(error), 500)}"
        self._log.write(logging.WARNING, "invites refused", text)


async def _receive(channel: Channel) -> bytes:
    try:
        async with asyncio.timeout(STEP_TIMEOUT):
            return await channel.receive()
    except TimeoutError as error:
        raise Unreachable("no message in time") from error


def _hello(context: Context) -> Hello:
    """Who has not shown the secret yet hears the version, and no name."""
    return Hello(atsn=PROTOCOL, version=VERSION, node_id="", name="", clock=context.now())
