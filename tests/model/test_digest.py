"""The digest: the same for the same records in any order, another one as soon as anything is different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model.digest import (
    BUCKET_BYTES,
    BUCKETS,
    DIGEST_BYTES,
    bucket_hash,
    bucket_hashes,
    bucket_of,
    group_digest,
)
from atsn_tui.model.record import Row
from tests.strategies import GROUP_ID, TASK_IDS, few_examples, ids, rows

SETTINGS = Row(GROUP_ID, 1, b"s" * 32)
ROW = Row(TASK_IDS[0], 1, b"a" * 32)

many_rows = st.lists(rows(), unique_by=lambda row: row.id)


def digest(*tasks: Row, group_id: str = GROUP_ID, settings: Row = SETTINGS) -> bytes:
    """The digest of a group of those rows."""
    return group_digest(group_id, settings, bucket_hashes(tasks))


@few_examples
@given(many_rows, st.randoms())
def test_the_order_of_the_rows_does_not_show(tasks: list[Row], random: st.random_module) -> None:  # type: ignore[valid-type]
    shuffled = list(tasks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert digest(*shuffled) == digest(*tasks)
    assert bucket_hash(shuffled) == bucket_hash(tasks)


@few_examples
@given(many_rows, rows())
def test_changing_one_bucket_is_as_good_as_computing_all(tasks: list[Row], changed: Row) -> None:
    after = [row for row in tasks if row.id != changed.id] + [changed]
    hashes = bucket_hashes(tasks)
    bucket = bucket_of(changed.id)
    hashes[bucket] = bucket_hash(row for row in after if bucket_of(row.id) == bucket)
    assert hashes == bucket_hashes(after)
    assert group_digest(GROUP_ID, SETTINGS, hashes) == digest(*after)


@few_examples
@given(many_rows, many_rows)
def test_only_equal_groups_have_equal_digests(one: list[Row], other: list[Row]) -> None:
    same = {row.id: row for row in one} == {row.id: row for row in other}
    assert (digest(*one) == digest(*other)) == same


@pytest.mark.parametrize(
    "other",
    [
        digest(),
        digest(Row(TASK_IDS[1], 1, b"a" * 32)),
        digest(Row(TASK_IDS[0], 2, b"a" * 32)),
        digest(Row(TASK_IDS[0], -1, b"a" * 32)),
        digest(Row(TASK_IDS[0], 1, b"b" + b"a" * 31)),
        digest(ROW, Row(TASK_IDS[1], 1, b"a" * 32)),
        digest(ROW, group_id=TASK_IDS[2]),
        digest(ROW, settings=Row(GROUP_ID, 2, b"s" * 32)),
        digest(ROW, settings=Row(GROUP_ID, 1, b"t" * 32)),
    ],
    ids=["no task", "id", "date", "sign", "content", "one more", "group", "settings' date", "settings"],
)
def test_every_part_counts(other: bytes) -> None:
    assert other != digest(ROW)


def test_sizes_are_as_announced() -> None:
    assert len(digest(ROW)) == DIGEST_BYTES
    assert [len(value) for value in bucket_hashes([ROW])] == [BUCKET_BYTES] * BUCKETS


@given(ids())
def test_every_id_has_its_bucket(task_id: str) -> None:
    assert 0 <= bucket_of(task_id) < BUCKETS
    hashes, empty = bucket_hashes([Row(task_id, 1, b"a" * 32)]), bucket_hashes([])
    assert [at for at in range(BUCKETS) if hashes[at] != empty[at]] == [bucket_of(task_id)]


def test_the_hashes_stay_as_they_are_from_version_to_version() -> None:
    # If this fails, raise FORMAT: nodes of both versions would never be in sync.
    assert digest(ROW, Row(TASK_IDS[3], 10**15, b"c" * 32)).hex()[:16] == "57ba4ada662da26f"
