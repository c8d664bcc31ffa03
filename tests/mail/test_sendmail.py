"""The local mail program: found, called safely, and never waited for without end."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from atsn_tui.mail.errors import PermanentMailError, TemporaryMailError
from atsn_tui.mail.sendmail import Sendmail, find_sendmail
from tests.mail.letters import letter
from tests.mail.stand_in import stand_in


def program(directory: Path, lines: str) -> Path:
    path = directory / "sendmail"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def test_it_is_found_in_the_directories_of_the_system(tmp_path: Path) -> None:
    assert find_sendmail([str(tmp_path)]) is None
    made = program(tmp_path, "exit 0")
    assert find_sendmail(["/nonexistent", str(tmp_path)]) == made


async def test_without_one_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("atsn_tui.mail.sendmail.find_sendmail", lambda: None)
    with pytest.raises(
        TemporaryMailError, match=r"install a mail server .* or name an SMTP server"
    ) as caught:
        await Sendmail().send(letter())
    assert caught.value.server_wide


async def test_one_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sendmail"
    with pytest.raises(TemporaryMailError, match=f"cannot start {path}: No such file"):
        await Sendmail(path).send(letter())
    path.write_text("no program")
    with pytest.raises(TemporaryMailError, match=f"cannot start {path}: Permission denied"):
        await Sendmail(path).send(letter())


@pytest.mark.parametrize(
    ("code", "kind", "server_wide"),
    [
        (os.EX_NOUSER, PermanentMailError, None),
        (os.EX_DATAERR, PermanentMailError, None),
        (os.EX_TEMPFAIL, TemporaryMailError, False),
        (os.EX_CONFIG, TemporaryMailError, True),
        (1, TemporaryMailError, True),
    ],
)
async def test_its_exit_code_tells_whether_to_try_again(
    tmp_path: Path, code: int, kind: type, server_wide: bool | None
) -> None:
    made = program(tmp_path, f"printf 'it \\033[31mfailed\\a\\n' >&2; exit {code}")
    with pytest.raises(kind, match=rf"\(exit {code}\): it failed\\x07; check") as caught:
        await Sendmail(made).send(letter())
    assert getattr(caught.value, "server_wide", None) == server_wide


async def test_one_that_is_killed_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(TemporaryMailError, match="was ended by signal 9"):
        await Sendmail(program(tmp_path, "kill -9 $$")).send(letter())


async def test_one_that_reads_nothing_is_no_trouble(tmp_path: Path) -> None:
    assert await Sendmail(program(tmp_path, "exit 0")).send(letter(text="x\n" * 200_000)) == ()


async def test_one_that_says_very_much_is_heard_in_part(tmp_path: Path) -> None:
    made = program(tmp_path, "yes complaint | head -c 5000000 >&2; exit 75")
    with pytest.raises(TemporaryMailError, match="complaint") as caught:
        await Sendmail(made).send(letter())
    assert len(str(caught.value)) < 600


async def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    # Both hold the pipe open for writing; its reader sees the end once the last of them is gone.
    made = program(tmp_path, f"trap '' TERM; exec 9>{alive}; sleep 60 & sleep 60; sleep 60")
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    begun = time.monotonic()
    with pytest.raises(TemporaryMailError, match=r"took longer than 0\.3 s over a message and was ended"):
        await Sendmail(made, timeout=0.3).send(letter())
    assert time.monotonic() - begun < 10
    os.set_blocking(reader, True)
    assert await asyncio.wait_for(asyncio.to_thread(os.read, reader, 1), 30) == b""
    os.close(reader)


async def test_a_delivery_that_goes_on_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    made = program(tmp_path, "sleep 12 & exit 0")
    begun = time.monotonic()
    assert await Sendmail(made).send(letter()) == ()
    assert time.monotonic() - begun < 10


async def test_it_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROUP_SECRET", "hunter2")
    monkeypatch.setenv("LD_PRELOAD", "")
    seen = tmp_path / "seen"
    await Sendmail(program(tmp_path, f"env > {seen}")).send(letter())
    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert "PATH" in names
    assert not names & {"GROUP_SECRET", "LD_PRELOAD"}


async def test_breaking_off_ends_it(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    made = program(tmp_path, f"echo $$ > {begun}; exec sleep 60")
    sending = asyncio.create_task(Sendmail(made).send(letter()))
    pid = int(await asyncio.to_thread(begun.read_text))
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_recipients_are_never_read_by_a_shell(tmp_path: Path) -> None:
    made, spool = stand_in(tmp_path)
    await Sendmail(made).send(letter(to=["a'$&*?!{}@example.org"]))
    [args] = spool.glob("*.args")
    assert args.read_text().splitlines()[2:] == ["a'$&*?!{}@example.org"]
