"""`atsn channel`: one peer that came in through an existing sshd, served without a running service."""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.host.channel import serve_stdio
from atsn_tui.node.actor import Actor
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import context_of
from atsn_tui.service.logs import OneLine
from atsn_tui.transport.stdio import take_stdio

SYSLOG = Path("/dev/log")
"""What is to be logged goes there, or nowhere: standard error is carried to the peer."""


async def serve_channel(
    home: Home, actor: Actor, name: str, key: str | None, passwords: Passwords | None = None
) -> None:
    """Serve the peer of that name until standard input ends, or SIGTERM, SIGHUP or SIGINT comes.

    NotFound, Refused or BadFile if the node cannot be opened; the peer is shown that text.
    """
    pipes = take_stdio()
    _log()
    async with Node.open(home, actor, passwords) as node:
        serving = asyncio.create_task(serve_stdio(context_of(node.core), name, key, os.environ, pipes))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            # What is being applied is applied to its end; then this ends.
            loop.add_signal_handler(number, serving.cancel)
        await asyncio.wait([serving])
        if not serving.cancelled():
            serving.result()


def _log() -> None:
    root = logging.getLogger()
    root.handlers.clear()
    handler: logging.Handler = logging.NullHandler()
    if SYSLOG.exists():
        from logging.handlers import SysLogHandler  # slow to import

        with suppress(OSError):
            handler = syslog = SysLogHandler(str(SYSLOG))
            syslog.ident = f"atsn[{os.getpid()}]: "
            syslog.setFormatter(OneLine("%(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
