"""Secrets are hidden whatever the pieces in which they come."""

from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.runner.mask import MASK, Masker, mask

SECRETS = st.lists(st.text("abc", min_size=1, max_size=6).map(str.encode), min_size=1, max_size=4)
TEXT = st.text("abc", max_size=60).map(str.encode)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data cut in pieces."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def uncovered(data: bytes, secrets: list[bytes]) -> bytes:
    """What of the data belongs to no secret, letter by letter; the rest is #."""
    covered = [False] * len(data)
    for secret in secrets:
        for start in range(len(data) - len(secret) + 1):
            if data.startswith(secret, start):
                covered[start : start + len(secret)] = [True] * len(secret)
    return bytes(ord("#") if hidden else letter for letter, hidden in zip(data, covered, strict=True))


@given(SECRETS, TEXT, st.lists(st.integers(0, 1000), max_size=8))
def test_exactly_what_belongs_to_a_secret_is_hidden_however_it_is_cut(
    secrets: list[bytes], data: bytes, cuts: list[int]
) -> None:
    masker = Masker(secrets)
    shown = b"".join(masker.feed(piece) for piece in pieces(data, cuts)) + masker.finish()
    bare = uncovered(data, secrets).replace(b"#", b"")
    assert shown.replace(MASK, b"") == bare
    assert (MASK in shown) == (b"#" in uncovered(data, secrets))


def test_less_than_a_secret_is_held_back() -> None:
    masker = Masker([b"secret"])
    assert masker.feed(b"my secre") == b"my "
    assert masker.feed(b"tary") == MASK + b"ary"
    assert masker.feed(b"se") == b""
    assert masker.finish() == b"se"


def test_a_stream_of_nothing_but_secrets_needs_no_memory() -> None:
    masker = Masker([b"aa"])
    for _ in range(100):
        masker.feed(b"a" * 1000)
    assert len(masker.finish()) < 100


def test_lines_of_a_secret_are_secrets_too_unless_they_are_short() -> None:
    key = b"-----BEGIN KEY-----\nMC4CAQAwBQYDK2Vw\nab\n-----END KEY-----\n"
    assert mask(b"line: MC4CAQAwBQYDK2Vw, ab", [key]) == b"line: *****, ab"
    assert mask(b"all: " + key, [key]) == b"all: *****\n"


def test_without_secrets_nothing_changes() -> None:
    assert mask(b"\xc3\xbcbung \x80", []) == b"\xc3\xbcbung \x80"
    assert mask(b"\xc3\xbcbung \x80 t\xc3\xbcr", [b"t\xc3\xbcr", b""]) == b"\xc3\xbcbung \x80 *****"
