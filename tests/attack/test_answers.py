"""What answers a request of a task can be anything, too."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atsn_tui.model.run import Run
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.model.task import Http, Task
from atsn_tui.model.text import new_id
from atsn_tui.runner.execution import actions
from atsn_tui.runner.execution.actions import MAX_BODY, perform
from atsn_tui.runner.execution.inside import Outcome
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.scheduling.executor import Work


@asynccontextmanager
async def answering(head: bytes, part: bytes, parts: int) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers with so many parts, as long as anybody takes them; and how many it has sent."""
    sent: list[int] = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        try:
            for _ in range(parts):
                writer.write(part)
                await writer.drain()
                sent[0] += len(part)
        except OSError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent


async def asked(url: str, secret: str = "") -> Outcome:
    task = Task(name="t", action=Http(url=url))
    settings = Settings(name="g", credentials={"c": Credential(secret=secret)} if secret else {})
    run = Run(id=new_id(), group_id=new_id(), task_id=new_id(), path="t", trigger="hand", due=0)
    about = About(node="n", group="g", task="t", task_id=run.task_id, run_id=run.id, trigger="hand")
    return await perform(Work(run, task, settings, "g"), about, {})


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async with answering(b"", bytes(1_000_000), 2000) as (url, sent):
        outcome = await asked(url)
    assert outcome.ok
    assert len(outcome.output) == MAX_BODY
    assert sent[0] < 100_000_000


async def test_a_packed_answer_is_not_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(bytes(50_000_000)) + packer.flush()
    async with answering(b"Content-Encoding: gzip\r\n", bomb, 1) as (url, _):
        outcome = await asked(url)
    assert outcome.output == bomb


@pytest.mark.parametrize("shift", range(-12, 4))
async def test_no_part_of_a_secret_is_left_where_the_answer_is_cut(
    monkeypatch: pytest.MonkeyPatch, shift: int
) -> None:
    monkeypatch.setattr(actions, "MAX_BODY", 100)
    body = b"." * (100 + shift) + b"top secret" * 30
    async with answering(b"", body, 1) as (url, _):
        outcome = await asked(url, "top secret")
    assert len(outcome.output) <= 100
    assert b"t" not in outcome.output.replace(b"*", b"")
