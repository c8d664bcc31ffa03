"""One syntax for tasks and links: what is read, its normal form, and what is refused with which words."""

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.schedule import After, At, Cron, Every, Manual, Startup, parse

NORMAL_FORMS = {
    "30 3 * * *": "30 3 * * *",
    "  30\t3 *  * MON-Fri ": "30 3 * * mon-fri",
    "00 03 02 Jan *": "00 03 02 jan *",
    "*/10 0 3 * * *": "*/10 0 3 * * *",
    "0~29 3 * * *": "0~29 3 * * *",
    "@Daily": "@daily",
    "daily": "@daily",
    "hourly": "@hourly",
    "weekly": "@weekly",
    "monthly": "@monthly",
    "every 15m": "every 15m",
    "every 90 minutes": "every 90m",
    "every 60m": "every 1h",
    "Every 1 hour 30 min": "every 90m",
    "every 36h": "every 36h",
    "every day": "every 1d",
    "every 30s": "every 30s",
    "at 2026-12-24T8:00": "at 2026-12-24 08:00",
    "at 2026-12-24 18:00:00": "at 2026-12-24 18:00",
    "at 2026-12-24  18:00:05": "at 2026-12-24 18:00:05",
    "@reboot": "@reboot",
    "@startup": "@startup",
    "@startup + 5 min": "@startup +5m",
    "AFTER backup": "after backup",
    "after databases/nightly  backup on SUCCESS": "after databases/nightly  backup",
    "after backup on Any": "after backup on any",
    'after "backup" on failure': "after backup on failure",
    'after "lights on any"': 'after "lights on any"',
    'after "on any"': 'after "on any"',
    r'after "say \"hi\""': 'after say "hi"',
    r'after "\"hi\" there"': r'after "\"hi\" there"',
    "MANUAL": "manual",
}


@pytest.mark.parametrize(("text", "normal"), NORMAL_FORMS.items())
def test_every_form_has_one_normal_form(text: str, normal: str) -> None:
    assert parse(text).text == normal
    assert parse(normal) == parse(text)


def test_each_kind_says_what_it_means() -> None:
    assert parse("every 90 minutes") == Every("every 90m", 5400)
    assert parse("at 2026-12-24 18:00") == At("at 2026-12-24 18:00", datetime(2026, 12, 24, 18))
    assert parse("@startup +5m") == Startup("@startup +5m", 300)
    assert parse("@reboot") == Startup("@reboot", once_per_boot=True)
    assert parse("after a/b on failure") == After("after a/b on failure", "a/b", "failure")
    assert parse('after "lights on any" on any') == After(
        'after "lights on any" on any', "lights on any", "any"
    )
    assert parse("manual") == Manual()
    assert isinstance(parse("@yearly"), Cron)


def test_hours_and_minutes_without_star_or_step_make_a_fixed_job() -> None:
    def fixed(text: str) -> bool:
        schedule = parse(text)
        assert isinstance(schedule, Cron)
        return schedule.fixed

    assert all(map(fixed, ("0 3 * * *", "0,30 1-5 */2 * *", "~ 2~4 * * *", "*/10 0 3 * * *", "@daily")))
    assert not any(map(fixed, ("*/5 3 * * *", "0 * * * *", "0 0-23/2 * * *", "5,*/20 3 * * *", "@hourly")))


REFUSED = {
    "0 30 * * *": "hour '30' is out of range 0-23 in '0 30 * * *': write for example '30 0 * * *'",
    "0 3 12 25 *": "month '25' is out of range 1-12 in '0 3 12 25 *': write for example '0 3 25 12 *'",
    "60 * * * *": "minute '60' is out of range 0-59 in '60 * * * *': write for example '30 * * * *'",
    "99999999999 * * * *": "minute '99999999999' is out of range 0-59",
    "0 3 * * 8": "day-of-week '8' is out of range 0-7",
    "0 0 0 * *": "day-of-month '0' is out of range 1-31",
    "1,75,3 * * * *": "minute '75' of '1,75,3' is out of range 0-59",
    "61 * * * * *": "second '61' is out of range 0-59 in '61 * * * * *': write for example '30 * * * * *'",
    "x 3 * * *": "minute 'x' is not a number 0-59",
    "٣ * * * *": "minute '٣' is not a number 0-59",
    "-5 * * * *": "minute '-5' lacks a number",
    "1,,2 * * * *": "minute '' of '1,,2' is empty",
    "0 3 * * monday": "nor a name sun-sat in '0 3 * * monday': write for example '0 3 * * mon'",
    "0 3 * * mon,Tuesday": "write for example '0 3 * * mon,tue'",
    "0 3 * foo *": "month 'foo' is neither a number 1-12 nor a name jan-dec",
    "5/15 * * * *": "has a step but no range in '5/15 * * * *': write for example '5-59/15 * * * *'",
    "*/0 * * * *": "has a step of 0",
    "*/x * * * *": "has 'x' for a step",
    "0 22-2 * * *": "hour '22-2' runs backwards in '0 22-2 * * *': write for example '0 22-23,0-2 * * *'",
    "0 3 * * sat-mon": "write for example '0 3 * * sat,sun-mon'",
    "0~59/5 * * * *": "'~' and a step",
    "9~3 * * * *": "minute '9~3' runs backwards",
    "0 0 12 * * ?": "cron has no '?' in '0 0 12 * * ?': write for example '0 0 12 * * *'",
    "0 0 L * *": "cron cannot name the last day with 'L' in '0 0 L * *': write for example '0 0 28 * *'",
    "0 0 * * 5#2": "cron cannot count weekdays with '#'",
    "0 0 15w * *": "cron cannot name the nearest weekday",
    "H * * * *": "write for example '~ * * * *'",
    "*5 * * * *": "write for example '*/5 * * * *'",
    "0 0 31 2 *": "day-of-month '31' never comes in '0 0 31 2 *': month '2' has at most 29 days, "
    "write for example '0 0 29 2 *'",
    "0 0 31 4,jun */2": "never comes in '0 0 31 4,jun */2': month '4,jun' has at most 30 days",
    "0 0 28~31 2 *": "day-of-month '28~31' may never come",
    "0 0 31 2~3 *": "day-of-month '31' may never come",
    "0 3 * *": "'0 3 * *' has 4 fields, but cron needs 5: minute hour day-of-month month day-of-week, "
    "or 6 with the second first: write for example '0 3 * * *'",
    "* * * * * * *": "has 7 fields",
    "*": "has 1 field, but",
    "evry 5m": "'evry 5m' is no schedule, did you mean 'every 5m'?",
    "15m": "did you mean 'every 15m'?",
    "2026-12-24 18:00": "did you mean 'at 2026-12-24 18:00'?",
    "dialy": "did you mean 'daily'?",
    "@dayly": "did you mean '@daily'?",
    "@noon": "the words are '@yearly'",
    "@every 5m": "did you mean 'every 5m'?",
    "@daily 5": "write '@daily'",
    "startup +5m": "did you mean '@startup +5m'?",
    "reboot": "did you mean '@reboot'?",
    "daily 5": "'daily' stands alone",
    "daily at 03:30": "write times of day for cron, for example '30 3 * * *'",
    "now and then": "is no schedule: write for example '30 3 * * *'",
    "": "the schedule is empty: write for example",
    "every": "says no length of time: write for example 'every 15m'",
    "every 5": "says no unit: write '5s', '5m', '5h' or '5d'",
    "every monday": "'monday' of 'every monday' is no length of time",
    "every 1.5h": "is no length of time: write whole seconds",
    "every 0m": "an interval is 1 second to 366 days long",
    "every 400d": "an interval is 1 second to 366 days long",
    "every 2 weeks": "unit 'weeks' of 'every 2 weeks' is not one of s, m, h or d: write '14d'",
    "every 5 moons": "unit 'moons' of 'every 5 moons' is not one of",
    "at noon": "'noon' of 'at noon' is no day and time: write for example 'at 2026-12-24 18:00'",
    "at 2026-12-24": "is no day and time",
    "at 2026-02-30 10:00": "'2026-02-30 10:00' of 'at 2026-02-30 10:00' does not exist",
    "at 2026-12-24 24:00": "does not exist",
    "at 1066-10-14 09:00": "year 1066 of 'at 1066-10-14 09:00' is out of range",
    "@startup 5m": "'5m' of '@startup 5m' is no delay: write for example '@startup +5m'",
    "@startup +": "says no length of time",
    "@startup +400d": "a delay is at most 366 days long",
    "after": "'after' names no task",
    "after on any": "'after on any' names no task",
    "after x on eror": "'on eror' of 'after x on eror' is none of 'on success', 'on failure' or 'on any'",
    'after "x': "has a quote that does not fit",
    "1," * 600 + "1 * * * *": "has 1209 characters",
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=[text[:20] for text in REFUSED])
def test_a_refusal_says_what_is_wrong_and_what_to_write(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=re.escape(words)):
        parse(text)


CRON_REFUSED = [text for text in REFUSED if text and text[0] in "0123456789*x-H" and len(text) < 99]


@pytest.mark.parametrize("text", [text for text in CRON_REFUSED if len(text.split()) >= 4])
def test_the_example_in_a_refusal_can_be_read_itself(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text)
    example = re.search(r"write for example '([^']+)'\Z", refused.value.message)
    assert example
    parse(example[1])


def test_a_day_that_some_month_has_is_accepted() -> None:
    for text in (
        "0 0 31 1,2 *",
        "0 0 29 2 *",
        "0 0 31 2 mon",
        "0 0 1-31 2 *",
        "0 0 28~29 2 *",
        "0 0 30 4~6 *",
    ):
        parse(text)


def test_a_step_wider_than_its_field_is_accepted_as_cron_does() -> None:
    assert parse("*/90 * * * *").text == "*/90 * * * *"


def field(low: int, high: int, names: str = "") -> st.SearchStrategy[str]:
    """Texts that one cron field may hold."""
    words = names.split()
    number = st.integers(low, high).map(str)
    value = st.one_of(number, st.sampled_from(words)) if words else number
    pair = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    span = pair.map(lambda p: f"{p[0]}-{p[1]}")
    step = st.integers(1, 70)
    item = st.one_of(
        value,
        span,
        pair.map(lambda p: f"{p[0]}~{p[1]}"),
        st.builds("{}/{}".format, st.one_of(st.just("*"), span), step),
        st.sampled_from(("*", "~")),
    )
    return st.lists(item, min_size=1, max_size=3).map(",".join)


MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
DAYS = "sun mon tue wed thu fri sat"
crons = st.tuples(
    field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12, MONTHS), field(0, 7, DAYS)
).flatmap(lambda fields: st.sampled_from((" ".join(fields), " ".join(fields[1:]))))


@given(crons)
def test_any_well_formed_expression_is_read_and_keeps_its_words(text: str) -> None:
    schedule = parse(text.upper())
    assert schedule.text == text
    assert parse(schedule.text) == schedule


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    try:
        schedule = parse(text)
    except BadInput:
        return
    assert parse(schedule.text) == schedule


names = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(names.map(str.strip).filter(bool), st.sampled_from(("success", "failure", "any")))
def test_any_task_name_can_be_waited_for(name: str, ending: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    schedule = parse(f'after "{escaped}" on {ending}')
    assert isinstance(schedule, After)
    assert (schedule.task, schedule.on) == (name, ending)
    assert parse(schedule.text) == schedule
