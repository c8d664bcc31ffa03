"""A mark names node and task, and takes nothing from the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.formats import crontab, takeover

HQ = "1f2e3d4c-0000-4000-8000-000000000001"
WEB = "aaaabbbb-0000-4000-8000-000000000002"
BACKUP = "9a8b7c6d-0000-4000-8000-000000000003"
POLL = "12345678-0000-4000-8000-000000000004"

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"0 3 * * * df", b"  */5 * * * * a #b ", b"# words", b"X=1", b"", b"\xff\xfe", b"#atsn x# y"]
        ),
        st.binary(max_size=20).filter(lambda line: b"\n" not in line),
    ),
    min_size=1,
)


def test_a_mark_names_the_node_and_the_task() -> None:
    assert takeover.take(b"MAILTO=a\n0 3 * * * df\n", HQ, {2: BACKUP}) == (
        b"MAILTO=a\n#atsn 1f2e3d4c 9a8b7c6d# 0 3 * * * df\n"
    )


def test_cron_takes_a_marked_line_for_a_comment_and_the_lines_around_it_for_what_they_were() -> None:
    data = b"A=1\n0 3 * * * df\n5 3 * * * du\n"
    [job] = crontab.parse(takeover.take(data, HQ, {2: BACKUP}), system=False).jobs
    assert (job.line, job.command, job.environment) == (3, "du", {"A": "1"})


def test_marks_tell_line_node_task_and_text() -> None:
    data = takeover.take(takeover.take(b"a\n \tb \nc", HQ, {1: BACKUP}), WEB, {2: POLL})
    assert takeover.marked(data) == [
        takeover.Marked(line=1, node="1f2e3d4c", task="9a8b7c6d", text=b"a"),
        takeover.Marked(line=2, node="aaaabbbb", task="12345678", text=b" \tb "),
    ]
    assert takeover.as_before(data, HQ) == b"a\n" + data.split(b"\n", 1)[1]


@pytest.mark.parametrize(
    "line",
    [
        b"#atsn 1f2e3d4c 9a8b7c6d 0 3 * * * df",
        b"# atsn 1f2e3d4c 9a8b7c6d# 0 3 * * * df",
        b"#atsn 1f2e3d4c# 0 3 * * * df",
        b"#atsn 1F2E3D4C 9A8B7C6D# 0 3 * * * df",
        b" #atsn 1f2e3d4c 9a8b7c6d# 0 3 * * * df",
        b"#atsn 1f2e3d4c 9a8b7c6d#0 3 * * * df",
    ],
)
def test_what_is_not_exactly_a_mark_is_a_comment_of_somebody(line: bytes) -> None:
    assert takeover.marked(line) == []
    assert takeover.as_before(line, HQ) == line
    with pytest.raises(ValueError, match="line 1 was not taken over"):
        takeover.give(line, [1])


@given(LINES, st.data())
def test_what_was_taken_comes_back_byte_for_byte_and_the_rest_never_changes(
    lines: list[bytes], data: st.DataObject
) -> None:
    before = b"\n".join(lines)
    numbers = data.draw(st.sets(st.integers(1, len(lines))))
    taken = takeover.take(before, HQ, dict.fromkeys(numbers, BACKUP))
    for number, (old, new) in enumerate(zip(lines, taken.split(b"\n"), strict=True), 1):
        assert new.endswith(old)
        assert (new != old) == (number in numbers)
    assert takeover.give(taken, numbers) == before
    if not takeover.marked(before):
        assert takeover.as_before(taken, HQ) == before
    assert takeover.as_before(taken, WEB) == takeover.as_before(taken, POLL)
