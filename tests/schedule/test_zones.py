"""Names of time zones."""

from zoneinfo import ZoneInfo

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.schedule import check_zone


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT-2"])
def test_known_zones(name: str) -> None:
    assert check_zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Berlin", "'Europe/Berlin'"),
        ("Europe/Berln", "'Europe/Berlin'"),
        ("New York", "'America/New_York'"),
        ("+02:00", "write for example 'Europe/Berlin' or 'UTC'"),
        ("", "write for example"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest(name: str, offered: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_zone(name)
    assert refused.value.message.startswith(f"time zone '{name}' is not known: ")
    assert offered in refused.value.message


@pytest.mark.parametrize(
    "name", ["localtime", "posixrules", "right/UTC", "../zone.tab", "/etc/localtime", "a\0b", "Europe"]
)
def test_a_file_that_is_no_zone_for_everybody_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        check_zone(name)
