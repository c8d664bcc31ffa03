"""When a run makes a mail: exactly when the rule promises it, and never else."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.model.settings import Mail
from atsn_tui.model.task import TaskMail
from atsn_tui.reports.run.rule import MailRule, Reason, Verdict, When, decide, failures_in_row, rule_of

SOMEBODY = ("ops@example.org",)

verdicts = st.sampled_from(get_args(Verdict))
runs = st.lists(st.tuples(verdicts, st.booleans()), max_size=40)


def mails(when: When, sequence: list[tuple[Verdict, bool]], after: int = 1) -> list[bool]:
    """For each run of a sequence, whether it makes a mail; each is decided on the runs before it alone."""
    rule = MailRule(when=when, after_failures=after, to=SOMEBODY)
    return [
        decide(rule, [verdict for verdict, _ in sequence[:index]], verdict, output) is not None
        for index, (verdict, output) in enumerate(sequence)
    ]


def promised(when: When, sequence: list[tuple[Verdict, bool]], after: int) -> list[bool]:
    """The same, told as a story: trouble begins with the nth failure in a row and ends with a success."""
    found = []
    row = 0
    for verdict, output in sequence:
        was_trouble = row >= after
        row = {"failure": row + 1, "success": 0, "stopped": row}[verdict]
        found.append(
            {
                "never": False,
                "always": True,
                "on_output": output,
                "on_failure": verdict == "failure" and row >= after,
                "on_recovery": verdict == "success" and was_trouble,
            }[when]
        )
    return found


@given(st.sampled_from(get_args(When)), runs, st.integers(1, 5))
def test_exactly_the_promised_mails_are_sent(
    when: When, sequence: list[tuple[Verdict, bool]], after: int
) -> None:
    assert mails(when, sequence, after) == promised(when, sequence, after)


@given(st.sampled_from(get_args(When)), runs, st.integers(1, 5))
def test_nobody_means_no_mail(when: When, sequence: list[tuple[Verdict, bool]], after: int) -> None:
    rule = MailRule(when=when, after_failures=after, to=())
    history = [verdict for verdict, _ in sequence]
    for verdict, output in product(get_args(Verdict), (True, False)):
        assert decide(rule, history, verdict, output) is None


@given(runs, st.integers(1, 5))
def test_only_the_runs_since_the_last_success_and_the_last_n_failures_matter(
    sequence: list[tuple[Verdict, bool]], after: int
) -> None:
    """So a caller need not read the whole history."""
    history = [verdict for verdict, _ in sequence]
    begin = len(history)
    failures = 0
    while begin and failures < after and history[begin - 1] != "success":
        begin -= 1
        failures += history[begin] == "failure"
    for when, verdict in product(get_args(When), get_args(Verdict)):
        rule = MailRule(when=when, after_failures=after, to=SOMEBODY)
        whole = decide(rule, history, verdict, True)
        part = decide(rule, history[begin:], verdict, True)
        assert (whole is None) == (part is None)


def test_a_week_of_runs_by_each_rule() -> None:
    week: list[tuple[Verdict, bool]] = [
        ("success", False),
        ("failure", True),
        ("failure", False),
        ("stopped", True),
        ("failure", True),
        ("success", True),
        ("success", False),
    ]
    assert mails("on_output", week) == [False, True, False, True, True, True, False]
    assert mails("on_failure", week) == [False, True, True, False, True, False, False]
    assert mails("on_failure", week, after=3) == [False, False, False, False, True, False, False]
    assert mails("on_recovery", week) == [False, False, False, False, False, True, False]
    assert mails("on_recovery", week, after=4) == [False] * 7


def test_the_reason_says_how_often_it_failed() -> None:
    rule = MailRule(when="on_failure", to=SOMEBODY)
    assert decide(rule, [], "failure", False) == Reason("failure", 1)
    assert decide(rule, ["failure", "failure"], "failure", False) == Reason("failure", 3)
    assert Reason("failure", 1).text == "the task failed"
    assert Reason("failure", 3).text == "the task failed 3 times in a row"
    again = decide(
        MailRule(when="on_recovery", to=SOMEBODY), ["success", "failure", "failure"], "success", False
    )
    assert again == Reason("recovery", 2)
    assert again is not None
    assert again.text == "the task succeeded again after it had failed 2 times in a row"


def test_stopped_runs_neither_count_nor_interrupt() -> None:
    assert failures_in_row(["failure", "success", "failure", "stopped", "failure"]) == 2


@pytest.mark.parametrize(
    ("group", "task", "rule"),
    [
        (Mail(), TaskMail(), MailRule(when="never")),
        (
            Mail(when="on_failure", after_failures=3, to=("a@b.c",)),
            TaskMail(),
            MailRule(when="on_failure", after_failures=3, to=("a@b.c",)),
        ),
        (
            Mail(when="on_failure", to=("a@b.c",)),
            TaskMail(when="always"),
            MailRule(when="always", to=("a@b.c",), own_when=True),
        ),
        (Mail(when="always", to=("a@b.c",)), TaskMail(to=()), MailRule(when="always")),
        (Mail(when="always", to=("a@b.c",)), TaskMail(to=("d@e.f",)), MailRule(when="always", to=("d@e.f",))),
    ],
)
def test_a_tasks_own_rule_goes_before_its_groups(group: Mail, task: TaskMail, rule: MailRule) -> None:
    assert rule_of(group, task) == rule


def test_an_empty_list_of_a_task_means_nobody_whatever_its_group_has() -> None:
    """As MAILTO="" in a crontab."""
    rule = rule_of(Mail(when="always", to=("a@b.c",)), TaskMail(to=()))
    assert decide(rule, [], "failure", True) is None
