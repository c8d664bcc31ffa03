"""Schedules in a few words."""

import pytest
from hypothesis import given

from atsn_tui.schedule import parse, sentence, sentence_all
from schedule.test_parse import crons

SENTENCES = {
    "0 3 * * *": "daily at 03:00",
    "@daily": "daily at 00:00",
    "@hourly": "hourly",
    "@weekly": "Sun at 00:00",
    "@monthly": "on the 1st at 00:00",
    "@yearly": "on 1 Jan at 00:00",
    "* * * * *": "every minute",
    "*/1 * * * *": "every minute",
    "*/15 * * * *": "every 15 min",
    "0,30 * * * *": "every 30 min",
    "*/7 * * * *": "every 7 min",
    "*/21 * * * *": "hourly at :00, :21, :42",
    "*/11 * * * *": "hourly at :00, :11, :22, :33, :44, :55",
    "*/59 * * * *": "hourly at :00, :59",
    "17 * * * *": "hourly at :17",
    "10,20,30,40,50 * * * *": "hourly at :10, :20, :30, :40, :50",
    "1-59 * * * *": "every minute :01–:59",
    "0 */2 * * *": "every 2 h",
    "15 0-23/2 * * *": "every 2 h at :15",
    "0 0,8,16 * * *": "every 8 h",
    "30 2,8 * * *": "daily at 02:30, 08:30",
    "* 3 * * *": "every minute 03:00–03:59",
    "30-39 6 * * *": "every minute 06:30–06:39",
    "5-45/5 12 * * *": "every 5 min 12:05–12:45",
    "0 9-18 * * *": "hourly 09:00–18:00",
    "0 22-23,0-5 * * *": "hourly 22:00–05:00",
    "1,31 0-5 * * *": "hourly at :01, :31, 00–05 h",
    "*/15 7-19 * * 1-5": "Mon–Fri every 15 min 07:00–19:45",
    "0 8 * * mon-fri": "Mon–Fri at 08:00",
    "0 8 * * 1,3,5-7": "Mon, Wed, Fri–Sun at 08:00",
    "0 8 * * 6,0": "Sat, Sun at 08:00",
    "0 8 * * 0,3": "Sun, Wed at 08:00",
    "30 5 1 * *": "on the 1st at 05:30",
    "30 5 2,22,13 * *": "on the 2nd, 13th, 22nd at 05:30",
    "0 2 1-10 * *": "on days 1–10 at 02:00",
    "30 22 1-7,15-21,29-31 * *": "on days 1–7, 15–21, 29–31 at 22:30",
    "1 6 */2 * *": "on odd days at 06:01",
    "0 0 */3 * *": "every 3rd day at 00:00",
    "0 0 24 12 *": "on 24 Dec at 00:00",
    "0 0 1 1,7 *": "on the 1st in Jan, Jul at 00:00",
    "0 8 * 12 *": "daily in Dec at 08:00",
    "0 9 * 3-5 mon": "Mon in Mar–May at 09:00",
    "*/5 * * 12 *": "in Dec every 5 min",
    "0 0 1,15 * 5": "on the 1st, 15th or Fri at 00:00",
    "0 9 */2 * mon": "Mon if on odd days at 09:00",
    "0 0 1-31 * 5": "daily at 00:00",
    "30 15 10 * * *": "daily at 10:15:30",
    "* * * * * *": "every second",
    "*/10 * * * * *": "every 10 s",
    "*/10 30 2 * * *": "every 10 s 02:30:00–02:30:50",
    "0~59 3 * * *": "daily between 03:00 and 03:59",
    "30 2~5 * * sat,sun": "Sat, Sun between 02:30 and 05:30",
    "~ * * * *": "hourly at a chosen minute",
    "0 3 1~28 * *": "0 3 1~28 * *",
    "every 15m": "every 15 min",
    "every 90 minutes": "every 90 min",
    "every 1h": "every hour",
    "every 1d": "every day",
    "every 2d": "every 2 days",
    "every 30s": "every 30 s",
    "at 2026-12-24 18:00": "once, 2026-12-24 18:00",
    "@startup": "at startup",
    "@startup +5m": "5 min after startup",
    "@reboot": "at reboot",
    "after nightly-backup": "after nightly-backup",
    "after a/b on failure": "after a/b fails",
    "after a/b on any": "after a/b ends",
    "manual": "by hand",
}


@pytest.mark.parametrize(("text", "words"), SENTENCES.items())
def test_a_schedule_in_words(text: str, words: str) -> None:
    assert sentence(parse(text)) == words
    assert len(words) <= 40


def test_odd_times_take_the_long_words() -> None:
    words = sentence(parse("3,4,5,11,12,40,41,52 1,7 * * mon"))
    assert words.startswith("Mon at 3 through 5, ")
    assert "01:00" in words


@given(crons)
def test_every_expression_has_a_sentence(text: str) -> None:
    words = sentence(parse(text))
    assert words == words.strip()
    assert words.isprintable()


def test_several_schedules_make_one_line() -> None:
    assert sentence_all(["0 3 * * *", "@reboot", "0 3 * * *"]) == "daily at 03:00; at reboot"
    assert sentence_all([]) == "by hand"


def test_a_schedule_that_cannot_be_read_stands_as_it_is() -> None:
    assert sentence_all(["0 3 * * *", "nonsense"]) == "daily at 03:00; nonsense"
