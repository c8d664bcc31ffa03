"""An edit never makes a task follow another one unnoticed, and never closes a circle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atsn_tui.errors import BadInput, Refused
from atsn_tui.schedule.following import (
    Outlines,
    TaskOutline,
    follow_edit,
    troubles,
    what_is_wrong,
    who_follows,
)
from atsn_tui.schedule.follows import Names, after_of


def outline(path: str, *schedules: str) -> TaskOutline:
    folder, _, name = path.rpartition("/")
    return TaskOutline(folder, name, schedules)


CHAIN = {
    "b": outline("db/backup", "@daily"),
    "c": outline("db/check", "after backup"),
    "r": outline("report", "after check on any"),
}


def edited(**changed: TaskOutline | None) -> dict[str, TaskOutline]:
    return {key: each for key, each in {**CHAIN, **changed}.items() if each is not None}


@pytest.mark.parametrize(
    ("key", "after", "says"),
    [
        (
            "b",
            outline("db/backup", "after db/backup"),
            r"'db/backup' would run after itself \(db/backup → db/backup\)",
        ),
        (
            "b",
            outline("db/backup", "after check"),
            "in a circle: db/check → db/backup → db/check; take one 'after' out",
        ),
        (
            "b",
            outline("db/backup", "@daily", "after report on failure"),
            "circle: report → db/backup → db/check → report",
        ),
        ("n", outline("mail/send", "after bakup"), "no task 'bakup' in the group.*; the nearest: db/backup"),
        ("n", outline("mail/send", "after db/chek"), "the nearest: db/check"),
        ("n", outline("mail/send", "after xyzzy"), "name one that is there$"),
    ],
)
def test_a_circle_and_an_unknown_name_are_refused_by_name(key: str, after: TaskOutline, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        follow_edit(CHAIN, edited(**{key: after}))


def test_a_name_that_two_tasks_have_cannot_be_followed() -> None:
    tasks = edited(x=outline("a/twin"), y=outline("b/twin"))
    with pytest.raises(BadInput, match="2 tasks of the group are called 'twin'"):
        follow_edit(tasks, {**tasks, "z": outline("z", "after twin")})


@pytest.mark.parametrize(
    ("renamed", "expected"),
    [
        (outline("db/dump", "@daily"), {"c": ("after dump",)}),
        (outline("files/backup", "@daily"), {}),
        (outline("files/dump", "@daily"), {"c": ("after dump",)}),
        (outline("db/lights on any", "@daily"), {"c": ('after "lights on any"',)}),
    ],
)
def test_those_that_follow_a_renamed_task_go_along(
    renamed: TaskOutline, expected: dict[str, tuple[str, ...]]
) -> None:
    assert follow_edit(CHAIN, edited(b=renamed)) == expected


def test_how_it_is_followed_and_the_other_schedules_stay_as_they_are() -> None:
    tasks = edited(r=outline("report", "0 3 * * *", "AFTER db/check on any"))
    renamed = {**tasks, "c": outline("db/verify", "after backup")}
    assert follow_edit(tasks, renamed) == {"r": ("0 3 * * *", "after db/verify on any")}


def test_a_new_task_with_the_same_name_nearby_does_not_take_the_followers_over() -> None:
    tasks = {"1": outline("all/backup"), "2": outline("db/check", "after backup")}
    assert follow_edit(tasks, {**tasks, "3": outline("db/backup")}) == {"2": ("after all/backup",)}
    tasks = {"1": outline("backup"), "2": outline("db/check", "after backup")}
    with pytest.raises(BadInput, match="no name would mean 'backup' any longer"):
        follow_edit(tasks, {**tasks, "3": outline("db/backup")})


def test_what_others_follow_is_not_deleted_unless_forced_or_together_with_them() -> None:
    with pytest.raises(Refused, match=r"^db/check follows db/backup and would never run again.*--force\)$"):
        follow_edit(CHAIN, edited(b=None))
    assert follow_edit(CHAIN, edited(b=None, c=None, r=None)) == {}
    assert follow_edit(CHAIN, edited(b=None), force=True) == {}


def test_what_was_wrong_before_does_not_stand_in_the_way_of_other_edits() -> None:
    broken = {
        "1": outline("a", "after b"),
        "2": outline("b", "after a"),
        "3": outline("c", "after nothing"),
    }
    assert follow_edit(broken, {**broken, "3": outline("d", "after nothing", "@daily")}) == {}
    with pytest.raises(BadInput, match="circle: c → nothing → c"):
        follow_edit(broken, {**broken, "4": outline("nothing", "after c")})


NAMES = st.sampled_from(["a", "b", "c"])
FOLDERS = st.sampled_from(["", "x", "y"])
TARGETS = st.sampled_from(["a", "b", "c", "x/a", "x/b", "y/c", "x/x/a"])
AFTERS = st.lists(
    st.builds("after {}{}".format, TARGETS, st.sampled_from(["", " on any", " on failure"])),
    max_size=2,
    unique=True,
).map(tuple)
OUTLINES = st.builds(TaskOutline, FOLDERS, NAMES, AFTERS)
GROUPS = st.dictionaries(st.sampled_from("12345"), OUTLINES, max_size=5)


def _means(tasks: Outlines, key: str, text: str) -> str | None:
    follow = after_of(text)
    assert follow is not None
    names = Names((each, task.folder, task.name) for each, task in tasks.items())
    return names.only(follow.task, tasks[key].folder)


def _circles(tasks: Outlines) -> list[str]:
    return [fact for fact, _ in troubles(tasks) if "circle" in fact]


@settings(max_examples=400)
@given(GROUPS, st.sampled_from("123456"), st.none() | OUTLINES)
def test_after_any_edit_each_task_follows_whom_it_followed(
    before: Outlines, key: str, task: TaskOutline | None
) -> None:
    after = (
        {**before, key: task} if task is not None else {each: before[each] for each in before if each != key}
    )
    try:
        rewritten = follow_edit(before, after)
    except (BadInput, Refused):
        return
    final = {
        each: outlined._replace(schedules=rewritten.get(each, outlined.schedules))
        for each, outlined in after.items()
    }
    for each, outlined in after.items():
        for old, new in zip(outlined.schedules, final[each].schedules, strict=True):
            kept = each in before and old in before[each].schedules
            followed = _means(before, each, old) if kept else None
            if followed is not None:
                assert _means(final, each, new) == followed
            elif not kept:
                assert _means(final, each, new) is not None
    if not _circles(before):
        assert not _circles(final)
    assert not {each.task_id for each in who_follows(final).unclear} - {
        each.task_id for each in who_follows(before).unclear
    }


@given(GROUPS)
def test_no_edit_changes_nothing(tasks: Outlines) -> None:
    assert follow_edit(tasks, tasks) == {}


@given(GROUPS)
def test_what_is_wrong_with_a_group_is_what_is_wrong_with_one_of_its_tasks(tasks: Outlines) -> None:
    told = [line for key in tasks for line in what_is_wrong(tasks, key)]
    assert bool(told) == bool(list(troubles(tasks)))
    assert any("circle" in line for line in told) == bool(_circles(tasks))
