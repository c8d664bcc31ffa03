"""Output of any kind becomes text that steers no terminal and no mail program."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.mail.legible import decode, legible, one_line


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain\ttext\n", "plain\ttext\n"),
        ("grüße, 日本語, 👩‍💻\n".encode(), "grüße, 日本語, 👩‍💻\n"),
        (b"half of \xe2\x82", "half of \\xe2\\x82"),
        (b"\xff\xfe\x00binary", "\\xff\\xfe\\x00binary"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07", "red \\x1b]0;title\\x07"),
        ("left\u202eright".encode(), "left\\u202eright"),
        ("no\u00a0break\u2028line".encode(), "no break\\u2028line"),
        (b"page\x0cnext\x0b", "page\\x0cnext\\x0b"),
    ],
)
def test_what_is_invisible_is_written_out(data: bytes, shown: str) -> None:
    assert legible(decode(data)) == shown


@given(st.binary(max_size=400))
def test_any_bytes_become_text_that_utf8_can_carry(data: bytes) -> None:
    text = legible(decode(data))
    text.encode()
    assert all(line.replace("\t", "").replace("\u200d", "").replace("\ufe0f", "").replace("\ufe0e", "").isprintable()
               for line in text.split("\n"))  # fmt: skip


@given(st.text())
def test_legible_text_stays_as_it_is(text: str) -> None:
    assert legible(legible(text)) == legible(text)


def test_one_line_is_one_and_bounded() -> None:
    assert one_line("  several\n lines\r\n\tof text ", 40) == "several lines of text"
    assert one_line("several lines of text", 10) == "several l…"
