"""SMTP servers that refuse, hang, speak nonsense or go away: each is a clear error within a bounded time."""

import asyncio
import base64
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from atsn_tui.errors import BadInput, Refused, Unreachable
from atsn_tui.mail.errors import PermanentMailError, TemporaryMailError
from atsn_tui.mail.server import Login, Server
from atsn_tui.mail.smtp import Smtp
from tests.mail.certificates import Authority
from tests.mail.letters import letter
from tests.mail.odd_servers import DROP, HANG, Odd
from tests.mail.post_office import PASSWORD, USER, odd_server, post_office


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def smtp(port: int, **changes: Any) -> Smtp:
    given: dict[str, Any] = {"security": "none", "answer_timeout": 20, "total_timeout": 40}
    return Smtp(Server(**{"host": "127.0.0.1", "port": port, **given, **changes}))


async def failure(
    server: Odd | Any, *, tls: Any = None, to: tuple[str, ...] = (), **changes: Any
) -> Exception:
    """The error of sending one message to an odd server."""
    message = letter(to=to or ["ops@example.org"])
    async with odd_server(server, tls=tls) as port:
        with pytest.raises((TemporaryMailError, PermanentMailError)) as caught:
            await smtp(port, **changes).send(message)
        assert f"mail server 127.0.0.1:{port}" in str(caught.value)
    return caught.value


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(
        TemporaryMailError, match=r"cannot be reached: Connection refused; check host, port and firewall"
    ) as caught:
        await smtp(port).send(letter())
    assert caught.value.server_wide


async def test_no_such_host() -> None:
    with pytest.raises(TemporaryMailError, match=r"mail server no-such-host\.invalid:25 cannot be reached"):
        await smtp(25, host="no-such-host.invalid").send(letter())


@pytest.mark.parametrize("when", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_a_server_that_hangs_is_left(when: str) -> None:
    begun = time.monotonic()
    server = Odd({when: HANG})
    error = await failure(server, answer_timeout=0.3)
    assert isinstance(error, TemporaryMailError)
    assert error.server_wide
    assert "did not answer within 0.3 s" in str(error)
    assert time.monotonic() - begun < 10
    await asyncio.wait_for(server.ended.wait(), 30)


@pytest.mark.parametrize("when", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_a_server_that_goes_away_is_tried_again(when: str) -> None:
    error = await failure(Odd({when: DROP}))
    assert isinstance(error, TemporaryMailError)
    assert error.server_wide


async def test_a_server_that_goes_away_in_the_middle_of_the_message() -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go on"):
            writer.write(answer + b"\r\n")
            await reader.readline()
        await reader.read(100)
        writer.transport.abort()

    error = await failure(drop)
    assert isinstance(error, TemporaryMailError)


async def test_a_server_that_does_not_read_the_message() -> None:
    ended = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go on"):
            writer.write(answer + b"\r\n")
            await reader.readline()
        transport: Any = writer.transport
        transport.pause_reading()
        await asyncio.sleep(0.6)
        transport.resume_reading()
        while await reader.read(1 << 16):
            pass
        ended.set()

    message = letter(text="x" * 70 + "\n", html="<p>" + "long " * 90_000 + "</p>")
    async with odd_server(stall) as port:
        with pytest.raises(TemporaryMailError, match="did not answer"):
            await smtp(port, answer_timeout=0.4).send(message)
        await asyncio.wait_for(ended.wait(), 30)


async def test_a_server_that_answers_slowly_without_end_is_left() -> None:
    begun = time.monotonic()
    to = tuple(f"user{number}@example.org" for number in range(100))
    error = await failure(Odd(pause=0.1), to=to, total_timeout=0.8)
    assert "took longer than 0.8 s" in str(error)
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\xff\xfe\x1b[31mred\r\n" * 3,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220-" + b"x" * 100_000,
        b"220-more\r\n" * 10_000,
        b"999 \r\n",
        b"\r\n",
    ],
)
async def test_a_server_that_speaks_nonsense(said: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        await reader.read(-1)

    error = await failure(speak)
    assert isinstance(error, TemporaryMailError)
    assert error.server_wide
    assert str(error).isprintable()
    assert len(str(error)) < 600


@pytest.mark.parametrize("answer", ["421 too busy", "554 go away"])
async def test_a_server_that_takes_nobody_is_tried_again(answer: str) -> None:
    error = await failure(Odd({"connect": answer}))
    assert isinstance(error, TemporaryMailError)
    assert error.server_wide
    assert answer in str(error)


@pytest.mark.parametrize(
    ("when", "answer", "kind", "server_wide"),
    [
        ("MAIL", "550 not from you", PermanentMailError, None),
        ("MAIL", "451 not now", TemporaryMailError, False),
        ("MAIL", "421 closing", TemporaryMailError, True),
        ("MAIL", "530 login first", TemporaryMailError, True),
        (".", "554 spam", PermanentMailError, None),
        (".", "452 disk is full", TemporaryMailError, False),
        ("DATA", "552 too big", PermanentMailError, None),
    ],
)
async def test_answers_tell_whether_to_try_again(
    when: str, answer: str, kind: type, server_wide: bool
) -> None:
    error = await failure(Odd({when: answer}))
    assert isinstance(error, kind)
    assert getattr(error, "server_wide", None) == server_wide
    assert answer in str(error)


def test_mail_errors_fit_the_tree() -> None:
    assert issubclass(TemporaryMailError, Unreachable)
    assert issubclass(PermanentMailError, Refused)


@pytest.mark.parametrize("farewell", [HANG, DROP, "500 you may not leave", "nonsense"])
async def test_once_taken_nothing_is_an_error_any_more(farewell: str) -> None:
    async with odd_server(Odd({"QUIT": farewell})) as port:
        assert await smtp(port).send(letter()) == ()


async def test_refused_recipients_do_not_keep_it_from_the_others() -> None:
    async with post_office() as office:
        office.answers = {"gone@example.org": "550 no such user", "busy@example.org": "450 mailbox busy"}
        to = ["gone@example.org", "ops@example.org", "busy@example.org"]
        refusals = await smtp(office.port).send(letter(to=to))
    assert [envelope.rcpt_tos for envelope in office.envelopes] == [["ops@example.org"]]
    assert [(each.address, each.temporary) for each in refusals] == [
        ("gone@example.org", False),
        ("busy@example.org", True),
    ]
    assert str(refusals[0]) == "gone@example.org: 550 no such user"


async def test_when_nobody_took_it_one_who_may_later_makes_it_temporary() -> None:
    async with post_office() as office:
        office.answers = {"gone@example.org": "550 no such user", "busy@example.org": "450 mailbox busy"}
        with pytest.raises(TemporaryMailError) as caught:
            await smtp(office.port).send(letter(to=["gone@example.org", "busy@example.org"]))
        assert [each.temporary for each in caught.value.refusals] == [False, True]
        with pytest.raises(PermanentMailError, match=r"gone@example\.org: 550 no such user"):
            await smtp(office.port).send(letter(to=["gone@example.org"]))


async def test_refused_recipients_are_remembered_when_the_message_is_not_taken_either() -> None:
    async with post_office() as office:
        office.answers = {"gone@example.org": "550 no such user", "DATA": "451 try later"}
        with pytest.raises(TemporaryMailError) as caught:
            await smtp(office.port).send(letter(to=["gone@example.org", "ops@example.org"]))
    assert [each.address for each in caught.value.refusals] == ["gone@example.org"]


async def test_an_old_server_that_knows_only_helo() -> None:
    server = Odd({"EHLO": "500 what?", "HELO": "250 hello"})
    async with odd_server(server) as port:
        await smtp(port).send(letter())
    assert [command.split()[0] for command in server.commands] == [
        "EHLO",
        "HELO",
        "MAIL",
        "RCPT",
        "DATA",
        "QUIT",
    ]


# Encryption and login


async def test_without_starttls_nothing_is_sent() -> None:
    server = Odd({"EHLO": "250-odd.test\r\n250 AUTH PLAIN"})
    error = await failure(server, security="starttls", login=Login(USER, PASSWORD))
    assert "offers no STARTTLS, so nothing was sent" in str(error)
    assert {command.split()[0] for command in server.commands} == {"EHLO"}


async def test_a_server_that_breaks_the_tls_handshake() -> None:
    server = Odd({"EHLO": "250-odd.test\r\n250 STARTTLS", "STARTTLS": "220 go\r\n" + "no tls at all " * 20})
    error = await failure(server, security="starttls")
    assert isinstance(error, TemporaryMailError)
    assert not any("MAIL" in command for command in server.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority, security: str) -> None:
    context = authority.server_context()
    async with post_office(**{security: context}) as office:
        with pytest.raises(TemporaryMailError, match=r"certificate that does not count.*ca_file"):
            await smtp(office.port, security=security).send(letter())
        assert office.envelopes == []
        await smtp(office.port, security=security, ca_file=str(authority.ca_file)).send(letter())
        await smtp(office.port, security=security, verify=False).send(letter())
        assert office.encrypted == [True, True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_for_another_name_is_refused(authority: Authority, security: str) -> None:
    context = authority.server_context("other.example.org")
    async with post_office(**{security: context}) as office:
        with pytest.raises(TemporaryMailError, match="certificate that does not count"):
            await smtp(office.port, security=security, ca_file=str(authority.ca_file)).send(letter())
        assert office.envelopes == []


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"nonsense", "no PEM certificate")])
async def test_an_authority_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TemporaryMailError, match=f"{re.escape(str(file))}: {why}"):
        await smtp(25, security="tls", ca_file=str(file)).send(letter())


async def test_tls_on_a_port_that_speaks_none() -> None:
    error = await failure(Odd(), security="tls")
    assert "security=tls" in str(error)


async def test_a_wrong_password_is_told_and_never_shown(authority: Authority) -> None:
    async with post_office(tls=authority.server_context(), login=True) as office:
        sender = smtp(
            office.port, security="tls", ca_file=str(authority.ca_file), login=Login(USER, "wrong-secret")
        )
        with pytest.raises(
            TemporaryMailError, match=r"refused the login of 'atsn'.*check the credential"
        ) as caught:
            await sender.send(letter())
    assert caught.value.server_wide
    assert "wrong-secret" not in str(caught.value)


async def test_a_server_that_repeats_the_password_does_not_get_it_into_the_error() -> None:
    answers = {"EHLO": "250-odd.test\r\n250 AUTH PLAIN", "AUTH": "535 hunter2 is wrong\x1b[2J"}
    error = await failure(Odd(answers), login=Login("me", "hunter2"))
    assert "535 *** is wrong" in str(error)
    assert "hunter2" not in str(error)
    assert str(error).isprintable()


async def test_a_server_that_offers_no_login() -> None:
    error = await failure(Odd(), login=Login("me", "hunter2"))
    assert "offers no login that we know" in str(error)


async def test_a_login_challenge_that_is_nonsense() -> None:
    answers = {"EHLO": "250-odd.test\r\n250 AUTH CRAM-MD5", "AUTH": "334 %%%not base64%"}
    error = await failure(Odd(answers), login=Login("me", "hunter2"))
    assert isinstance(error, TemporaryMailError)


async def test_a_password_never_goes_over_an_open_line() -> None:
    with pytest.raises(BadInput, match="a password is not sent over an open line"):
        Server(host="mail.example.org", security="none", login=Login("me", "hunter2"))
    # On the same machine nobody listens in.
    server = Odd({"EHLO": "250-odd.test\r\n250 AUTH PLAIN", "AUTH": "235 welcome"})
    async with odd_server(server) as port:
        await smtp(port, login=Login("me", "hunter2")).send(letter())
    sent = next(command for command in server.commands if command.startswith("AUTH"))
    assert base64.b64decode(sent.split()[2]) == b"\0me\0hunter2"


def test_showing_a_server_does_not_show_the_password() -> None:
    server = Server(host="mail.example.org", login=Login("me", "hunter2"))
    assert "hunter2" not in f"{server} {server!r} {server.login}"


@pytest.mark.parametrize("host", ["", "mail example", "mail.example.org:587", "a\r\nb", "http://mail", "<x>"])
def test_a_host_must_be_one(host: str) -> None:
    with pytest.raises(BadInput, match="mail server"):
        Server(host=host)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"host": "mail.example.org"}, "mail.example.org:587"),
        ({"host": "mail.example.org", "security": "tls"}, "mail.example.org:465"),
        ({"host": "::1", "security": "none"}, "[::1]:25"),
        ({"host": "mail.example.org", "port": 2525}, "mail.example.org:2525"),
    ],
)
def test_the_port_follows_the_security(given: dict[str, Any], place: str) -> None:
    assert Server(**given).place == place


async def test_breaking_off_closes_the_connection() -> None:
    server = Odd({"DATA": HANG})
    async with odd_server(server) as port:
        sending = asyncio.create_task(smtp(port, answer_timeout=30, total_timeout=60).send(letter()))
        await asyncio.wait_for(server.hung.wait(), 30)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(server.ended.wait(), 30)
