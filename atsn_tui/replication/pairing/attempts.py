"""How often wrong invites may be tried from one address, and in all."""

import time
from collections import deque
from collections.abc import Callable

from atsn_tui.home.address import neighbourhood

WINDOW = 60.0
"""Seconds for which a wrong try counts."""
PER_ADDRESS = 5
"""Wrong tries from one address (IPv6: from one /64) after which nobody from there may join for a while."""
IN_ALL = 50
"""Wrong tries from anywhere after which nobody may."""


class Attempts:
    """Counts wrong tries."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: deque[tuple[float, str]] = deque(maxlen=10_000)

    def allowed(self, address: str) -> bool:
        """Whether somebody from there may try."""
        oldest = self._clock() - WINDOW
        while self._wrong and self._wrong[0][0] <= oldest:
            self._wrong.popleft()
        place = neighbourhood(address)
        here = sum(each == place for _, each in self._wrong)
        return here < PER_ADDRESS and len(self._wrong) < IN_ALL

    def failed(self, address: str) -> None:
        """A wrong try came from there."""
        self._wrong.append((self._clock(), neighbourhood(address)))
