"""Messages come out whole, however they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.runner.wire import MAX_MESSAGE, Inbox, frame


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_messages_are_put_together_from_pieces(messages: list[bytes], step: int) -> None:
    data, inbox, found = b"".join(map(frame, messages)), Inbox(), []
    for start in range(0, len(data), step):
        found += inbox.feed(data[start : start + step])
    assert found == messages


def test_a_message_that_is_too_long_is_refused_before_it_is_there() -> None:
    with pytest.raises(ValueError, match="too long"):
        Inbox().feed((MAX_MESSAGE + 1).to_bytes(4, "big"))
