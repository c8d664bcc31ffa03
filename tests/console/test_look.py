"""How text, times and states look."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from atsn_tui.cli.text.runs import run_state as cli_run_state
from atsn_tui.cli.text.states import state as cli_state
from atsn_tui.console.look.plain import fit, right, visible
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.runs import run_sign
from atsn_tui.console.look.schedules import next_at, next_times
from atsn_tui.console.look.states import SIGNS, counts, link_sign, peer_sign, result_sign
from atsn_tui.console.look.times import Clock, duration, milliseconds, relative
from atsn_tui.console.look.wrapping import fit_line, line_width, spread, wrap
from atsn_tui.model.result import State as LinkState
from atsn_tui.model.run import FAILURES, RunState
from atsn_tui.model.states import CHANGED, NEVER, OFF, REACHED, RUNS, STANDING
from atsn_tui.model.words import plural
from atsn_tui.node.peers.views import PeerStatus
from atsn_tui.reports.cycle.words import state_words
from tests.console import sample


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [/b] text", "plain [/b] text"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("one\ntwo\ttab", "one↵two→tab"),
        ("right\u202eleft", "right<202E>left"),
        ("zero\u200bwidth", "zero<200B>width"),
        ("\x7f\x9b31m", "␡<009B>31m"),
        ("lone \udcff byte", "lone <DCFF> byte"),
        ("Übung 日本", "Übung 日本"),
    ],
)
def test_control_characters_are_shown_and_never_obeyed(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_feeds_stay_only_where_lines_are_wanted() -> None:
    assert visible("a\nb\x1b", lines=True) == "a\nb␛"


@pytest.mark.parametrize(
    "text", ["", "short", "exactly-10", "much longer than ten", "日本語日本語日本語", "é" * 20]
)
def test_fitted_text_takes_exactly_its_width(text: str) -> None:
    assert cell_len(fit(text, 10)) == 10
    assert cell_len(right(text, 10)) == 10


@pytest.mark.parametrize("width", [1, 2, 3, 7, 20, 80])
def test_wrapped_lines_never_exceed_their_width_and_lose_nothing(width: int) -> None:
    line: Line = [
        ("some words and averyveryverylongword ", "ink"),
        ("日本語 mixed/with/paths\nnext line", "good"),
    ]
    lines = wrap(line, width)
    assert all(line_width(each) <= max(width, 2) for each in lines)
    text = "".join(text for each in lines for text, _ in each)
    assert "".join(text.split()) == "somewordsandaveryveryverylongword日本語mixed/with/pathsnextline"


def test_a_cut_line_ends_with_an_ellipsis() -> None:
    line = fit_line([("0123456789", "ink"), ("abcdef", "good")], 12)
    assert "".join(text for text, _ in line) == "0123456789a…"


@pytest.mark.parametrize("width", [0, 5, 10, 30])
def test_two_ends_share_a_line(width: int) -> None:
    assert line_width(spread([("left end", "ink")], [("right", "ink")], width)) == width


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=0), "now"),
        (timedelta(seconds=59), "in 59 s"),
        (timedelta(minutes=90), "in 1 h"),
        (timedelta(days=-2, hours=-3), "2 d ago"),
        (timedelta(days=800), "in 2 y"),
    ],
)
def test_times_are_said_from_the_clock_that_is_given(distance: timedelta, words: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert relative(now + distance, now) == words


def test_a_clock_shows_times_in_its_zone() -> None:
    clock = Clock(now=lambda: sample.NOW, zone="Europe/Berlin")
    assert clock.both("2026-11-22T09:28:00.000000Z") == "2 min ago, 22 Nov 2026 10:28:00"
    assert clock.both(None) == "–"


def test_lengths_are_exact_and_latencies_rounded() -> None:
    assert [duration(seconds) for seconds in (0, 5400, 86_461)] == ["0 s", "1 h 30 min", "1 d 1 min 1 s"]
    assert [milliseconds(value) for value in (None, 0.2, 12.4, 1440, 90_000)] == [
        "–",
        "under 1 ms",
        "12 ms",
        "1.4 s",
        "1 min",
    ]
    assert plural(1, "task") + plural(12_000, "task") == "1 task12,000 tasks"


def test_every_state_of_peers_links_and_results_has_a_glyph_and_a_word() -> None:
    peers = list(get_args(PeerStatus))
    signs = [peer_sign(sample.peer("x", state, behind=2)) for state in peers]
    result = sample.found()["00000001-0000-4000-8000-00000000000a"]
    for state in get_args(LinkState):
        signs += [link_sign(sample.link(1, "x", state=state)), result_sign(replace(result, state=state))]  # type: ignore[arg-type]
    assert all(cell_len(sign.glyph) == 1 and sign.word for sign in signs)


def test_console_command_line_and_reports_say_the_same_of_a_state() -> None:
    for state in get_args(LinkState):
        glyph, word, _ = STANDING[state]
        result = replace(sample.found()["00000001-0000-4000-8000-00000000000a"], state=state)
        assert cli_state(state).plain == f"{glyph} {word}"
        assert state_words(result).partition(":")[0] == word
        if state != "differs":
            assert link_sign(sample.link(1, "x", state=state))[:2] == (glyph, word)
    for run in get_args(RunState):
        view = sample.run(1, 1, "x", run, "09:12:05")
        assert cli_run_state(view).plain == f"{RUNS[run].glyph} {RUNS[run].word}"
        assert run_sign(view)[:2] == RUNS[run][:2]


def test_the_help_explains_the_sign_of_every_state() -> None:
    explained = {glyph for glyphs, _ in SIGNS for glyph in glyphs.split()}
    known = [*STANDING.values(), *RUNS.values(), NEVER, OFF, CHANGED, REACHED]
    assert {state.glyph for state in known} <= explained


def test_what_went_wrong_has_one_sign() -> None:
    failed = [STANDING[state] for state in ("refused", "failed", "version_mismatch", "silent")]
    failed += [RUNS[state] for state in FAILURES]
    assert {state.glyph for state in failed} == {"✗"}


def test_a_link_that_asks_waits_and_one_that_is_off_does_not() -> None:
    assert link_sign(sample.link(1, "x", state="differs", apply="ask")).word == "waits for you"
    assert link_sign(sample.link(1, "x", state="differs", behind=2)).word == "2 behind"
    assert link_sign(sample.link(1, "x", state="held", enabled=False)).word == "off"


def test_counts_take_settings_as_changed() -> None:
    assert counts(sample.found()["00000001-0000-4000-8000-00000000000a"]) == "+1 ~3 −1"


def test_next_times_are_told_on_the_clock_of_the_tasks_zone() -> None:
    task = sample.tasks()[2].task
    assert next_times(task, "", sample.CLOCK) == "Mon 23 Nov 03:00, Tue 24 Nov 03:00, Wed 25 Nov 03:00"


def test_a_next_time_that_has_passed_is_computed_anew() -> None:
    view = sample.task(1, "x", "*/15 * * * *")
    later = Clock(now=lambda: sample.NOW + timedelta(minutes=20), zone="UTC")
    assert next_at(view, None, sample.CLOCK) == view.next_at
    assert next_at(view, None, later) == "2026-11-22T10:00:00+00:00"
    assert next_at(replace(view, task=replace(view.task, schedules=("nonsense",))), None, later) is None


def test_next_times_say_each_day_once() -> None:
    task = sample.task(1, "x", "every 6h").task
    assert next_times(task, "", sample.CLOCK) == "Sun 22 Nov 12:00, 18:00, Mon 23 Nov 00:00"


def test_in_sync_is_not_said_of_what_was_changed_since() -> None:
    assert peer_sign(sample.peer("x", "in_sync", changed=True)).word == "changed since"
    assert link_sign(sample.link(1, "x", changed=True)).word == "changed since"
    assert peer_sign(sample.peer("x", "offline", changed=True)).word == "offline"


def test_a_peer_that_was_reached_is_not_said_to_be_unseen() -> None:
    assert peer_sign(sample.peer("x", "unknown")).word == "reached"
    assert peer_sign(sample.peer("x", "unknown", last_contact=None)).word == "not seen yet"
