"""A process whose end was noticed elsewhere is no news; what else asyncio has to say still is."""

import asyncio
import logging
import os
from types import SimpleNamespace

import pytest

from atsn_tui.transport.reaping import quieten


def gone(pid: int, options: int) -> tuple[int, int]:
    raise ChildProcessError


def bury(pid: int) -> None:
    os.waitpid(pid, 0)


async def test_that_a_process_was_waited_for_elsewhere_is_not_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    quieten()
    with monkeypatch.context() as patch:
        patch.setattr("asyncio.unix_events.os", SimpleNamespace(**{**vars(os), "waitpid": gone}))
        process = await asyncio.create_subprocess_exec("true")
        assert await process.wait() == 255
    bury(process.pid)
    assert caplog.messages == []
    logging.getLogger("asyncio").warning("another thing")
    assert caplog.messages == ["another thing"]
