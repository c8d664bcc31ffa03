"""A real mail server for the tests, in their own event loop."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "atsn", "pa ss&wörd"

Answers = dict[str, str]


class PostOffice:
    """Keeps the envelopes that it took. `answers` replaces its answer for an address, to `DATA` or to `MAIL`."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.users: list[str | None] = []
        self.answers: Answers = {}
        self.port = 0

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 sender ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.envelopes.append(envelope)
        self.encrypted.append(
            session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
        )
        self.users.append(session.auth_data.login.decode() if session.authenticated else None)
        return "250 taken"


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=data)


@asynccontextmanager
async def post_office(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, login: bool = False
) -> AsyncIterator[PostOffice]:
    """A running mail server on a free port of 127.0.0.1."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if login:
        options |= {"authenticator": _check, "auth_required": True, "auth_require_tls": not tls}

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # It does not see that a line which is TLS from the start is safe.
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
            return SMTP(office, hostname="post.test", loop=loop, **options)

    listener = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    office.port = listener.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        listener.close()
        await listener.wait_closed()


@asynccontextmanager
async def odd_server(behave: Any, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that behaves as told: `await behave(reader, writer)`. Yields its port."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await listener.wait_closed()
