"""The keeper's event loop."""

import os
import time

import pytest

from atsn_tui.runner.keeper.loop import Loop


def test_moments_come_in_order_and_cancelled_ones_not_at_all() -> None:
    loop, seen = Loop(), list[int]()
    start = time.monotonic()
    for number, delay in enumerate((0.03, 0.01, 0.02)):
        loop.after(delay, lambda number=number: seen.append(number))  # type: ignore[misc]
    loop.after(0.015, lambda: seen.append(99)).cancel()
    while len(seen) < 3:
        loop.turn()
    assert seen == [1, 2, 0]
    assert time.monotonic() - start >= 0.03


def test_cancelled_moments_do_not_pile_up() -> None:
    loop = Loop()
    for _ in range(10_000):
        loop.after(3600, lambda: None).cancel()
    assert len(loop._timers) < 2000


def test_a_number_that_was_given_away_in_the_same_turn_gets_no_foreign_event() -> None:
    loop, seen = Loop(), list[str]()
    pipes = [os.pipe() for _ in range(2)]
    readers = [reader for reader, _ in pipes]

    def exchange(mine: int) -> None:
        """Close the other file, and open a new one that gets its number."""
        other = readers[1 - mine]
        seen.append("old")
        loop.forget(readers[mine])
        loop.forget(other)
        os.close(other)
        new, _ = os.pipe()
        assert new == other
        loop.watch(new, lambda _: seen.append("new"))

    for number, (reader, writer) in enumerate(pipes):
        loop.watch(reader, lambda _, number=number: exchange(number))  # type: ignore[misc]
        os.write(writer, b"x")
    loop.after(0.05, lambda: seen.append("end"))
    while "end" not in seen:
        loop.turn()
    assert seen == ["old", "end"]


def test_a_failing_handler_is_told_and_stops_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    loop, seen = Loop(), list[str]()
    reader, writer = os.pipe()
    os.write(writer, b"x")
    loop.watch(reader, lambda _: 1 // 0)  # type: ignore[arg-type, return-value]
    loop.after(0, lambda: seen.append("fine"))
    while not seen:
        loop.turn()
    loop.turn() if loop._last else None
    assert capfd.readouterr().err.count("ZeroDivisionError") == 1


def test_what_is_meant_for_the_end_of_a_turn_comes_last() -> None:
    loop, seen = Loop(), list[str]()
    loop.at_end(lambda: seen.append("end"))
    loop.after(0, lambda: seen.append("moment"))
    while len(seen) < 2:
        loop.turn()
    assert seen == ["moment", "end"]
