"""Secrets never stand in what is shown."""

from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.mail.legible import legible
from atsn_tui.reports.output import Output, excerpt
from atsn_tui.reports.secrets import mask_for


def test_a_secret_is_hidden_everywhere() -> None:
    mask = mask_for(["hunter2"])
    assert mask("hunter2: login hunter2hunter2 ok") == "*****: login ********** ok"


def test_of_two_that_begin_alike_nothing_is_left_over() -> None:
    assert mask_for(["abc", "abcdef"])("abcdef abc") == "***** *****"
    assert mask_for(["abc", "cde"])("-abcde-abcd-") == "-*****-*****d-"
    assert mask_for(["aa"])("aaa") == "*****"


def test_a_secret_of_many_lines_is_hidden_line_by_line() -> None:
    mask = mask_for(["-----BEGIN KEY-----\nMIIEvQIBADAN\nshort\n-----END KEY-----\n"])
    assert mask("read MIIEvQIBADAN\r\n-----END KEY-----") == "read *****\r\n*****"


def test_without_secrets_and_with_empty_ones_nothing_changes() -> None:
    assert mask_for([])("text") == mask_for(["", " ", "\n"])("text") == "text"


@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=3, max_size=20).filter(lambda s: s.strip()),
    st.binary(max_size=80),
    st.binary(max_size=80),
    st.integers(10, 200),
)
def test_no_excerpt_shows_a_secret(secret: str, before: bytes, after: bytes, limit: int) -> None:  # fmt: skip
    data = before + secret.encode() + after
    shown = excerpt(Output(start=data), mask_for([secret]), limit).text
    plain = legible(secret)
    if (
        plain not in legible((before + b"|" + after).decode("utf-8", "backslashreplace"))
        and plain not in "***"
        and (not set(plain) <= set("*[… bytes are left out here …]0123456789,\n"))
    ):
        assert secret not in shown
