"""A service's log tells what is news, each thing once."""

import logging

import pytest
from msgspec.structs import replace

from atsn_tui.host.journal import Journal
from atsn_tui.model.result import Applied, ErrorView, LinkResult, State


def result(state: State, message: str = "") -> LinkResult:
    return LinkResult(
        group="ops",
        group_id=None,
        peer="web1",
        direction="push",
        mode="easy",
        state=state,
        link_id="1",
        error=ErrorView(code="x", message=message) if message else None,
        applied=Applied(added=2) if state == "applied" else Applied(),
    )


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture
def journal(caplog: pytest.LogCaptureFixture) -> Journal:
    caplog.set_level(logging.DEBUG)
    return Journal(logging.getLogger("test"))


def test_a_link_is_told_of_when_it_stands_otherwise_than_before(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    for state, message in (
        ("in_sync", ""),
        ("unreachable", "nothing listens"),
        ("unreachable", "nothing listens"),
        ("unreachable", "no answer"),
        ("in_sync", ""),
        ("in_sync", ""),
    ):
        journal.result(result(state, message))  # type: ignore[arg-type]
    assert told(caplog) == [
        "push of ops with web1: unreachable: nothing listens",
        "push of ops with web1: unreachable: no answer",
        "push of ops with web1: in_sync",
    ]


def test_every_apply_is_told(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        journal.result(result("applied"))
    assert told(caplog) == ["push of ops with web1: applied: 2 added, 0 updated, 0 deleted"] * 2


def test_a_trouble_is_told_when_it_begins_and_when_it_is_over(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.well("timers")
    for text in ("disk full", "disk full", "disk broken"):
        journal.trouble("timers", text)
    for _ in range(2):
        journal.well("timers")
    assert told(caplog) == ["disk full", "disk broken", "over: disk broken"]


def test_what_is_held_as_before_is_not_told_anew_by_a_service_that_has_just_started(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.result(replace(result("held", "10 deletions"), repeated=True))
    assert told(caplog) == []
    journal.result(result("held", "11 deletions"))
    assert told(caplog) == ["push of ops with web1: held: 11 deletions"]
