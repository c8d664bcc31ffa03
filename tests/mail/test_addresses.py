"""Which addresses are mailed to: nothing that a program could take for an option, a file or a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.mail.addresses import Address, check_recipients, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ops@example.org", Address("ops@example.org")),
        ("  ops@example.org ", Address("ops@example.org")),
        ("root", Address("root")),
        ("first.last+tag@mail.example.org", Address("first.last+tag@mail.example.org")),
        ("Ops <ops@example.org>", Address("ops@example.org", "Ops")),
        ('"Ops, all" <ops@example.org>', Address("ops@example.org", "Ops all")),
        ("Wächter <ops@example.org>", Address("ops@example.org", "Wächter")),
        ("<ops@example.org>", Address("ops@example.org")),
        ("ops@bücher.example", Address("ops@xn--bcher-kva.example")),
        ("ops@[192.0.2.7]", Address("ops@[192.0.2.7]")),
        ("ops@[IPv6:2001:DB8::7]", Address("ops@[IPv6:2001:db8::7]")),
        ("ops@localhost", Address("ops@localhost")),
        ("o'brien@example.org", Address("o'brien@example.org")),
    ],
)
def test_these_are_addresses(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "@", "@example.org", "ops@", "ops@@example.org", "two words@example.org", "ops@exa mple.org",
        "-oQ/tmp@example.org", "-bp", "|/bin/sh", "/etc/passwd", ":include:/etc/shadow", "`id`@example.org",
        "!route@example.org", ".ops@example.org", "ops.@example.org", "o..ps@example.org",
        "ops@example..org", "ops@.example.org", "ops@-example.org", "ops@example.org-", "ops@exam_ple.org/x",
        "ops@[192.0.2.777]", "ops@[]", "ops@[IPv6:fe80::1%eth0>x]", "ops@example.org, root", "a;b@example.org",
        "ops@example.org\r\nBcc: all@example.org", "ops\n@example.org", "ops\0@example.org", "wächter@example.org",
        "<ops@example.org", "ops@example.org>", "<<ops@example.org>>", "x" * 65 + "@example.org",
        "ops@" + "a." * 130 + "org", '"quoted name"@example.org', "ops@ex\u202eample.org", "ops@\ud800.org",
    ],
)  # fmt: skip
def test_these_are_none(text: str) -> None:
    with pytest.raises(BadInput, match=r"is no mail address: .*; write it as ops@example\.org") as caught:
        parse_address(text)
    assert caught.value.message.isprintable()


@given(st.text(max_size=40) | st.text("ab.@<>[]-|/\"'\r\n\0 ,;:\\`é%", max_size=30))
def test_a_mailbox_is_always_one_harmless_word(text: str) -> None:
    try:
        mailbox = parse_address(text).mailbox
    except BadInput:
        return
    assert mailbox.isascii()
    assert mailbox.isprintable()
    assert not mailbox.startswith(("-", "/", "|"))
    assert not set(mailbox) & set(' <>,;"\\|`()\r\n\0')
    assert parse_address(mailbox) == Address(mailbox)


def test_one_bad_address_does_not_keep_the_mail_from_the_others() -> None:
    sorted_out = check_recipients(["ops@example.org", "no one", "Ops <ops@example.org>", "root"])
    assert sorted_out.mailboxes == ("ops@example.org", "root")
    [trouble] = sorted_out.troubles
    assert trouble.startswith("'no one' is no mail address")
