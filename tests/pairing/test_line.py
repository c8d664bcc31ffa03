"""The line of an invite survives copying, and nothing but the whole line is taken."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.home.keys import fingerprint
from atsn_tui.replication.pairing.line import MARK, InviteLine, hashed, new_line, read, written

LINES = st.builds(
    InviteLine,
    st.lists(
        st.sampled_from(["web1.example:8022", "[::1]:22", "192.0.2.7:65535"]), min_size=1, max_size=6
    ).map(tuple),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=8, max_size=8),
    st.binary(min_size=16, max_size=16),
)


@given(LINES)
def test_what_is_written_is_read(line: InviteLine) -> None:
    assert read(written(line)) == line
    assert read(f"  atsn peer join {written(line)}\n") == line
    assert fingerprint(line.host_key).startswith("SHA256:")


@given(LINES, st.integers(0, 10_000))
def test_a_line_that_a_terminal_has_broken_is_read(line: InviteLine, at: int) -> None:
    text = written(line)
    at %= len(text)
    assert read(f"{text[:at]}\n  {text[at:]}") == line


@given(LINES)
def test_the_line_is_one_word_for_every_shell(line: InviteLine) -> None:
    word = written(line)
    assert word.isascii()
    assert all(char.isalnum() or char in "-_" for char in word)


@given(LINES, st.data())
def test_one_wrong_character_is_noticed(line: InviteLine, data: st.DataObject) -> None:
    text = written(line)
    at = data.draw(st.integers(len(MARK), len(text) - 2))  # the last one may hold bits that nobody reads
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda char: char != text[at]))
    with pytest.raises(BadInput, match="cut or mistyped"):
        read(text[:at] + other + text[at + 1 :])


@given(LINES, st.integers(1, 60))
def test_a_line_that_was_cut_is_noticed(line: InviteLine, cut: int) -> None:
    with pytest.raises(BadInput):
        read(written(line)[:-cut])


@given(st.text(max_size=200))
def test_no_other_text_is_a_line(text: str) -> None:
    with pytest.raises(BadInput):
        read(text)
    with pytest.raises(BadInput):
        read(MARK + text)


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(data: bytes) -> None:
    with pytest.raises(BadInput):
        read(MARK + base64.urlsafe_b64encode(data).decode())


def test_every_line_has_a_secret_of_its_own_of_which_only_a_hash_is_kept() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    one, other = new_line(("a:1",), key), new_line(("a:1",), key)
    assert one.secret != other.secret
    assert one.invite != other.invite
    assert len(one.secret) * 8 >= 128
    assert one.secret not in hashed(one.secret)
    assert hashed(one.secret) != hashed(other.secret)
