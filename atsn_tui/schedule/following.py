"""What an edit does to the tasks that follow others: nobody may come to follow another task unnoticed. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from atsn_tui.errors import BadInput, Refused
from atsn_tui.model.task import Task
from atsn_tui.model.words import first_few
from atsn_tui.schedule.follows import (
    Follower,
    Follows,
    Names,
    Waiting,
    after_of,
    afters_of,
    find_circle,
    resolve,
    told_circle,
)
from atsn_tui.schedule.kinds import After
from atsn_tui.schedule.parse import after_text

SHOWN = 5
"""How many tasks one message names."""


class TaskOutline(NamedTuple):
    """What of a task decides who follows whom."""

    folder: str
    name: str
    schedules: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Folder and name."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def waits(self) -> bool:
        """Whether it follows another task, be it in a way that cannot be read."""
        return any(text.lstrip()[:5].lower() == "after" for text in self.schedules)


def outlined(task: Task) -> TaskOutline:
    """That of a task."""
    return TaskOutline(task.folder, task.name, task.schedules)


Outlines = Mapping[str, TaskOutline]
"""The tasks of one group, by their ids."""

Rewritten = dict[str, tuple[str, ...]]
"""Schedules that have to be written anew, by the task's id."""

Edge = tuple[str, str]
"""Who is followed, and who follows."""


def follow_edit(before: Outlines, after: Outlines, *, force: bool = False) -> Rewritten:
    """The schedules that an edit from `before` to `after` must rewrite, so that all go on following whom they followed.

    BadInput: an `after` that the edit brings names no task, or several, or closes a circle; or one that was there
    could not be written so that it keeps its meaning. Refused: the edit deletes a task that another one follows,
    unless `force` lets that one follow nobody. What was wrong before and is not touched does not matter.
    """
    if not any(each.waits for each in after.values()):
        return {}
    lost, rewritten, fresh = _carry(before, after)
    if lost and not force:
        raise Refused(_told_lost(before, after, lost))
    final = {**after, **{key: after[key]._replace(schedules=texts) for key, texts in rewritten.items()}}
    if fresh:
        _check_new_circle(fresh, final)
    return rewritten


def same_path(tasks: Outlines, task_id: str) -> list[str]:
    """The other tasks with the folder and name of this one."""
    task = tasks.get(task_id)
    return sorted(key for key, each in tasks.items() if task and key != task_id and each.path == task.path)


def who_follows(tasks: Outlines) -> Follows:
    """Who follows whom in a group."""
    waiting = {
        key: Waiting(each.folder, found)
        for key, each in tasks.items()
        if each.waits and (found := afters_of(each.schedules))
    }
    return resolve(_names(tasks) if waiting else Names(()), waiting)


def troubles(tasks: Outlines) -> Iterator[tuple[str, str]]:
    """What is wrong with who follows whom: the fact, and the path of the task that it is about."""
    found = who_follows(tasks)
    circle = find_circle(found.followers)
    if circle is not None:
        told = told_circle(tasks[key].path for key in circle)
        yield f"runs only once, for what runs after each other makes a circle, {told}", tasks[circle[0]].path
    for each in found.unclear:
        yield f"cannot follow, {each.why}", tasks[each.task_id].path


def what_is_wrong(tasks: Outlines, task_id: str) -> Iterator[str]:
    """What is wrong with whom one task follows, with the nearest names."""
    task = tasks[task_id]
    if not task.waits:
        return
    names = _names(tasks)
    for follow in afters_of(task.schedules):
        try:
            _check_named(names, task, follow)
        except BadInput as error:
            yield f"it cannot follow: {error}"
    circle = circle_through(tasks, task_id)
    if circle is not None:
        yield f"it waits for itself in a circle, {told_circle(circle)}: take one 'after' out"


def circle_through(tasks: Outlines, task_id: str) -> list[str] | None:
    """The paths of tasks that follow each other, from this one on until it comes again; None: it does not."""
    followers = who_follows(tasks).followers
    for each in followers.get(task_id, ()):
        way = _way(each.task_id, task_id, followers)
        if way is not None:
            return [tasks[key].path for key in (task_id, *way[:-1])]
    return None


def _carry(before: Outlines, after: Outlines) -> tuple[dict[str, str], Rewritten, set[Edge]]:
    """Who loses the task that it followed, by its id, what has to be rewritten, and who newly follows whom."""
    old, new = _names(before), _names(after)
    lost: dict[str, str] = {}
    rewritten: Rewritten = {}
    fresh: set[Edge] = set()
    for key, task in after.items():
        if not task.waits:
            continue
        was = before.get(key)
        texts: list[str] = []
        for text in task.schedules:
            follow = after_of(text)
            if follow is not None and (was is None or text not in was.schedules):
                fresh.add((_check_named(new, task, follow), key))
            elif follow is not None and was is not None:
                followed = old.only(follow.task, was.folder)
                now = new.only(follow.task, task.folder)
                if followed is None:
                    fresh |= {(now, key)} if now is not None else set()
                elif followed not in after:
                    lost[key] = followed
                elif now != followed:
                    text = _named_anew(new, task, follow, followed, after[followed])
            texts.append(text)
        if tuple(texts) != task.schedules:
            rewritten[key] = tuple(texts)
    return lost, rewritten, fresh


def _check_named(names: Names, task: TaskOutline, follow: After) -> str:
    """The task that the schedule names. BadInput, with the nearest names: it names none, or several."""
    try:
        return names.find(follow.task, task.folder)
    except BadInput as error:
        close = names.nearest(follow.task) if not names.fits(follow.task, task.folder) else []
        hint = f"; the nearest: {', '.join(close)}" if close else ""
        raise BadInput(f"'{follow.text}' of {task.path!r}: {error}{hint}") from error


def _named_anew(names: Names, task: TaskOutline, follow: After, meant: str, followed: TaskOutline) -> str:
    """The schedule with a name that means `followed`, whose id is `meant`."""
    words = [followed.name, followed.path]
    if "/" in follow.task:
        words.reverse()
    if task.folder and followed.path.startswith(f"{task.folder}/"):
        words.append(followed.path.removeprefix(f"{task.folder}/"))
    for word in words:
        if names.only(word, task.folder) == meant:
            return after_text(word, follow.on)
    raise BadInput(
        f"{task.path!r} is to run '{follow.text}', and no name would mean {followed.path!r} any longer: "
        "give one of the two another name"
    )


def _check_new_circle(fresh: Collection[Edge], tasks: Outlines) -> None:
    """BadInput if one of those pairs closes a circle."""
    followers = who_follows(tasks).followers
    for followed, follower in sorted(fresh):
        way = _way(follower, followed, followers)
        if way is not None:
            raise BadInput(_told_circle([tasks[key].path for key in (followed, *way[:-1])]))


def _told_circle(paths: list[str]) -> str:
    if len(paths) == 1:
        return f"{paths[0]!r} would run after itself ({told_circle(paths)}): name another task"
    return f"these tasks would wait for each other in a circle: {told_circle(paths)}; take one 'after' out"


def _way(start: str, goal: str, followers: Mapping[str, Iterable[Follower]]) -> list[str] | None:
    """The tasks from `start` to `goal`, both included, each followed by the next; None: there is no way."""
    came_from: dict[str, str | None] = {start: None}
    pending = [start]
    while pending:
        task_id = pending.pop()
        if task_id == goal:
            return list(_back(task_id, came_from))[::-1]
        for each in followers.get(task_id, ()):
            if each.task_id not in came_from:
                came_from[each.task_id] = task_id
                pending.append(each.task_id)
    return None


def _back(task_id: str | None, came_from: Mapping[str, str | None]) -> Iterator[str]:
    while task_id is not None:
        yield task_id
        task_id = came_from[task_id]


def _told_lost(before: Outlines, after: Outlines, lost: Mapping[str, str]) -> str:
    followed = sorted({before[key].path for key in lost.values()})
    later = sorted(after[key].path for key in lost)
    verb = "follows" if len(later) == 1 else "follow"
    return (
        f"{first_few(later, SHOWN)} {verb} {first_few(followed, SHOWN)} and would never run again: "
        "change that schedule first, delete both together, or insist on it (--force)"
    )


def _names(tasks: Outlines) -> Names:
    return Names((key, each.folder, each.name) for key, each in tasks.items())
