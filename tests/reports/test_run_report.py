"""The mail about a run: what it says, and that nothing in it does harm."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from atsn_tui.model.task import Command, Email, Http
from atsn_tui.reports.output import Output
from atsn_tui.reports.report import Report, envelope, to_message
from atsn_tui.reports.run.facts import RunFacts, variables
from atsn_tui.reports.run.mail import run_report
from atsn_tui.reports.run.rule import MailRule, Reason
from atsn_tui.reports.secrets import mask_for
from tests.mail.letters import body, read
from tests.reports.samples import MOMENT, NASTY, facts, micros
from tests.reports.test_html import read_html

GROUP_RULE = MailRule(when="on_failure", to=("ops@example.org",))


def report(told: RunFacts | None = None, **changes: Any) -> Report:
    given: dict[str, Any] = {
        "rule": GROUP_RULE,
        "reason": Reason("failure", 1),
        "subject": "${ATSN_NODE}: ${ATSN_TASK} ${ATSN_RESULT}",
        "environment": {},
        "mask": mask_for([]),
    }
    return run_report(told or facts(), **{**given, **changes})


def test_it_says_what_ran_when_and_how_it_ended() -> None:
    assert report().text == (
        "databases/nightly-backup failed (exit 2) on hq\n"
        "\n"
        "  Task        databases/nightly-backup\n"
        "  Group       Replicated tasks\n"
        "  Node        hq\n"
        "  Result      failed, exit 2\n"
        "  Started by  daily at 03:00\n"
        "  Due         2026-11-22 03:00:00 CET\n"
        "  Started     2026-11-22 03:00:00 CET\n"
        "  Ended       2026-11-22 03:00:41 CET, after 41 s\n"
        "  As          backup\n"
        "  Command     /usr/local/bin/backup --all\n"
        "  Next due    2026-11-23 03:00:00 CET\n"
        "  Run         1f2e3d4c   atsn log 1f2e3d4c\n"
        "\n"
        "Output (2 lines, 22 bytes)\n"
        "--------------------------\n"
        "dumping\n"
        "no space left\n"
        "\n"
        "-- \n"
        "Sent because the task failed: the group Replicated tasks has the mail rule on_failure.\n"
        "To change that: atsn group set 'Replicated tasks' email.when=never"
        "  (or always, on_output, on_recovery)\n"
    )


def test_html_says_the_same() -> None:
    shown = read_html(report().html)
    for words in (
        "✗ databases/nightly-backup failed (exit 2) on hq", "after 41 s", "/usr/local/bin/backup --all",
        "dumping\nno space left\n", "Sent because the task failed", "email.when=never",
    ):  # fmt: skip
        assert words in shown


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({"state": "ok", "exit_code": 0}, "databases/nightly-backup succeeded on hq"),
        ({"state": "timed_out", "exit_code": None, "signal": 9},
         "databases/nightly-backup timed out (SIGKILL) on hq"),
        ({"failures": 3}, "databases/nightly-backup failed (exit 2), 3 times in a row on hq"),
        ({"exit_code": None, "started": None, "reason": "user backup does not exist on this node"},
         "databases/nightly-backup could not start on hq"),
        ({"state": "interrupted", "exit_code": None}, "databases/nightly-backup was interrupted on hq"),
        ({"state": "unknown", "exit_code": None, "ended": None}, "databases/nightly-backup ended unseen on hq"),
        ({"state": "stopped", "exit_code": None, "signal": 15},
         "databases/nightly-backup was stopped (SIGTERM) on hq"),
        ({"exit_code": None, "signal": 77}, "databases/nightly-backup failed (signal 77) on hq"),
    ],
)  # fmt: skip
def test_each_result_has_its_words(changes: dict[str, Any], headline: str) -> None:
    told = facts(**changes)
    text = report(told, reason=Reason("always")).text
    assert text.startswith(f"{headline}\n")
    assert told.run.reason in text


def test_a_recovery_says_so() -> None:
    told = facts(state="ok", exit_code=0)
    text = report(told, reason=Reason("recovery", 4), rule=replace(GROUP_RULE, when="on_recovery")).text
    assert text.startswith("databases/nightly-backup succeeded again after 4 failures on hq\n")
    assert "Sent because the task succeeded again after it had failed 4 times in a row" in text


@pytest.mark.parametrize(
    ("action", "line"),
    [
        (Command(argv=("/bin/echo", "two words")), "Command     /bin/echo 'two words'"),
        (Command(command="first\nsecond"), "Command     first\n              second"),
        (Http(url="https://example.org/ping", method="POST"), "Request     POST https://example.org/ping"),
        (Email(to=("a@b.c",), subject="hello"), "Email       to a@b.c: hello"),
    ],
)
def test_each_kind_of_action_is_shown(action: Any, line: str) -> None:
    assert f"  {line}\n" in report(facts(action=action)).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "daily at 03:00"),
        ({"schedule": ""}, "its schedule"),
        ({"trigger": "manual", "who": "ada"}, "by hand, ada"),
        ({"trigger": "after", "cause": "databases/dump"}, "after databases/dump"),
        ({"trigger": "startup"}, "the start of the service"),
        ({"trigger": "retry"}, "the failed attempt before"),
        ({"trigger": "missed"}, "a due time that was missed"),
    ],
)
def test_it_says_what_made_it_run(changes: dict[str, Any], words: str) -> None:
    assert f"  Started by  {words}\n" in report(facts(**changes)).text


def test_attempts_notes_and_an_unknown_next_time_are_told() -> None:
    text = report(facts(attempt=3, attempts=3, next_due=None, notes=("'no one' is no mail address",))).text
    assert "  Attempt     3 of 3\n" in text
    assert "  Next due    not by itself\n" in text
    assert "\n  ! 'no one' is no mail address\n" in text


def test_the_footer_names_the_rule_of_the_task_or_the_group_and_the_command_that_changes_it() -> None:
    own = report(rule=MailRule(when="always", to=("a@b.c",), own_when=True), reason=Reason("always")).text
    assert "Sent because every run is reported: the task has the mail rule always.\n" in own
    assert "To change that: atsn task set 'Replicated tasks/databases/nightly-backup' mail.when=never" in own
    often = report(rule=replace(GROUP_RULE, after_failures=3), reason=Reason("failure", 3)).text
    assert "the group Replicated tasks has the mail rule on_failure after 3 failures in a row.\n" in often


# The subject


def test_the_subject_takes_variables_of_ours_and_of_the_task() -> None:
    subject = (
        "[${SITE}] ${ATSN_TASK} ${ATSN_RESULT} with ${ATSN_EXIT} after ${ATSN_DURATION} ($$${ATSN_FAILURES})"
    )
    told = report(subject=subject, environment={"SITE": "Berlin", "ATSN_TASK": "forged"})
    assert told.subject == "[Berlin] databases/nightly-backup failed with 2 after 41 s ($1)"


def test_an_undefined_variable_stays_in_the_subject_and_is_noted() -> None:
    told = report(subject="${NODE} failed")
    assert told.subject == "${NODE} failed"
    assert "\n  ! the subject uses ${NODE}, which is not defined here\n" in told.text


@pytest.mark.parametrize("subject", ["", "   ", "${EMPTY}", "\n"])
def test_an_empty_subject_becomes_the_headline(subject: str) -> None:
    told = report(subject=subject, environment={"EMPTY": ""})
    assert told.subject == "databases/nightly-backup failed (exit 2) on hq"


def test_every_variable_has_a_value_even_if_nothing_ran() -> None:
    never_ran = facts(exit_code=None, started=None, ended=None, next_due=None)
    assert variables(never_ran).keys() == variables(facts()).keys()
    assert all(isinstance(value, str) for value in variables(never_ran).values())
    assert variables(facts())["ATSN_STARTED"] == "2026-11-22T03:00:00+01:00"


# Secrets and harm


def test_secrets_are_hidden_in_every_part() -> None:
    told = facts(
        path="job hunter2",
        schedule="by hunter2",
        reason="hunter2 is wrong",
        action=Http(url="https://me:hunter2@example.org"),
        output=Output(start=b"login hunter2"),
        notes=("hunter2",),
    )
    sent = report(
        told,
        subject="${PASSWORD} ${ATSN_REASON}",
        environment={"PASSWORD": "hunter2"},
        mask=mask_for(["hunter2"]),
    )
    assert sent.subject == "***** ***** is wrong"
    everything = f"{sent.subject}{sent.text}{sent.html}{sent.headers}"
    assert "hunter2" not in everything
    assert "login *****" in sent.text


words = st.text(max_size=60) | st.just(NASTY)


@settings(max_examples=40)
@given(words, words, words, st.binary(max_size=200) | st.just(NASTY.encode("utf-8", "surrogatepass")), words)
def test_nothing_in_a_run_can_do_harm(
    task: str, reason: str, command: str, output: bytes, subject: str
) -> None:
    told = facts(
        path=task,
        node=reason,
        group=task,
        reason=reason,
        schedule=command,
        action=Command(argv=("x", command.replace("\0", "").encode("utf-8", "replace").decode())),
        output=Output(start=output),
    )
    sent = report(told, subject=subject)
    read_html(sent.html)
    message = to_message(
        sent, envelope(["a@b.c"], None, user="atsn", host="hq"), identity="m1", date=MOMENT, host="hq"
    )
    mail = read(message.content)
    assert sorted(mail.keys()) == sorted([
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "X-ATSN-Node", "X-ATSN-Group", "X-ATSN-Task", "X-ATSN-Result", "X-ATSN-Reason",
    ])  # fmt: skip
    text = body(message.content)
    assert all(
        line.replace("\t", "").isprintable() or any(c in line for c in "\u200d\ufe0e\ufe0f")
        for line in text.split("\n")
    )


def test_an_output_of_ten_gigabytes_makes_a_small_mail() -> None:
    kept = Output(start=b"\xff\x00" * 500_000, end=b"x" * 1_000_000, size=10_000_000_000)
    told = report(facts(output=kept))
    assert "Output (10.0 GB, not all of it is shown)" in told.text
    assert "bytes are left out here" in told.text
    message = to_message(
        told, envelope(["a@b.c"], None, user="atsn", host="hq"), identity="m1", date=MOMENT, host="hq"
    )
    assert len(message.content) < 1_000_000


def test_a_long_command_is_cut() -> None:
    assert len(report(facts(action=Command(command="x" * 100_000))).text) < 5000


def test_times_across_a_day_are_told_with_their_span() -> None:
    assert "after 1 d 1 h" in report(facts(ended=micros(MOMENT + timedelta(hours=25)))).text


# Addressing


def test_wrong_addresses_are_told_and_the_others_get_the_mail() -> None:
    to = envelope(["no one", "ops@example.org"], "Ätsn <atsn@example.org>", user="root", host="hq")
    assert (to.to, to.sender) == (("ops@example.org",), "Ätsn <atsn@example.org>")
    assert [trouble.partition(":")[0] for trouble in to.troubles] == ["'no one' is no mail address"]


@pytest.mark.parametrize(
    ("sender", "user", "host", "written"),
    [
        (None, "root", "hq.example.org", "root@hq.example.org"),
        ("", "root", "hq", "root@hq"),
        ("not\nme", "root", "hq", "root@hq"),
        (None, "DOMAIN\\user", "hq", "atsn@hq"),
        (None, "root", "bad host", "atsn@localhost"),
    ],
)
def test_there_is_always_a_sender(sender: str | None, user: str, host: str, written: str) -> None:
    to = envelope(["ops@example.org"], sender, user=user, host=host)
    assert to.sender == written
    assert bool(to.troubles) == (sender == "not\nme")


def test_very_many_recipients_are_cut_and_told() -> None:
    to = envelope([f"user{number}@example.org" for number in range(103)], None, user="root", host="hq")
    assert len(to.to) == 100
    assert "3 of the recipients did not get this mail" in to.troubles[0]
