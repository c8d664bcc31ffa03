"""Addresses of peers behind an sshd."""

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.home.ssh_address import SshAddress, check_address, parse_ssh_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ssh://web1", SshAddress("web1")),
        ("SSH://web1/", SshAddress("web1")),
        ("ssh://root@web1.example:2222", SshAddress("web1.example", "root", 2222)),
        ("ssh://[2001:db8::7]:22", SshAddress("2001:db8::7", None, 22)),
        ("ssh://ada@[::1]", SshAddress("::1", "ada")),
        ("ssh://[fe80::1%eth0.2]:22", SshAddress("fe80::1%eth0.2", None, 22)),
        ("bastion_1", SshAddress("bastion_1")),
    ],
)
def test_what_is_understood(text: str, address: SshAddress) -> None:
    assert parse_ssh_address(text) == address
    assert parse_ssh_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "ssh://", "ssh://@web1", "ssh://web1:", "ssh://web1:0", "ssh://web1:70000", "ssh://web1:22:23",
        "ssh://-oProxyCommand=id", "ssh://web1;id", "ssh://$(id)@web1", "ssh://-l@web1", "ssh://we b1",
        "ssh://::1", "ssh://[::1", "ssh://[web1]", "ssh://web1/path", "ssh://a@b@web1 ", "ssh://`id`", "ssh://web1\n",
        "ssh://[fe80::1%p; touch pwned; #]", "ssh://[fe80::1%`id`]:22", "ssh://[fe80::1%\x1b[31m]", "ssh://[fe80::1%]",
    ],
)  # fmt: skip
def test_what_is_not(text: str) -> None:
    if text.strip() == "ssh://web1":
        assert check_address(text) == "ssh://web1"
        return
    with pytest.raises(BadInput, match=r"write it as|valid port|valid user"):
        parse_ssh_address(text)


def test_both_kinds_in_their_usual_form() -> None:
    assert check_address(" ssh://web1/ ") == "ssh://web1"
    assert check_address("web1") == "web1:8022"
