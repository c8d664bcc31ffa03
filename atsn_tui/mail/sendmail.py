"""Sending by the machine's own mail program, which knows where mail goes from here."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from atsn_tui.mail.errors import PermanentMailError, Refusal, TemporaryMailError
from atsn_tui.mail.legible import decode, one_line
from atsn_tui.model.mail import Message

DIRECTORIES = ("/usr/sbin", "/usr/lib", "/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin")
"""Where the program is looked for."""

TIMEOUT = 60.0
"""How long it may take over one message, in seconds."""

_PERMANENT = {
    os.EX_DATAERR: "cannot read the message",
    os.EX_NOUSER: "knows no such recipient",
    os.EX_NOHOST: "knows no such host",
}
"""Exit codes that trying again cannot help."""

_GRACE = 2.0
_MOST_COMPLAINTS = 2000


def find_sendmail(directories: Sequence[str] = DIRECTORIES) -> Path | None:
    """The machine's sendmail program, if it has one."""
    found = shutil.which("sendmail", path=os.pathsep.join(directories))
    return None if found is None else Path(found)


class Sendmail:
    """Hands messages to a program that is called as sendmail is: `sendmail -i -f SENDER RECIPIENT…`.

    Without `program` it is looked for at each message, so one that is installed later is found.
    """

    def __init__(self, program: Path | None = None, *, timeout: float = TIMEOUT) -> None:
        self._program = program
        self._timeout = timeout

    async def send(self, message: Message) -> tuple[Refusal, ...]:
        """Hand the message over; the program answers for all recipients together."""
        program = self._program or find_sendmail()
        if program is None:
            raise TemporaryMailError(
                f"no sendmail program is in {', '.join(DIRECTORIES)}: install a mail server such as Postfix"
                " or msmtp-mta, or name an SMTP server (email.server)",
                server_wide=True,
            )
        with tempfile.TemporaryFile() as letter, tempfile.TemporaryFile() as complaints:
            letter.write(message.content.replace(b"\r\n", b"\n"))
            letter.seek(0)
            code = await self._run(program, message, letter, complaints)
            complaints.seek(0)
            said = one_line(decode(complaints.read(_MOST_COMPLAINTS)), 300)
        if code:
            raise _failure(program, code, said)
        return ()

    async def _run(self, program: Path, message: Message, letter: IO[bytes], complaints: IO[bytes]) -> int:
        # Files instead of pipes: a delivery that goes on in the background keeps a pipe open, a file does not matter.
        try:
            process = await asyncio.create_subprocess_exec(
                program, "-i", "-f", message.sender, *message.recipients,
                stdin=letter, stdout=complaints, stderr=complaints, env=_environment(), cwd="/", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise TemporaryMailError(
                f"cannot start {program}: {error.strerror or error}; check that it is installed and may be run",
                server_wide=True,
            ) from error
        try:
            async with asyncio.timeout(self._timeout):
                return await process.wait()
        except TimeoutError as error:
            raise TemporaryMailError(
                f"{program} took longer than {self._timeout:g} s over a message and was ended:"
                " check the mail server's log",
                server_wide=True,
            ) from error
        finally:
            await _end(process)


def _environment() -> dict[str, str]:
    """What the program is told of ours: nothing of any task or group."""
    kept = {name: os.environ[name] for name in ("HOME", "LOGNAME", "USER", "TZ") if name in os.environ}
    return {"PATH": os.pathsep.join(("/usr/sbin", "/usr/bin", "/sbin", "/bin")), "LANG": "C.UTF-8", **kept}


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and what it started, if it still runs."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()


def _failure(program: Path, code: int, said: str) -> TemporaryMailError | PermanentMailError:
    words = f": {said}" if said else ""
    if code in _PERMANENT:
        return PermanentMailError(f"{program} {_PERMANENT[code]} (exit {code}){words}; check the addresses")
    how = f"was ended by signal {-code}" if code < 0 else f"did not take the message (exit {code})"
    # Exit 75 is about this message or its recipients at least as often as about the machine.
    return TemporaryMailError(
        f"{program} {how}{words}; check the mail server's log", server_wide=code not in (os.EX_TEMPFAIL,)
    )
