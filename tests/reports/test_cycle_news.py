"""Which cycles are reported: trouble once, recovery once, changes each time."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model.result import ChangeView, State
from atsn_tui.reports.cycle.news import TROUBLES, Standing, When, is_wanted, link_key, news_of
from tests.reports.samples import cycle, link

states = st.sampled_from(get_args(State))


class Story:
    """Cycles one after the other, with what is remembered between them."""

    def __init__(self) -> None:
        self.standings: dict[str, Standing] = {}

    def tells(self, *links: object) -> list[tuple[str, str]]:
        news, after = news_of(self.standings, cycle(*links))
        self.standings |= after
        return [(each.link.peer, each.kind) for each in news]


def test_a_link_that_keeps_failing_is_told_once_and_its_recovery_once() -> None:
    story = Story()
    told = [
        story.tells(link("dr", state)) for state in ("in_sync", *["unreachable"] * 5, "in_sync", "in_sync")
    ]
    assert told == [[], [("dr", "failing")], [], [], [], [], [("dr", "recovered")], []]


def test_another_trouble_is_told_too_but_going_to_and_fro_is_not() -> None:
    story = Story()
    told = [
        story.tells(link("dr", state))
        for state in ("unreachable", "refused", "unreachable", "refused", "held")
    ]
    assert told == [[("dr", "failing")], [("dr", "failing")], [], [], [("dr", "failing")]]


def test_after_a_recovery_trouble_is_news_again() -> None:
    story = Story()
    told = [story.tells(link("dr", state)) for state in ("failed", "applied", "failed")]
    assert told == [[("dr", "failing")], [("dr", "recovered"), ("dr", "changed")], [("dr", "failing")]]


def test_every_applied_change_is_told() -> None:
    story = Story()
    assert [story.tells(link("web1", "applied")) for _ in range(3)] == [[("web1", "changed")]] * 3


def test_a_plan_that_waits_for_a_person_is_told_once_and_when_it_becomes_another() -> None:
    def waiting(*names: str) -> object:
        changes = tuple(
            ChangeView(op="delete", task_id=name, name=name, why="only on secondary") for name in names
        )
        return link("web1", "differs", changes=changes, total=len(changes))

    story = Story()
    told = [
        story.tells(each)
        for each in (waiting("a"), waiting("a"), waiting("a", "b"), link("web1"), waiting("a", "b"))
    ]
    assert told == [[("web1", "waiting")], [], [("web1", "waiting")], [], [("web1", "waiting")]]


def test_a_held_plan_that_becomes_another_one_waits_anew_and_is_no_new_failure() -> None:
    def held(total: int, repeated: bool = False) -> object:
        return link("web1", "held", total=total, repeated=repeated)

    story = Story()
    told = [story.tells(each) for each in (held(7), held(7, True), held(8), held(8, True), held(8))]
    assert told == [[("web1", "failing")], [], [("web1", "waiting")], [], []]


def test_trouble_does_not_make_a_waiting_plan_news_again() -> None:
    waits = link("web1", "differs", total=3)
    story = Story()
    told = [story.tells(each) for each in (waits, link("web1", "unreachable"), waits)]
    assert told == [[("web1", "waiting")], [("web1", "failing")], [("web1", "recovered")]]


def test_links_are_told_apart_and_those_not_in_a_cycle_are_left_alone() -> None:
    story = Story()
    assert story.tells(link("a", "failed"), link("b", "in_sync")) == [("a", "failing")]
    assert story.tells(link("b", "failed")) == [("b", "failing")]
    assert story.tells(link("a", "failed"), link("b", "in_sync")) == [("b", "recovered")]
    assert link_key(link("a", link_id=None)) != link_key(link("a", link_id=None, direction="pull"))


@given(st.lists(states, max_size=40))
def test_troubles_and_recoveries_take_turns(sequence: list[State]) -> None:
    story = Story()
    well = True
    for state in sequence:
        kinds = [kind for _, kind in story.tells(link("x", state))]
        assert ("recovered" in kinds) == (not well and state not in TROUBLES)
        if well:
            assert ("failing" in kinds) == (state in TROUBLES)
        assert ("changed" in kinds) == (state == "applied")
        assert len(kinds) == len(set(kinds))
        well = state not in TROUBLES
    standing = story.standings.get(link_key(link("x")), Standing())
    assert set(standing.troubles) <= TROUBLES
    assert len(standing.troubles) <= len(TROUBLES)


@given(st.lists(st.lists(states, max_size=4), max_size=15))
def test_each_rule_sends_what_it_promises(cycles: list[list[State]]) -> None:
    standings: dict[str, Standing] = {}
    for each in cycles:
        report = cycle(*(link(f"peer {number}", state) for number, state in enumerate(each)))
        news, after = news_of(standings, report)
        standings |= after
        kinds = {one.kind for one in news}
        wanted = {when for when in get_args(When) if is_wanted(when, news, report)}
        assert "never" not in wanted
        assert ("always" in wanted) == bool(each)
        assert ("on_change" in wanted) == bool(kinds)
        assert ("on_failure" in wanted) == bool(kinds & {"failing", "recovered"})
