"""What importing a crontab again changes, given what came from it before."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from atsn_tui.formats.crontab import Job
from atsn_tui.formats.matching import Pairing
from atsn_tui.formats.names import free_name, short_name
from atsn_tui.formats.threeway import carry_over, changed_fields
from atsn_tui.model.task import Command, Task


class Imported(Struct, frozen=True, kw_only=True):
    """A job as it was imported before."""

    task_id: str
    line: int
    text: str
    derived: Task
    """The task as the import made it, before any edit here."""
    present: bool
    """False: the task was deleted here since."""


class New(Struct, frozen=True, kw_only=True):
    """A job that becomes a task."""

    job: Job
    task: Task
    replaces: Imported | None = None
    """The former line of a task that was deleted here; the job has changed since and comes back."""


class Unchanged(Struct, frozen=True, kw_only=True):
    """A job that says what it said before: its task is left alone, whatever was edited."""

    imported: Imported
    job: Job
    derived: Task
    """To be remembered in place of the former one, with the job's line and text."""


class Changed(Struct, frozen=True, kw_only=True):
    """A job that changed: its task takes over what changed, and nothing else."""

    imported: Imported
    job: Job
    derived: Task
    """To be remembered in place of the former one, with the job's line and text."""
    before: Task
    after: Task
    """The task with the changes; the same as before if it had been edited to that already."""
    fields: tuple[str, ...]


class Deleted(Struct, frozen=True, kw_only=True):
    """A job whose line did not change, but whose task was deleted here: left out."""

    imported: Imported
    job: Job
    derived: Task


class Reimport(Struct, frozen=True, kw_only=True):
    """The outcome for every job of the file, in its order, and for everything that came from it before."""

    new: tuple[New, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    changed: tuple[Changed, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    vanished: tuple[Imported, ...] = ()
    """Tasks whose line is gone: reported and kept."""
    forgotten: tuple[Imported, ...] = ()
    """Lines that are gone as well as their tasks: nothing is left to remember."""


def reimport(
    imported: Sequence[Imported],
    current: Mapping[str, Task],
    derived: Sequence[tuple[Job, Task]],
    *,
    taken: Collection[str] = (),
) -> Reimport:
    """Compare a file with what was imported from it before.

    `current` holds the present tasks by id, as they are now. `derived` are the file's jobs with the tasks
    made from them. `taken` are names in the folder that new tasks must not get either. A task keeps its
    name, unless nobody renamed it and its line now runs another program; whether it is enabled is never
    touched.
    """
    pairing = _pair(imported, derived)
    names = {task.name for task in current.values()} | set(taken)
    new: list[New] = []
    unchanged: list[Unchanged] = []
    changed: list[Changed] = []
    deleted: list[Deleted] = []
    for position, (job, task) in enumerate(derived):
        before = imported[pairing.pairs[position]] if position in pairing.pairs else None
        if before is None or not before.present:
            if before is not None and _says_the_same(before, job, task):
                deleted.append(Deleted(imported=before, job=job, derived=_keep_name(before, task)))
                continue
            fresh = replace(task, name=free_name(task.name, names))
            names.add(fresh.name)
            new.append(New(job=job, task=fresh, replaces=before))
        elif not changed_fields(before.derived, task):
            unchanged.append(Unchanged(imported=before, job=job, derived=_keep_name(before, task)))
        else:
            outcome = _change(before, current[before.task_id], job, task, names)
            names.add(outcome.after.name)
            changed.append(outcome)
    gone = [imported[position] for position in pairing.free_old]
    return Reimport(
        new=tuple(new),
        unchanged=tuple(unchanged),
        changed=tuple(changed),
        deleted=tuple(deleted),
        vanished=tuple(item for item in gone if item.present),
        forgotten=tuple(item for item in gone if not item.present),
    )


def _pair(imported: Sequence[Imported], derived: Sequence[tuple[Job, Task]]) -> Pairing:
    """Find each job's former self: surest likeness first, and tasks that exist before deleted ones.

    What is like nothing is the former line in its place, if its neighbours leave no doubt which one that is.
    """
    old_content = [_content(item.derived) for item in imported]
    new_content = [_content(task) for _, task in derived]
    old_action = [msgspec.json.encode(item.derived.action) for item in imported]
    new_action = [msgspec.json.encode(task.action) for _, task in derived]
    pairing = Pairing([item.line for item in imported], [job.line for job, _ in derived])
    steps = (
        (
            lambda old: (imported[old].text, old_content[old]),
            lambda new: (derived[new][0].text, new_content[new]),
        ),
        (lambda old: imported[old].text, lambda new: derived[new][0].text),
        (lambda old: old_action[old], lambda new: new_action[new]),
        (lambda old: imported[old].derived.schedules, lambda new: derived[new][1].schedules),
    )
    for old_key, new_key in steps:
        pairing.pair(old_key, new_key, lambda old: imported[old].present)
        pairing.pair(old_key, new_key, lambda old: not imported[old].present)
    pairing.pair_in_place(lambda old: imported[old].present)
    return pairing


def _says_the_same(before: Imported, job: Job, task: Task) -> bool:
    """Whether the line is the same, or means the same: an environment line above it does not count."""
    return before.text == job.text or not changed_fields(before.derived, task)


def _content(task: Task) -> bytes:
    """What a job says, in a form that compares and hashes."""
    return msgspec.json.encode(replace(task, name="-", enabled=False), order="deterministic")


def _keep_name(before: Imported, task: Task) -> Task:
    return replace(task, name=before.derived.name)


def _change(before: Imported, current: Task, job: Job, task: Task, names: Collection[str]) -> Changed:
    name, new_name = before.derived.name, current.name
    if _stem(before.derived) != _stem(task) and current.name == before.derived.name:
        name = new_name = free_name(task.name, names)
    return Changed(
        imported=before,
        job=job,
        derived=replace(task, name=name),
        before=current,
        after=replace(carry_over(current, before.derived, task), name=new_name),
        fields=changed_fields(before.derived, task),
    )


def _stem(task: Task) -> str:
    return short_name(task.action.command) if isinstance(task.action, Command) else ""
