"""A flood of one event cannot fill the log."""

import logging

import pytest

from atsn_tui.transport.quietlog import QuietLog


def test_a_flood_is_cut_off_counted_and_reported_with_the_next_line(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    log = QuietLog(logging.getLogger("test"), 2, clock=lambda: now)
    caplog.set_level(logging.INFO)
    for index in range(5):
        log.write(logging.INFO, "logins refused", f"from {index}")
    log.write(logging.INFO, "another kind", "other")
    now = 60.0
    log.write(logging.INFO, "logins refused", "from 5")
    assert caplog.messages == [
        "from 0",
        "from 1",
        "other",
        "3 more times in a minute: logins refused",
        "from 5",
    ]
