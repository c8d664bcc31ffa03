"""Where the log file lies."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.reports.log.path import DATES, log_path
from tests.reports.samples import BERLIN

MOMENT = datetime(2026, 3, 1, 7, 5, 9, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/var/log/atsn.log", "/var/log/atsn.log"),
        ("/var/log/%Y/%m/%d.log", "/var/log/2026/03/01.log"),
        ("/var/log/%Y-%m-%d_%H%M%S.log", "/var/log/2026-03-01_070509.log"),
        ("/var/log/%G-W%V-%u-%a-%b-%j-%y", "/var/log/2026-W09-7-Sun-Mar-060-26"),
        ("${DIR}/100%%/$$5.log", "/srv/100%/$5.log"),
        ("/l/${PERCENT}.log", "/l/%Y ${DIR}.log"),
        ("/l/${ATSN_TASK}.log", "/l/databases-nightly.log"),
        ("/l/${EMPTY}x", "/l/x"),
    ],
)
def test_variables_and_dates_are_replaced_once(pattern: str, path: str) -> None:
    values = {"DIR": "/srv", "PERCENT": "%Y ${DIR}", "ATSN_TASK": "databases/nightly", "EMPTY": ""}
    assert log_path(pattern, values, MOMENT) == Path(path)


def test_the_date_is_that_of_the_zone() -> None:
    night = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert log_path("/%m-%d", {}, night) == Path("/02-28")
    assert log_path("/%m-%d", {}, night.astimezone(BERLIN)) == Path("/03-01")


def test_every_known_date_pattern_works() -> None:
    for letter in DATES:
        assert log_path(f"/x%{letter}", {}, MOMENT).name != f"x%{letter}"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("/var/log/${WHERE}/${WHO}.log", r"\$\{WHERE\}, \$\{WHO\} is not defined here"),
        ("/var/log/%Q.log", "%Q is no date pattern; known are %Y"),
        ("/var/log/100%", "% is no date pattern"),
        ("var/log/atsn.log", "is not absolute"),
        ("", "is not absolute"),
        ("${EMPTY}", "is not absolute"),
        ("/var/log/", "names a directory"),
        ("/var/log/../../etc/passwd", "leads upwards"),
        ("/var/log/${UP}/x", r"here '/var/log/\.\./x', leads upwards"),
        ("/var/log/${ATSN_TASK}/x", "leads upwards"),
        ("/var/log/a\nb", "holds a control character"),
        ("/var/log/${NUL}", "holds a control character"),
    ],
)
def test_what_makes_no_path_is_refused(pattern: str, why: str) -> None:
    values = {"EMPTY": "", "UP": "..", "NUL": "a\0b", "ATSN_TASK": ".."}
    with pytest.raises(BadInput, match=why):
        log_path(pattern, values, MOMENT)


@given(st.text(max_size=30) | st.text("./ab-", max_size=30))
def test_a_task_name_never_leads_out_of_the_directory(name: str) -> None:
    try:
        path = log_path("/var/log/atsn/${ATSN_TASK}.log", {"ATSN_TASK": name}, MOMENT)
    except BadInput:
        return
    assert path.parent == Path("/var/log/atsn")
