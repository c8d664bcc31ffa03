"""Where a peer may come from."""

import pytest

from atsn_tui.model.peer import comes_from


@pytest.mark.parametrize(
    ("network", "address", "inside"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("10.0.0.0/8", "192.0.2.7", False),
        ("::ffff:10.0.0.0/104", "10.1.2.3", True),
        ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3", True),
        ("::ffff:10.0.0.0/104", "11.1.2.3", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:0:0/96", "192.0.2.7", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("::/0", "192.0.2.7", False),
    ],
)
def test_a_network_of_ipv4_is_the_same_in_both_ways_of_writing_it(
    network: str, address: str, inside: bool
) -> None:
    assert comes_from((network,), address) == inside


def test_without_networks_a_peer_may_come_from_anywhere() -> None:
    assert comes_from((), "192.0.2.7")
