"""What holds for everything that sends mail: the twin in memory, sendmail, and SMTP in each kind of security."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from atsn_tui.mail.errors import PermanentMailError, TemporaryMailError
from atsn_tui.mail.memory import MemorySender
from atsn_tui.mail.sender import Sender
from atsn_tui.mail.sendmail import Sendmail
from atsn_tui.mail.server import Login, Security, Server
from atsn_tui.mail.smtp import Smtp
from tests.mail.certificates import Authority
from tests.mail.letters import AWKWARD, body, letter, read
from tests.mail.post_office import PASSWORD, USER, post_office
from tests.mail.stand_in import stand_in

NEVER, LATER = "never@refused.example", "later@refused.example"


@dataclass
class Arrived:
    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class Way:
    sender: Sender
    arrived: Callable[[], list[Arrived]]


@asynccontextmanager
async def in_memory(tmp_path: Path) -> AsyncIterator[Way]:
    sender = MemorySender(refuse={NEVER}, postpone={LATER})
    yield Way(sender, lambda: [Arrived(m.sender, m.recipients, m.content) for m in sender.sent])


@asynccontextmanager
async def by_sendmail(tmp_path: Path) -> AsyncIterator[Way]:
    program, spool = stand_in(tmp_path, {NEVER: os.EX_NOUSER, LATER: os.EX_TEMPFAIL})

    def arrived() -> list[Arrived]:
        found = []
        for place in sorted(spool.glob("*.args")):
            flags, sender, *recipients = place.read_text().splitlines()
            assert flags == "-i -f"
            found.append(Arrived(sender, tuple(recipients), place.with_suffix(".mail").read_bytes()))
        return found

    yield Way(Sendmail(program), arrived)


def by_smtp(security: Security, *, login: bool = False) -> Callable[[Path], object]:
    @asynccontextmanager
    async def way(tmp_path: Path) -> AsyncIterator[Way]:
        authority = Authority(tmp_path / "ca")
        context = authority.server_context()
        async with post_office(
            starttls=context if security == "starttls" else None,
            tls=context if security == "tls" else None,
            login=login,
        ) as office:
            office.answers = {NEVER: "550 no such mailbox", LATER: "450 greylisted"}
            server = Server(
                host="127.0.0.1",
                port=office.port,
                security=security,
                ca_file=None if security == "none" else str(authority.ca_file),
                login=Login(USER, PASSWORD) if login else None,
                answer_timeout=10,
            )

            def arrived() -> list[Arrived]:
                assert office.encrypted == [security != "none"] * len(office.envelopes)
                assert office.users == [USER if login else None] * len(office.envelopes)
                return [
                    Arrived(e.mail_from or "", tuple(e.rcpt_tos), bytes(e.original_content or b""))
                    for e in office.envelopes
                ]

            yield Way(Smtp(server), arrived)

    return way


WAYS = {
    "memory": in_memory,
    "sendmail": by_sendmail,
    "smtp": by_smtp("none"),
    "starttls": by_smtp("starttls"),
    "starttls and login": by_smtp("starttls", login=True),
    "tls": by_smtp("tls"),
    "tls and login": by_smtp("tls", login=True),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    async with request.param(tmp_path) as made:
        yield made


async def test_a_message_arrives_as_it_was_composed(way: Way) -> None:
    sent = letter(text=AWKWARD, html="<p>hallo</p>", to=["ops@example.org", "root"])
    assert await way.sender.send(sent) == ()
    [arrived] = way.arrived()
    assert (arrived.sender, arrived.recipients) == ("atsn@hq.example.org", ("ops@example.org", "root"))
    assert lines(arrived.content) == lines(sent.content)
    assert body(arrived.content) == AWKWARD
    assert body(arrived.content, "html").strip() == "<p>hallo</p>"
    assert read(arrived.content)["Message-ID"] == sent.message_id


async def test_several_messages_at_once_keep_apart(way: Way) -> None:
    sent = [letter(identity=f"m{number}", text=f"number {number}\n" * 200) for number in range(8)]
    await asyncio.gather(*(way.sender.send(message) for message in sent))
    found = {read(arrived.content)["Message-ID"]: body(arrived.content) for arrived in way.arrived()}
    assert found == {message.message_id: body(message.content) for message in sent}


async def test_a_message_that_is_refused_for_good_is_a_permanent_error(way: Way) -> None:
    with pytest.raises(PermanentMailError, match="check the addresses"):
        await way.sender.send(letter(to=[NEVER]))
    assert way.arrived() == []


async def test_a_message_that_is_refused_for_now_is_a_temporary_error(way: Way) -> None:
    with pytest.raises(TemporaryMailError) as caught:
        await way.sender.send(letter(to=[LATER]))
    assert not caught.value.server_wide
    assert way.arrived() == []


async def test_after_an_error_the_next_message_passes(way: Way) -> None:
    with pytest.raises(PermanentMailError):
        await way.sender.send(letter(to=[NEVER]))
    await way.sender.send(letter())
    assert len(way.arrived()) == 1


def lines(content: bytes) -> list[bytes]:
    """The message without regard to how its lines end on disk and on the wire."""
    return content.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
