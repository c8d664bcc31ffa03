"""Telling systemd how the service is: the sd_notify protocol, datagrams of NAME=value lines to a Unix socket.

Without NOTIFY_SOCKET in the environment, as under any other supervisor, nothing is sent. What goes wrong is
logged and never ends the service.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Self

log = logging.getLogger(__name__)


class Notifier:
    """Speaks to the service manager that started this process, if one did."""

    def __init__(self, address: str | None, interval: float | None = None) -> None:
        self._address = address
        self.interval = interval
        """Seconds within which it wants a sign of life; None: it wants none."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """The manager that the environment names."""
        return cls(environ.get("NOTIFY_SOCKET"), _interval(environ))

    def ready(self, status: str) -> None:
        """The service is up, or again up after a reload. `status` is one line for people."""
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def reloading(self) -> None:
        """The configuration is being read anew."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1", "STATUS=stopping")

    def status(self, status: str) -> None:
        """One line for people."""
        self._send(f"STATUS={_one_line(status)}")

    def alive(self) -> None:
        """A sign of life."""
        self._send("WATCHDOG=1")

    async def keep_alive(self, well: Callable[[], bool] = lambda: True) -> None:
        """Send signs of life until cancelled, for as long as the event loop turns and `well` says that all is."""
        if self._address is None or self.interval is None:
            return
        while True:
            if well():
                self.alive()
            await asyncio.sleep(self.interval / 3)

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        # A leading @ stands for the zero byte of an abstract socket.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(1)
                line.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("cannot tell the service manager %s: %s", lines[0], error)


def _interval(environ: Mapping[str, str]) -> float | None:
    """WATCHDOG_USEC, if it is meant for this process."""
    if environ.get("WATCHDOG_PID") not in (None, str(os.getpid())):
        return None
    try:
        micros = int(environ.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return micros / 1e6 if micros > 0 else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
