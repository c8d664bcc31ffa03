"""The twin in memory: who is at the other end can be chosen."""

from atsn_tui.transport import memory
from atsn_tui.transport.channel import Identity


async def test_each_end_sees_the_other_ones_identity() -> None:
    hq, web1 = Identity("ssh-ed25519 HQ", "192.0.2.1"), Identity("ssh-ed25519 WEB", "192.0.2.2")
    at_hq, at_web1 = memory.pair(hq, web1)
    assert (at_hq.identity, at_web1.identity) == (web1, hq)
