"""Importing a crontab again: what is new, left alone, updated, kept and left out."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from atsn_tui.formats.crontab import Job, parse
from atsn_tui.formats.jobs import to_tasks
from atsn_tui.formats.matching import Pairing
from atsn_tui.formats.reimport import Imported, Reimport, reimport
from atsn_tui.formats.threeway import carry_over, changed_fields
from atsn_tui.model.task import Command, Options, Task, TaskMail
from tests.strategies import few_examples
from tests.strategies import tasks as any_tasks

FOLDER = "cron"
Derived = list[tuple[Job, Task]]


def _derive(text: str) -> Derived:
    jobs = parse(text.encode(), system=False).jobs
    return list(zip(jobs, to_tasks(jobs, FOLDER), strict=True))


def _imported(derived: Derived, deleted: Sequence[int] = ()) -> list[Imported]:
    return [
        Imported(
            task_id=f"task-{position}",
            line=job.line,
            text=job.text,
            derived=task,
            present=position not in deleted,
        )
        for position, (job, task) in enumerate(derived)
    ]


def _again(before: str, after: str, *, deleted: Sequence[int] = (), **edits: Task) -> Reimport:
    """Import `before`, delete and edit tasks (by name), and import `after`."""
    imported = _imported(_derive(before), deleted)
    current = {item.task_id: edits.get(item.derived.name, item.derived) for item in imported if item.present}
    return reimport(imported, current, _derive(after))


def _names(outcome: Reimport) -> dict[str, list[str]]:
    return {
        "new": [item.task.name for item in outcome.new],
        "unchanged": [item.imported.derived.name for item in outcome.unchanged],
        "changed": [item.imported.derived.name for item in outcome.changed],
        "deleted": [item.imported.derived.name for item in outcome.deleted],
        "vanished": [item.derived.name for item in outcome.vanished],
        "forgotten": [item.derived.name for item in outcome.forgotten],
    }


def _only(**expected: list[str]) -> dict[str, list[str]]:
    return {key: expected.get(key, []) for key in _names(Reimport())}


def test_the_first_import_makes_everything_new() -> None:
    outcome = _again("", "@daily a\n@daily b\n")
    assert _names(outcome) == _only(new=["a", "b"])
    assert not any(item.task.enabled for item in outcome.new)


def test_new_tasks_avoid_names_that_are_taken() -> None:
    outcome = reimport([], {}, _derive("@daily a\n@daily b\n"), taken={"a", "a-2"})
    assert _names(outcome) == _only(new=["a-3", "b"])


def test_an_unchanged_line_leaves_its_task_alone_whatever_was_edited() -> None:
    (_, task), *_ = _derive("@daily a\n")
    edited = replace(
        task, name="renamed", enabled=True, schedules=("every 5m",), action=Command(command="other")
    )
    assert _names(_again("@daily a\n", "@daily a\n", a=edited)) == _only(unchanged=["a"])


def test_a_line_that_moved_is_unchanged() -> None:
    outcome = _again("@daily a\n@daily b\n", "# heading\n\n@hourly c\n@daily b\n@daily a\n")
    assert _names(outcome) == _only(new=["c"], unchanged=["b", "a"])


def test_a_changed_schedule_updates_the_schedule_only() -> None:
    (_, task), *_ = _derive("0 3 * * * a\n")
    edited = replace(task, enabled=True, notes="mine", run_as="jane", name="renamed")
    (change,) = _again("0 3 * * * a\n", "0 4 * * * a\n", a=edited).changed
    assert change.fields == ("schedules",)
    assert change.before == edited
    assert change.after == replace(edited, schedules=("0 4 * * *",))


def test_a_changed_command_on_the_same_schedule_is_an_update() -> None:
    (change,) = _again("0 3 * * * tar -c /a\n", "0 3 * * * tar -c /b\n").changed
    assert change.fields == ("action",)
    assert change.after.action == Command(command="tar -c /b")
    assert change.after.name == "tar"


def test_a_line_that_runs_another_program_renames_its_task_unless_someone_named_it() -> None:
    (change,) = _again("0 3 * * * old\n", "0 3 * * * new\n").changed
    assert (change.after.name, change.derived.name) == ("new", "new")
    named = replace(_derive("0 3 * * * old\n")[0][1], name="mine")
    (change,) = _again("0 3 * * * old\n", "0 3 * * * new\n", old=named).changed
    assert change.after.name == "mine"


def test_a_changed_environment_line_changes_that_variable_only() -> None:
    (_, task), *_ = _derive("A=1\nB=2\n@daily a\n")
    edited = replace(task, environment={"A": "1", "B": "2", "MINE": "x"})
    (change,) = _again("A=1\nB=2\n@daily a\n", "A=9\nC=3\n@daily a\n", a=edited).changed
    assert change.fields == ("environment",)
    assert change.after.environment == {"A": "9", "C": "3", "MINE": "x"}


def test_an_edit_that_the_import_would_make_too_stays_a_change_without_effect() -> None:
    (_, task), *_ = _derive("0 3 * * * a\n")
    (change,) = _again("0 3 * * * a\n", "0 4 * * * a\n", a=replace(task, schedules=("0 4 * * *",))).changed
    assert change.before == change.after


def test_a_vanished_line_is_reported() -> None:
    assert _names(_again("0 3 * * * a\n0 4 * * * b\n", "0 4 * * * b\n")) == _only(
        unchanged=["b"], vanished=["a"]
    )


def test_an_unchanged_line_whose_task_was_deleted_here_is_left_out() -> None:
    outcome = _again("@daily a\n@daily b\n", "# moved\n@daily a\n@daily b\n", deleted=[0])
    assert _names(outcome) == _only(deleted=["a"], unchanged=["b"])


def test_a_changed_environment_line_brings_no_deleted_task_back() -> None:
    outcome = _again("MAILTO=a\n@daily x\n", "MAILTO=b\n@daily x\n", deleted=[0])
    assert _names(outcome) == _only(deleted=["x"])


def test_a_changed_line_whose_task_was_deleted_here_comes_back() -> None:
    outcome = _again("0 3 * * * a\n", "0 4 * * * a\n", deleted=[0])
    assert _names(outcome) == _only(new=["a"])
    assert outcome.new[0].replaces is not None


def test_a_vanished_line_whose_task_was_deleted_here_is_forgotten() -> None:
    assert _names(_again("0 3 * * * a\n", "", deleted=[0])) == _only(forgotten=["a"])


def test_equal_lines_are_counted() -> None:
    three = "@daily a\n@daily a\n@daily a\n"
    assert _names(_again(three, "@daily a\n@daily a\n")) == _only(unchanged=["a", "a-2"], vanished=["a-3"])
    assert _names(_again("@daily a\n", three)) == _only(unchanged=["a"], new=["a-2", "a-3"])
    assert _names(_again(three, three, deleted=[1])) == _only(unchanged=["a", "a-3"], deleted=["a-2"])


def test_the_surest_likeness_wins() -> None:
    # The second line is the first one moved down; what took its place shares only its schedule.
    outcome = _again("0 3 * * * a\n", "0 3 * * * b\n0 3 * * * a\n")
    assert _names(outcome) == _only(new=["b"], unchanged=["a"])


def test_of_several_lines_with_the_schedule_the_nearest_is_the_former_one() -> None:
    before = "0 3 * * * a\n\n\n\n\n0 3 * * * b\n"
    outcome = _again(before, "\n0 3 * * * x\n\n\n\n\n0 3 * * * y\n")
    assert [(item.imported.derived.name, item.after.name) for item in outcome.changed] == [
        ("a", "x"),
        ("b", "y"),
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_changed_altogether_is_an_update_of_the_one_in_its_place(place: int) -> None:
    before = ["0 1 * * * a", "0 2 * * * b", "0 3 * * * c"]
    after = [*before[:place], "30 9 * * 1 /opt/x --all", *before[place + 1 :]]
    (_, task) = _derive("\n".join(before) + "\n")[place]
    outcome = _again(
        "\n".join(before) + "\n",
        "# moved\n" + "\n".join(after) + "\n",
        **{task.name: replace(task, enabled=True)},
    )
    (change,) = outcome.changed
    assert change.fields == ("action", "schedules")
    assert (change.before.name, change.after.name, change.after.enabled) == (task.name, "x", True)
    assert not outcome.new
    assert not outcome.vanished


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0 1 * * * a\n0 2 * * * b\n", "0 7 * * * x\n"),
        ("0 1 * * * a\n", "0 7 * * * x\n0 8 * * * y\n"),
        ("0 1 * * * a\n0 2 * * * b\n", "0 7 * * * x\n0 8 * * * y\n"),
        ("0 1 * * * a\n0 2 * * * b\n0 3 * * * c\n", "0 2 * * * b\n0 3 * * * c\n0 7 * * * x\n"),
        ("0 1 * * * a\n0 2 * * * b\n0 3 * * * c\n", "0 3 * * * c\n0 7 * * * x\n0 1 * * * a\n"),
    ],
)
def test_where_the_neighbours_leave_a_doubt_nothing_is_taken_for_its_former_self(
    before: str, after: str
) -> None:
    outcome = _again(before, after)
    assert not outcome.changed
    assert outcome.new
    assert outcome.vanished


def test_the_line_of_a_deleted_task_is_no_former_self_of_another_job() -> None:
    outcome = _again("0 1 * * * a\n", "0 7 * * * x\n", deleted=[0])
    assert _names(outcome) == _only(new=["x"], forgotten=["a"])


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8), st.data())
def test_pairing_by_place_leaves_all_pairs_as_they_are_and_adds_only_what_stands_alone(
    old: list[int], new: list[int], data: st.DataObject
) -> None:
    present = data.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old)))
    pairing = Pairing(range(len(old)), range(len(new)))
    pairing.pair(old.__getitem__, new.__getitem__, lambda _: True)
    before = dict(pairing.pairs)
    pairing.pair_in_place(present.__getitem__)
    assert before.items() <= pairing.pairs.items()
    for mine in pairing.pairs.keys() - before.keys():
        former = pairing.pairs[mine]
        assert present[former]
        assert (mine - 1 in before) or mine == 0
        assert (mine + 1 in before) or mine == len(new) - 1
        first, last = before.get(mine - 1, -1), before.get(mine + 1, len(old))
        assert first < former < last
        assert set(range(first + 1, last)) - {former} <= set(before.values())


_LINES = st.builds(
    "{} {}".format,
    st.sampled_from(("0 3 * * *", "0 4 * * *", "@daily")),
    st.sampled_from(("a", "b", "/opt/b.sh", "c %in", "d")),
)
_FILES = st.lists(
    _LINES | st.sampled_from(("A=1", "A=2", "MAILTO=x", "", "# about the job")), max_size=8
).map(lambda lines: "".join(f"{line}\n" for line in lines))


_EDITS: tuple[dict[str, Any], ...] = (
    {},
    {"enabled": True},
    {"name": "mine", "notes": "edited here"},
    {"schedules": ("every 5m",), "environment": {"MINE": "x", "A": "9"}},
    {"action": Command(argv=("other",)), "mail": TaskMail(when="always"), "run_as": "jane"},
)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[Imported], dict[str, Task]]:
    """What was imported from some file, with some tasks deleted and others edited since."""
    derived = _derive(draw(_FILES))
    deleted = [position for position in range(len(derived)) if draw(st.booleans())]
    imported = _imported(derived, deleted)
    current = {item.task_id: draw(st.just(item.derived) | any_tasks()) for item in imported if item.present}
    return imported, current


@given(_histories(), _FILES)
def test_every_job_and_every_former_line_has_exactly_one_outcome(
    history: tuple[list[Imported], dict[str, Task]], after: str
) -> None:
    imported, current = history
    derived = _derive(after)
    outcome = reimport(imported, current, derived)
    with_job = (*outcome.new, *outcome.unchanged, *outcome.changed, *outcome.deleted)
    assert sorted(item.job.line for item in with_job) == sorted(job.line for job, _ in derived)
    former = [item.imported for item in (*outcome.unchanged, *outcome.changed, *outcome.deleted)]
    former += [item.replaces for item in outcome.new if item.replaces]
    former += [*outcome.vanished, *outcome.forgotten]
    assert sorted(item.task_id for item in former) == sorted(item.task_id for item in imported)


@given(_histories(), _FILES)
def test_presence_decides_what_may_happen_to_a_task(
    history: tuple[list[Imported], dict[str, Task]], after: str
) -> None:
    imported, current = history
    outcome = reimport(imported, current, _derive(after))
    for item in (*outcome.unchanged, *outcome.changed):
        assert item.imported.present
    assert all(item.present for item in outcome.vanished)
    for gone in outcome.deleted:
        assert not gone.imported.present
    assert not any(item.present for item in outcome.forgotten)
    for change in outcome.changed:
        assert change.before == current[change.imported.task_id]


@given(_histories(), _FILES)
def test_an_update_touches_only_what_changed_in_the_file(
    history: tuple[list[Imported], dict[str, Task]], after: str
) -> None:
    imported, current = history
    for change in reimport(imported, current, _derive(after)).changed:
        assert change.fields
        assert set(changed_fields(change.before, change.after)) <= set(change.fields)
        assert change.before.enabled == change.after.enabled
        if change.before.name != change.imported.derived.name:
            assert change.after.name == change.before.name


@given(_histories())
def test_importing_the_same_file_again_changes_nothing(
    history: tuple[list[Imported], dict[str, Task]],
) -> None:
    imported, current = history
    text = "".join(f"{item.text}\n" for item in imported)
    # The environment lines went with the others: what counts here are the same lines with the same meaning.
    derived = [
        (replace(job, line=item.line), item.derived)
        for item, (job, _) in zip(imported, _derive(text), strict=True)
    ]
    outcome = reimport(imported, current, derived)
    assert [item.imported for item in outcome.unchanged] == [item for item in imported if item.present]
    assert [item.imported for item in outcome.deleted] == [item for item in imported if not item.present]
    assert _names(outcome) == _names(Reimport(unchanged=outcome.unchanged, deleted=outcome.deleted))


@given(_FILES, _FILES)
def test_a_second_import_after_taking_over_the_first_finds_nothing_to_do(before: str, after: str) -> None:
    imported = _imported(_derive(before))
    current = {item.task_id: item.derived for item in imported}
    first = reimport(imported, current, _derive(after))
    remembered = [
        (item.job, item.derived, item.imported.task_id) for item in (*first.unchanged, *first.changed)
    ]
    remembered += [(item.job, item.task, f"new-{item.job.line}") for item in first.new]
    for change in first.changed:
        current[change.imported.task_id] = change.after
    for fresh in first.new:
        current[f"new-{fresh.job.line}"] = fresh.task
    again = reimport(
        [
            Imported(task_id=task_id, line=job.line, text=job.text, derived=task, present=True)
            for job, task, task_id in remembered
        ],
        current,
        _derive(after),
    )
    assert len(again.unchanged) == len(_derive(after))
    assert _names(again) == _names(Reimport(unchanged=again.unchanged, vanished=again.vanished))
    assert not again.vanished


@given(_FILES, _FILES)
def test_tasks_of_one_source_keep_different_names(before: str, after: str) -> None:
    imported = _imported(_derive(before))
    current = {item.task_id: item.derived for item in imported}
    outcome = reimport(imported, current, _derive(after))
    current |= {item.imported.task_id: item.after for item in outcome.changed}
    names = [task.name for task in current.values()] + [item.task.name for item in outcome.new]
    assert len(names) == len(set(names))


@few_examples
@given(any_tasks(), any_tasks(), any_tasks())
def test_carrying_over_sets_the_difference_and_nothing_else(current: Task, old: Task, new: Task) -> None:
    after = carry_over(current, old, new)
    assert carry_over(current, old, old) == current
    assert (after.name, after.enabled) == (current.name, current.enabled)
    assert set(changed_fields(current, after)) <= set(changed_fields(old, new))
    assert changed_fields(carry_over(old, old, new), new) == ()


@pytest.mark.parametrize("field", ["options", "mail"])
def test_options_and_mail_are_carried_over_entry_by_entry(field: str) -> None:
    task = Task(name="a", action=Command(command="a"))
    current = replace(task, options=Options(retries=3), mail=TaskMail(when="always"))
    new = replace(task, options=Options(jitter=60), mail=TaskMail(to=("jane",)))
    after = carry_over(current, task, new)
    assert after.options == Options(retries=3, jitter=60)
    assert after.mail == TaskMail(when="always", to=("jane",))
