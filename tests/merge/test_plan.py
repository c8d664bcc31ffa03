"""The merge against its rules, which are written down here a second time, record by record."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from atsn_tui.merge import after, apply_rows, left_alone, plan
from atsn_tui.model.digest import BUCKETS, bucket_hashes, bucket_of, group_digest
from atsn_tui.model.plan import Change, Mode, Op, Plan, Side
from atsn_tui.model.record import Row
from atsn_tui.model.result import LeftAlone
from tests.strategies import GROUP_ID, TASK_IDS, sides

ABSENT = Side(GROUP_ID, None, {}, None)
TASK = TASK_IDS[0]
OLD, NEW = b"o" * 32, b"n" * 32


def applied(secondary: Side, made: Plan) -> Side:
    """The secondary once the plan is applied, with its digest computed from scratch."""
    settings, tasks = apply_rows(secondary, made.changes)
    return Side(GROUP_ID, settings, tasks, group_digest(GROUP_ID, settings, bucket_hashes(tasks.values())))


def records(side: Side) -> dict[str, Row]:
    """All rows of a side, the settings among them."""
    return side.tasks | ({GROUP_ID: side.settings} if side.settings else {})


def side(settings: Row | None, *tasks: Row) -> Side:
    """A side made of rows."""
    if settings is None:
        return ABSENT
    return Side(
        GROUP_ID,
        settings,
        {row.id: row for row in tasks},
        group_digest(GROUP_ID, settings, bucket_hashes(tasks)),
    )


def pairs(primary: Side, secondary: Side) -> Iterator[tuple[Row | None, Row | None, Row | None, bool]]:
    """For each record: on the primary, on the secondary before and after an easy plan, and whether it is a conflict."""
    made = plan(primary, secondary, "easy")
    ours, theirs, later = records(primary), records(secondary), records(applied(secondary, made))
    disputed = {conflict.id for conflict in made.conflicts}
    for identity in ours.keys() | theirs.keys():
        yield ours.get(identity), theirs.get(identity), later.get(identity), identity in disputed


@given(sides(), sides(absent=True))
def test_strict_makes_the_secondary_equal_to_the_primary(primary: Side, secondary: Side) -> None:
    assert applied(secondary, plan(primary, secondary, "strict")) == primary


@given(sides(), sides(absent=True))
def test_strict_has_no_conflicts_and_touches_only_what_differs(primary: Side, secondary: Side) -> None:
    made = plan(primary, secondary, "strict")
    assert made.conflicts == ()
    ours, theirs = records(primary), records(secondary)
    different = {
        identity for identity in ours.keys() | theirs.keys() if ours.get(identity) != theirs.get(identity)
    }
    assert {change.id for change in made.changes} == different
    assert len(made.changes) == len(different)


@given(sides(), sides(absent=True))
def test_easy_never_deletes_and_never_goes_back_in_time(primary: Side, secondary: Side) -> None:
    for _, before, later, _ in pairs(primary, secondary):
        assert later is not None
        assert before is None or later == before or later.modified > before.modified


@given(sides(), sides(absent=True))
def test_easy_takes_what_is_later_or_missing_and_nothing_else(primary: Side, secondary: Side) -> None:
    for ours, before, later, _ in pairs(primary, secondary):
        wanted = ours is not None and (before is None or ours.modified > before.modified)
        assert later == (ours if wanted else before)


@given(sides(), sides(absent=True))
def test_easy_lists_ties_of_unlike_contents_as_conflicts_and_leaves_them(
    primary: Side, secondary: Side
) -> None:
    for ours, before, later, disputed in pairs(primary, secondary):
        tie = ours is not None and before is not None and ours.modified == before.modified
        assert disputed == (tie and ours != before)
        assert not disputed or later == before


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(primary=sides(), secondary=sides(absent=True))
def test_a_plan_applied_leaves_nothing_to_plan(mode: Mode, primary: Side, secondary: Side) -> None:
    assert plan(primary, applied(secondary, plan(primary, secondary, mode)), mode).empty


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(primary=sides(), secondary=sides(absent=True))
def test_a_plan_promises_the_digest_that_it_leads_to(mode: Mode, primary: Side, secondary: Side) -> None:
    made = plan(primary, secondary, mode)
    assert made.promise == applied(secondary, made).digest
    assert (made.primary, made.base) == (primary.digest, secondary.digest)
    assert made.empty == (made.promise == made.base)


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(primary=sides(), secondary=sides(absent=True))
def test_every_change_tells_both_rows_as_they_are(mode: Mode, primary: Side, secondary: Side) -> None:
    ours, theirs = records(primary), records(secondary)
    for change in plan(primary, secondary, mode).changes:
        assert (change.before, change.after) == (theirs.get(change.id), ours.get(change.id))


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(primary=sides(), secondary=sides(absent=True))
def test_a_plan_is_the_same_whatever_order_the_rows_came_in(
    mode: Mode, primary: Side, secondary: Side
) -> None:
    shuffled = Side(GROUP_ID, primary.settings, dict(reversed(primary.tasks.items())), primary.digest)
    assert plan(shuffled, secondary, mode) == plan(primary, secondary, mode)


def narrowed(side: Side, buckets: set[int]) -> Side:
    """The side with all its bucket hashes, but the rows of some buckets only."""
    tasks = {row.id: row for row in side.tasks.values() if bucket_of(row.id) in buckets}
    return Side(side.group_id, side.settings, tasks, side.digest, tuple(bucket_hashes(side.tasks.values())))


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(primary=sides(), secondary=sides())
def test_the_buckets_that_differ_are_enough_to_plan(mode: Mode, primary: Side, secondary: Side) -> None:
    hashes = [bucket_hashes(each.tasks.values()) for each in (primary, secondary)]
    differing = {at for at in range(BUCKETS) if hashes[0][at] != hashes[1][at]}
    whole = plan(primary, secondary, mode)
    made = plan(narrowed(primary, differing), narrowed(secondary, differing), mode)
    assert made == whole
    later = after(narrowed(secondary, differing), made.changes)
    assert later.digest == made.promise
    assert later.buckets == tuple(bucket_hashes(applied(secondary, whole).tasks.values()))


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(here=sides())
def test_equal_sides_need_nothing(mode: Mode, here: Side) -> None:
    made = plan(here, here, mode)
    assert made.empty
    assert made.conflicts == ()


@pytest.mark.parametrize("mode", ["easy", "strict"])
@given(secondary=sides(absent=True))
def test_an_absent_primary_is_an_error_and_never_an_empty_one(mode: Mode, secondary: Side) -> None:
    with pytest.raises(ValueError, match=f"no group {GROUP_ID}"):
        plan(ABSENT, secondary, mode)


@pytest.mark.parametrize("mode", ["easy", "strict"])
def test_a_group_that_the_secondary_lacks_comes_whole(mode: Mode) -> None:
    settings, task = Row(GROUP_ID, 2, OLD), Row(TASK, 1, OLD)
    made = plan(side(settings, task), ABSENT, mode)
    assert made.base is None
    assert [(change.op, change.why, change.before) for change in made.changes] == [
        ("settings", "missing here", None),
        ("add", "missing here", None),
    ]


def test_applying_to_a_missing_group_needs_its_settings() -> None:
    only_a_task = (Change("add", TASK, "missing here", None, Row(TASK, 1, OLD)),)
    with pytest.raises(ValueError, match="must bring its settings"):
        apply_rows(ABSENT, only_a_task)


DECISIONS = [
    # primary's date and content, secondary's, what strict does and why, what easy does and why
    ((2, NEW), (1, OLD), "newer on primary", "newer on primary"),
    ((2, NEW), (1, NEW), "newer on primary", "newer on primary"),
    ((1, OLD), (2, NEW), "older on primary", None),
    ((1, OLD), (2, OLD), "older on primary", None),
    ((1, NEW), (1, OLD), "same date, other content", "conflict"),
    ((1, OLD), (1, OLD), None, None),
    ((1, OLD), None, "missing here", "missing here"),
    (None, (1, OLD), "only on secondary", None),
]


@pytest.mark.parametrize(("primary", "secondary", "strict", "easy"), DECISIONS)
@pytest.mark.parametrize("identity", [TASK, GROUP_ID], ids=["task", "settings"])
def test_each_decision(
    identity: str,
    primary: tuple[int, bytes] | None,
    secondary: tuple[int, bytes] | None,
    strict: str | None,
    easy: str | None,
) -> None:
    if identity == GROUP_ID and primary is None:
        return  # A side without settings is one without the group.
    here, there = [None if each is None else Row(identity, *each) for each in (primary, secondary)]
    same = Row(GROUP_ID, 1, OLD)
    sides_ = [
        side(row) if identity == GROUP_ID else side(same, *([row] if row else [])) for row in (here, there)
    ]
    for mode, expected in (("strict", strict), ("easy", easy)):
        made = plan(sides_[0], sides_[1], mode)  # type: ignore[arg-type]
        found = [change.why for change in made.changes] + ["conflict" for _ in made.conflicts]
        assert found == ([] if expected is None else [expected])
        if made.changes:
            assert made.changes[0].op == op_of(identity, here, there)


def op_of(identity: str, here: Row | None, there: Row | None) -> Op:
    """What a change of that record is called."""
    if identity == GROUP_ID:
        return "settings"
    return "delete" if here is None else "add" if there is None else "update"


def test_a_plan_counts_its_changes_by_kind() -> None:
    settings, later = Row(GROUP_ID, 1, OLD), Row(GROUP_ID, 2, NEW)
    primary = side(later, Row(TASK_IDS[0], 1, OLD), Row(TASK_IDS[1], 2, NEW))
    secondary = side(settings, Row(TASK_IDS[1], 1, OLD), Row(TASK_IDS[2], 1, OLD), Row(TASK_IDS[3], 1, OLD))
    made = plan(primary, secondary, "strict")
    assert [made.count(op) for op in ("settings", "add", "update", "delete")] == [1, 1, 1, 2]


@given(sides(), sides(absent=True))
def test_what_differs_after_an_easy_plan_is_a_conflict_or_counted_as_left_alone(
    primary: Side, secondary: Side
) -> None:
    made = plan(primary, secondary, "easy")
    ours, later = records(primary), records(applied(secondary, made))
    newer = sum(row.modified > ours[identity].modified for identity, row in later.items() if identity in ours)
    differing = {identity for identity, row in later.items() if ours.get(identity) != row}
    left = left_alone(primary, secondary, "easy")
    assert (left.newer, left.extra) == (newer, len(later.keys() - ours.keys()))
    assert len(differing) == left.newer + left.extra + len(made.conflicts)
    assert left_alone(primary, secondary, "strict") == LeftAlone()
