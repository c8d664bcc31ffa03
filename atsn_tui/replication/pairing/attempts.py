"""How often wrong invites may be tried from one address, and in all."""

import ipaddress
import time
from collections import deque
from collections.abc import Callable

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


def neighbourhood(address: str) -> str:
    """What one user is thought to hold: an IPv4 address, or a /64 of IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return str(ip)
