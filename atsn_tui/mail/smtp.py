"""Sending by an SMTP server, each message over a connection of its own."""

import asyncio
import re
import socket
import ssl
from contextlib import suppress

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPRecipientRefused

from atsn_tui.mail.errors import Refusal, TemporaryMailError, nobody_took_it
from atsn_tui.mail.server import PORTS, Server
from atsn_tui.mail.smtp_errors import explain, refusal_of, with_refusals
from atsn_tui.model.mail import Message

_FAREWELL = 1.0
"""How long the answer to QUIT is waited for, in seconds: the message is delivered by then."""


class Smtp:
    """Sends messages to one SMTP server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(self, message: Message) -> tuple[Refusal, ...]:
        """Deliver the message. Once the server took it, nothing that happens later is an error."""
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port or PORTS[server.security],
            timeout=server.answer_timeout,
            use_tls=server.security == "tls",
            start_tls=False,
            tls_context=await _tls_context(server),
            local_hostname=_own_name(),
        )
        line: asyncio.BaseTransport | None = None
        try:
            async with asyncio.timeout(server.total_timeout):
                await _enter(client, server)
                line = client.transport
                refusals = await _deliver(client, server, message)
        except (SMTPException, OSError, ValueError) as error:
            raise explain(error, server) from error
        else:
            await _leave(client)
            return refusals
        finally:
            _cut(client, line)


async def _tls_context(server: Server) -> ssl.SSLContext | None:
    if server.security == "none":
        return None
    try:
        return await asyncio.to_thread(_make_context, server)
    except OSError as error:
        why = "no PEM certificate is in it" if isinstance(error, ssl.SSLError) else error.strerror or error
        raise TemporaryMailError(
            f"mail server {server.place}: cannot read its authorities from {server.ca_file}: {why}",
            server_wide=True,
        ) from error


def _make_context(server: Server) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=server.ca_file)
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _enter(client: SMTP, server: Server) -> None:
    await client.connect()
    await _greet(client, server)
    if server.security == "starttls":
        if not client.supports_extension("starttls"):
            raise TemporaryMailError(
                f"mail server {server.place} offers no STARTTLS, so nothing was sent: use its port for TLS"
                f" ({server.section}.security=tls), or mend the server",
                server_wide=True,
            )
        await client.starttls()
        await client.ehlo()
    if server.login is not None:
        if not client.supported_auth_methods:
            raise TemporaryMailError(
                f"mail server {server.place} offers no login that we know (PLAIN, LOGIN, CRAM-MD5):"
                " check port and security, or take the credential away",
                server_wide=True,
            )
        await client.login(server.login.user, server.login.password)


async def _greet(client: SMTP, server: Server) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        if server.security == "starttls" or server.login is not None or not client.is_connected:
            raise
        await client.helo()


async def _deliver(client: SMTP, server: Server, message: Message) -> tuple[Refusal, ...]:
    options = [f"SIZE={len(message.content)}"] if client.supports_extension("size") else []
    await client.mail(message.sender, options=options)
    refusals: list[Refusal] = []
    for address in message.recipients:
        try:
            await client.rcpt(address)
        except SMTPRecipientRefused as error:
            refusals.append(refusal_of(error, address, server))
    refused = tuple(refusals)
    if len(refused) == len(message.recipients):
        raise nobody_took_it(f"mail server {server.place}", refused)
    try:
        await client.data(message.content)
    except (SMTPException, OSError) as error:
        raise with_refusals(explain(error, server), refused) from error
    return refused


async def _leave(client: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await client.quit(timeout=_FAREWELL)


def _cut(client: SMTP, line: asyncio.BaseTransport | None) -> None:
    """Leave no connection behind that still waits to write to a server that does not read."""
    client.close()
    if isinstance(line, asyncio.WriteTransport):
        line.abort()


def _own_name() -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", socket.gethostname()).strip("-.") or "localhost"
