"""Mail servers that do what a mail server should not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HANG, DROP = "hang", "drop"
"""Instead of an answer: say nothing any more; close the connection."""

ANSWERS = {
    "connect": "220 odd.test ESMTP",
    "EHLO": "250 odd.test",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 taken",
    "QUIT": "221 bye",
}


class Odd:
    """A server that gives `answers` (others as usual), and remembers the commands that it saw."""

    def __init__(self, answers: Mapping[str, str] = {}, *, pause: float = 0) -> None:
        self.answers = {**ANSWERS, **answers}
        self.commands: list[str] = []
        self.hung = asyncio.Event()
        self.ended = asyncio.Event()
        self._pause = pause

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        finally:
            self.ended.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer("connect", reader, writer):
            return
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            word = command.split(" ")[0].upper()
            if not await self._answer(word, reader, writer):
                return
            if word == "DATA" and self.answers["DATA"].startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
                if not await self._answer(".", reader, writer):
                    return

    async def _answer(self, word: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        answer = self.answers.get(word, "502 what?")
        if answer == DROP:
            return False
        if answer == HANG:
            self.hung.set()
            await reader.read(-1)
            return False
        await asyncio.sleep(self._pause)
        writer.write(answer.encode("utf-8", "surrogateescape") + b"\r\n")
        await writer.drain()
        return True
