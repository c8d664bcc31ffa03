"""What a report about a cycle says, and that nothing in it does harm."""

import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.model.brake import Brake
from atsn_tui.model.result import Applied, ChangeView, CycleReport, ErrorView, FieldChange
from atsn_tui.reports.cycle.mail import cycle_file_lines, cycle_report
from atsn_tui.reports.cycle.news import Standing, news_of
from atsn_tui.reports.cycle.words import mend
from atsn_tui.reports.report import Report, envelope, to_message
from tests.mail.letters import body, read
from tests.reports.samples import BERLIN, MOMENT, NASTY, cycle, link
from tests.reports.test_html import read_html

CHANGES = (
    ChangeView(
        op="add",
        task_id="a",
        name="databases/nightly-vacuum",
        why="missing here",
        fields=(
            FieldChange(field="action.command", after="vacuumdb --all"),
            FieldChange(field="name", after="nightly-vacuum"),
            FieldChange(field="schedules", after=["daily", "0 3 * * *"]),
        ),
    ),
    ChangeView(
        op="update",
        task_id="b",
        name="certs/rotate-certs",
        why="newer on primary",
        fields=(
            FieldChange(field="enabled", before=True, after=False),
            FieldChange(field="notes", before="one\ntwo", after="one\nthree"),
            FieldChange(field="schedules", before=["0 3 * * *"], after=["*/30 * * * *"]),
        ),
    ),
    ChangeView(op="delete", task_id="c", name="old-report", why="only on secondary"),
    ChangeView(op="settings", task_id="g1", name="Replicated tasks", why="newer on primary"),
)
APPLIED = link(
    "web1",
    "applied",
    changes=CHANGES,
    total=4,
    applied=Applied(added=1, updated=1, deleted=1, settings=1),
    notes=("databases/nightly-vacuum will start running there",),
    conflicts=(ChangeView(op="update", task_id="d", name="both", why="same date, other content"),),
)
UNREACHABLE = link(
    "dr",
    "unreachable",
    error=ErrorView(code="unreachable", message="dr (10.0.0.7:8022) is away\nask its admin"),
)
HELD = link(
    "web 3",
    "held",
    total=12,
    deletions=12,
    brakes=(Brake(code="deletions", text="12 of 20 tasks would be deleted"),),
    error=ErrorView(code="held", message="held"),
)


def report(cycle: CycleReport, standings: dict[str, Standing] | None = None) -> Report:
    news, _ = news_of(standings or {}, cycle)
    return cycle_report(cycle, news, node="hq", zone=BERLIN, when="on_change")


def test_it_says_what_changed_on_which_peer_and_what_to_do_about_the_rest() -> None:
    recovered = {"link to web2": Standing(troubles=("unreachable",))}
    sent = report(cycle(link("web4"), link("web2"), APPLIED, UNREACHABLE, HELD), recovered)
    assert sent.subject == "hq: replication: dr offline, web 3 held; web2 recovered; 4 changes on web1"
    assert sent.text == (
        "hq: dr offline, web 3 held; web2 recovered; 4 changes on web1\n"
        "\n"
        "Replication on hq, 2026-11-22 03:00:00 CET, on schedule, took 2.1 s:"
        " 5 links: 1 offline, 1 held, 1 applied, 2 in sync\n"
        "\n"
        "✓ Replicated tasks → web1  (push, strict)  applied: 1 added, 1 updated, 1 deleted, settings\n"
        "  + databases/nightly-vacuum  missing here\n"
        "      action.command  vacuumdb --all\n"
        "      schedules  daily; 0 3 * * *\n"
        "  ~ certs/rotate-certs  newer on primary\n"
        "      enabled  yes → no\n"
        "      notes\n"
        "        − one\n"
        "        − two\n"
        "        + one\n"
        "        + three\n"
        "      schedules  0 3 * * * → */30 * * * *\n"
        "  − old-report  only on secondary\n"
        "  ~ Replicated tasks (settings)  newer on primary\n"
        "  note: both  same date, other content: left as it is on both sides\n"
        "  note: databases/nightly-vacuum will start running there\n"
        "\n"
        "○ Replicated tasks → dr  (push, strict)  offline\n"
        "  ! dr (10.0.0.7:8022) is away\n"
        "    ask its admin\n"
        "  next: atsn peer test dr\n"
        "\n"
        "‖ Replicated tasks → web 3  (push, strict)  held: 12 changes wait\n"
        "  ! held: 12 of 20 tasks would be deleted\n"
        "  next: atsn replicate 'Replicated tasks' --peer 'web 3' --yes --allow-deletions 12\n"
        "\n"
        "● Replicated tasks → web2  (push, strict)  in sync, recovered\n"
        "\n"
        "● Replicated tasks → web4  (push, strict)  in sync\n"
        "\n"
        "-- \n"
        "Sent by hq: its config.toml reports replication on_change.\n"
    )


def test_html_says_the_same() -> None:
    shown = read_html(report(cycle(APPLIED, UNREACHABLE, HELD)).html)
    for words in (
        "dr offline, web 3 held; 4 changes on web1", "+ databases/nightly-vacuum", "− one\n− two", "+ */30 * * * *",
        "note: databases/nightly-vacuum will start", "! dr (10.0.0.7:8022) is away\nask its admin",
        "next: atsn replicate 'Replicated tasks' --peer 'web 3' --yes --allow-deletions 12",
        "reports replication on_change",
    ):  # fmt: skip
        assert words in shown


def test_the_file_gets_the_same_without_greeting() -> None:
    told = cycle(APPLIED, UNREACHABLE)
    lines = cycle_file_lines(told, (), node="hq", zone=BERLIN, when="always")
    assert lines[0].startswith("Replication on hq, 2026-11-22 03:00:00 CET, on schedule, took 2.1 s")
    assert "  next: atsn peer test dr" in lines
    assert lines[-1] == ""
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    ("links", "subject"),
    [
        ((), "hq: replication: no links"),
        ((link("a"),), "hq: replication: 1 link in sync"),
        ((link("a"), link("b")), "hq: replication: 2 links in sync"),
        ((link("a", "differs", total=3),), "hq: replication: changes wait for a"),
        (tuple(link(name, "failed") for name in "abcde"),
         "hq: replication: a failed, b failed, c failed and 2 more"),
        ((link("a", "applied", applied=Applied(added=2)), link("b", "applied")),
         "hq: replication: 3 changes on a, b"),
    ],
)  # fmt: skip
def test_the_subject_says_it_in_short(links: tuple[Any, ...], subject: str) -> None:
    assert report(cycle(*links)).subject == subject


@pytest.mark.parametrize(
    ("result", "command"),
    [
        (link("dr", "unreachable"), "atsn peer test dr"),
        (link("dr", "refused"), "atsn peer test dr"),
        (link("dr", "version_mismatch"), "atsn peer test dr"),
        (link("dr", "failed"), "atsn diff 'Replicated tasks' --peer dr"),
        (link("dr", "moved"), "atsn replicate 'Replicated tasks' --peer dr"),
        (link("dr", "differs"), "atsn replicate 'Replicated tasks' --peer dr"),
        (link("dr", "in_sync"), ""),
        (link("dr", "applied"), ""),
        (
            link("dr", "held", brakes=(Brake(code="restored", text=""), Brake(code="future", text=""))),
            "atsn replicate 'Replicated tasks' --peer dr --yes --allow-restored --allow-future",
        ),
        (
            link(
                "dr",
                "held",
                deletions=7,
                brakes=(
                    Brake(code="emptied", text=""),
                    Brake(code="deletions", text=""),
                    Brake(code="other_primary", text=""),
                ),
            ),
            "atsn replicate 'Replicated tasks' --peer dr --yes --allow-deletions 7 --allow-other-primary",
        ),
    ],
)
def test_every_trouble_names_the_command_that_helps_further(result: Any, command: str) -> None:
    assert mend(result) == command


def test_names_in_commands_are_quoted() -> None:
    assert shlex.split(mend(link("$(reboot)", "failed", group="a; b"))) == [
        "atsn",
        "diff",
        "a; b",
        "--peer",
        "$(reboot)",
    ]


def test_very_many_changes_are_counted_instead_of_shown() -> None:
    change = CHANGES[0]
    many = link("web1", "applied", changes=(change,) * 200, total=10_000, applied=Applied(added=10_000))
    text = report(cycle(many)).text
    assert text.count("+ databases/nightly-vacuum") == 50
    assert "\n  and 9,950 more changes\n" in text
    assert "10,000 added" in text
    wide = ChangeView(
        op="update", task_id="a", name="a", why="newer on primary",
        fields=tuple(FieldChange(field=f"environment.V{n}", before="x" * 100_000, after="y") for n in range(100)),
    )  # fmt: skip
    sent = report(cycle(link("web1", "applied", changes=(wide,))))
    assert "and 70 more fields" in sent.text
    assert len(sent.text) < 50_000


words = st.text(max_size=40) | st.just(NASTY)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | words
    | st.lists(words, max_size=3)
    | st.dictionaries(words, words, max_size=2)
)


@settings(max_examples=40)
@given(words, words, values, values)
def test_nothing_in_a_result_can_do_harm(name: str, message: str, before: Any, after: Any) -> None:
    change = ChangeView(
        op="update",
        task_id="a",
        name=name,
        why="newer on primary",
        fields=(FieldChange(field=name, before=before, after=after),),
    )
    told = cycle(
        link(name, "applied", group=name, changes=(change,), notes=(message,), link_id="1"),
        link(name, "failed", error=ErrorView(code="internal", message=message), link_id="2"),
    )
    sent = report(told)
    read_html(sent.html)
    to = envelope(["a@b.c"], None, user="atsn", host="hq")
    message_ = to_message(sent, to, identity="m1", date=MOMENT, host="hq")
    assert sorted(read(message_.content).keys()) == sorted([
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "X-ATSN-Node", "X-ATSN-Cycle", "X-ATSN-Reason",
    ])  # fmt: skip
    assert body(message_.content).endswith("Sent by hq: its config.toml reports replication on_change.\n")
