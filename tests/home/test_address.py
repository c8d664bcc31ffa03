"""HOST:PORT in all its forms."""

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.home.address import DEFAULT_PORT, Address, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("web1", "web1", DEFAULT_PORT),
        ("web1.example:22", "web1.example", 22),
        ("192.0.2.7:8022", "192.0.2.7", 8022),
        (" web_1:65535 ", "web_1", 65_535),
        ("[::1]:8022", "::1", 8022),
        ("[2001:db8::7]", "2001:db8::7", DEFAULT_PORT),
        ("2001:db8::7", "2001:db8::7", DEFAULT_PORT),
        ("[fe80::1%eth0]:22", "fe80::1%eth0", 22),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize("text", ["web1:8022", "192.0.2.7:22", "[::1]:8022"])
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize("text", [":8022", "*:8022"])
def test_only_to_listen_may_the_host_be_open(text: str) -> None:
    assert parse_address(text, listening=True) == Address("", 8022)
    assert str(parse_address(text, listening=True)) == "*:8022"
    with pytest.raises(BadInput):
        parse_address(text)


def test_only_to_listen_may_the_port_be_free() -> None:
    assert parse_address("127.0.0.1:0", listening=True) == Address("127.0.0.1", 0)
    with pytest.raises(BadInput, match="from 1 to 65535"):
        parse_address("127.0.0.1:0")


@pytest.mark.parametrize(
    "text",
    ["", "web1:", "web1:x", "web1:-1", "web1:65536", "web1:²", "a b:22", "-oProxyCommand=x", "user@web1",
     "[::1", "[web1]:22", "[::1]8022", "1:2:3", "web1:22:33", "ssh://web1", "web\0", "web1\nweb2",
     "[fe80::1%]:22", "[fe80::1%a b]:22", "[fe80::1%\x1b[31m]:8022", "fe80::1%;id", "[fe80::1%eth0\n]:22",
     f"[fe80::1%{'x' * 33}]:22", "[fe80::1%$(id)]", "[fe80::1%eth0%eth1]"],
)  # fmt: skip
def test_anything_else_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match=r"write it as|valid port"):
        parse_address(text)
