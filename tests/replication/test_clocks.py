"""Clocks that are apart: measured at each contact, shown, and no reason to trust "later" where it matters."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import Refused
from atsn_tui.home.sections import ClockLimits
from atsn_tui.model.skew import SECOND, beyond_doubt, skew_words
from atsn_tui.replication import connections, conversation
from atsn_tui.replication.clocks import Reading, doubt
from atsn_tui.replication.messages import Hello
from atsn_tui.store import peers
from tests.replication.world import Host, World

NOTE = "the clock of web1 is more than 30 s {} ours, so the later change may not be the later one"


def limits(host: Host, **values: Any) -> None:
    host._context = replace(host.context, clock=ClockLimits(**values))


async def skew(host: Host, other: Host) -> int | None:
    peer = await host.peer(other)
    return (await host.store.read(lambda db: peers.get_state(db, peer.id))).clock_skew_us


@pytest.mark.parametrize(("seconds", "way"), [(95, "ahead of"), (-95, "behind")])
async def test_an_easy_cycle_warns(hq: Host, web1: Host, seconds: int, way: str) -> None:
    web1.now += seconds * SECOND
    await hq.link(web1, "push")
    for state in ("applied", "in_sync"):
        [link] = (await hq.cycle()).links
        assert (link.state, link.notes[0]) == (state, NOTE.format(way))


async def test_an_easy_cycle_refuses_if_it_is_to_and_changes_nothing(hq: Host, web1: Host) -> None:
    limits(hq, beyond="refuse")
    web1.now += 31 * SECOND
    await hq.link(web1, "push")
    before = await web1.dump()
    for result in ((await hq.cycle()).links[0], (await hq.diff())[0]):
        assert result.state == "refused"
        assert result.error is not None
        assert result.error.message.startswith(NOTE.format("ahead of"))
        assert result.error.message.endswith("timedatectl set-ntp true")
    assert "backup" not in before
    assert await web1.group() is None


@pytest.mark.parametrize("beyond", ["warn", "refuse"])
async def test_a_strict_cycle_needs_no_clock(hq: Host, web1: Host, beyond: str) -> None:
    limits(hq, beyond=beyond)
    web1.now += 95 * SECOND
    await hq.link(web1, "push", "strict")
    [link] = (await hq.cycle()).links
    assert link.state == "applied"
    assert not any("clock" in note for note in link.notes)


async def test_the_limit_is_the_nodes_own(hq: Host, web1: Host) -> None:
    limits(hq, limit=100, beyond="refuse")
    web1.now += 95 * SECOND
    await hq.link(web1, "push")
    assert await hq.states() == ["applied"]


async def test_the_answer_counts_as_half_of_the_round_trip(
    world: World, hq: Host, web1: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds to and fro between two clocks that show the same."""
    elapsed = [0]
    monkeypatch.setattr(conversation.time, "monotonic_ns", lambda: elapsed[0])

    async def slow(wire: Any, sender: str, message: Any) -> Any:
        if isinstance(message, Hello):
            for host in (hq, web1):
                host.now += 5 * SECOND
            elapsed[0] += 5 * SECOND * 1000
        return message

    world.line.rules.append(slow)
    far = await hq.remote(web1)
    # The second delay begins after web1 has looked at its clock.
    assert far.clock == Reading(skew=0, latency=10 * SECOND)
    assert await skew(hq, web1) == 0


async def test_the_other_clock_is_read_again_on_a_connection_that_stays_open(
    hq: Host, web1: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hq.link(web1, "push")
    await hq.cycle()
    web1.now += 95 * SECOND
    await hq.cycle()
    assert abs(await skew(hq, web1) or 0) < 5 * SECOND
    monkeypatch.setattr(connections, "RENEW", -1)
    [link] = (await hq.cycle()).links
    assert (link.state, link.notes) == ("in_sync", (NOTE.format("ahead of"),))
    assert 90 * SECOND < (await skew(hq, web1) or 0) < 96 * SECOND
    # The one that was asked has read ours, too.
    assert -96 * SECOND < (await skew(web1, hq) or 0) < -90 * SECOND


async def test_watching_a_doubtful_link_makes_no_news_of_each_measurement(hq: Host, web1: Host) -> None:
    web1.now += 95 * SECOND
    await hq.link(web1, "push")
    await hq.cycle()
    round_ = await hq.round()
    [first] = await round_.compute()
    web1.now += SECOND
    await hq.connections.close()
    [second] = await round_.compute()
    assert first == second


@pytest.mark.parametrize(
    ("skew", "latency", "words"),
    [
        (None, None, None),
        (0, 0, None),
        (999_999, 0, None),
        (3 * SECOND, 20_000, "3 s ahead"),
        (-3 * SECOND, 20_000, "3 s behind"),
        (3 * SECOND, 5 * SECOND, None),
        (-95 * SECOND, None, "95 s behind"),
        (150 * SECOND, 0, "2 min ahead"),
        (3 * 3600 * SECOND, 0, "3 h ahead"),
        (-400 * 86_400 * SECOND, 0, "400 d behind"),
    ],
)
def test_a_skew_is_told_in_words(skew: int | None, latency: int | None, words: str | None) -> None:
    assert skew_words(skew, latency) == words


moments = st.integers(-(10**13), 10**13)


@given(moments, st.integers(0, 10**8), st.integers(0, 10**8))
def test_clocks_that_show_the_same_are_never_told_apart(ours: int, there: int, back: int) -> None:
    """However the round trip divides into its two ways."""
    latency = there + back
    measured = (ours + there) + latency // 2 - (ours + latency)
    assert beyond_doubt(measured, latency) <= 1
    assert skew_words(measured, latency) is None
    assert doubt(ClockLimits(limit=1, beyond="refuse"), "easy", "web1", Reading(measured, latency)) is None


@given(moments, st.integers(1, 86_400))
def test_only_easy_comparisons_beyond_the_limit_are_doubtful(skew: int, limit: int) -> None:
    reading = Reading(skew, 0)
    told = doubt(ClockLimits(limit=limit), "easy", "web1", reading)
    assert (told is not None) == (abs(skew) > limit * SECOND)
    assert doubt(ClockLimits(limit=limit), "strict", "web1", reading) is None
    if told:
        with pytest.raises(Refused):
            doubt(ClockLimits(limit=limit, beyond="refuse"), "easy", "web1", reading)
