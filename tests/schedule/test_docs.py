"""What the manual says about schedules is so."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.schedule import next_times, parse, sentence
from atsn_tui.schedule.cron import NICKNAMES
from atsn_tui.schedule.parse import FORMS

MANUAL = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table that stands under a heading."""
    section = re.split(r"\n#+ ", MANUAL.split(f"# {heading}\n", 1)[1])[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in lines[2:]]


@pytest.mark.parametrize("row", rows("All forms"), ids=lambda row: row[0])
def test_forms_are_shown_as_the_manual_says(row: list[str]) -> None:
    form, shown, meaning = row
    assert sentence(parse(form.strip("`"))) == shown
    if same := re.match(r"as `([^`]+)`", meaning):
        start = datetime(2026, 1, 1, tzinfo=UTC)
        named, spelled = (next_times(parse(text), start, "UTC", 9) for text in (form.strip("`"), same[1]))
        assert named == spelled


def test_every_form_and_every_word_is_in_the_manual() -> None:
    for word in (
        *(f"@{word}" for word in NICKNAMES),
        "@reboot",
        "@startup",
        *(form.split()[0] for form in FORMS),
    ):
        assert word in MANUAL


@pytest.mark.parametrize("row", rows("When clocks are changed"), ids=lambda row: row[0])
def test_the_example_of_changed_clocks_is_computed_like_that(row: list[str]) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day, cell in zip((datetime(2026, 3, 29), datetime(2026, 10, 25)), row[2:], strict=True):
        start = day.replace(hour=1, tzinfo=berlin) - timedelta(seconds=1)
        end = day.replace(hour=4, tzinfo=berlin)
        times = next_times(parse(row[0].strip("`")), start, "Europe/Berlin", 20)
        shown = [f"{time.astimezone(berlin):%H:%M%z}" for time in times if time <= end]
        assert (", ".join(shown) or "none") == cell


@pytest.mark.parametrize("row", rows("What a refusal looks like"), ids=lambda row: row[0])
def test_refusals_read_as_the_manual_says(row: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        parse(row[0].strip("`"))
    assert refused.value.message == row[1]
