"""`atsn task`: the tasks of a group."""

from typing import TYPE_CHECKING, Annotated

import typer

from atsn_tui.cli.command import Call, command
from atsn_tui.cli.family import family
from atsn_tui.cli.keys import TaskKeys
from atsn_tui.cli.options import (
    CommandOption,
    FolderOption,
    GroupArgument,
    ManyArguments,
    OptionalGroup,
    OptionalPairs,
    SchedulesOption,
    SetOption,
    WhichArgument,
    WhichArguments,
    YesOption,
)

if TYPE_CHECKING:
    from atsn_tui.node.runs.views import RunView
    from atsn_tui.node.views import TaskView

app = family("The tasks of a group.")


@command(app, "add", cls=TaskKeys)
async def add(
    call: Call,
    group: GroupArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new task's name.")],
    line: CommandOption = None,
    schedule: SchedulesOption = None,
    folder: FolderOption = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it, but do not let it run yet.")] = False,
    pairs: SetOption = None,
) -> None:
    """Add a task to a group."""
    from atsn_tui.cli.forms.tasks import task_form
    from atsn_tui.cli.task_fields import new_task
    from atsn_tui.cli.warnings import warn_if_kept, warn_if_twin, warn_if_unable

    task = new_task(name, line, schedule or (), folder, disabled, pairs or ())
    async with call.node() as node:
        view = await node.tasks.add(group, task)
        kept, twins = await node.groups.get(view.group_id), await node.tasks.twins(view)
        unable = await node.holds.lasting(view.id)
    call.say(f"Task {view.group}/{view.task.path} is added: {view.schedule}, id {view.id}", task_form(view))
    warn_if_kept(call, kept)
    warn_if_twin(call, view, twins)
    warn_if_unable(call, view, unable)


@command(app, "list")
async def show_all(call: Call, group: OptionalGroup = None) -> None:
    """List the tasks of a group, or of all groups."""
    from atsn_tui.cli.forms.tasks import task_form
    from atsn_tui.cli.text.lists import task_table

    tasks: list[TaskView] = []
    last: dict[str, RunView] = {}
    async with call.node() as node:
        for each in [group] if group is not None else [view.id for view in await node.groups.list()]:
            tasks += await node.tasks.list(each)
            last |= await node.runs.last(each)
        holds = await node.holds.list()
    forms = [task_form(view, last.get(view.id)) for view in tasks]
    call.answer(forms, lambda console: console.print(task_table(tasks, last, holds, of_all=group is None)))


@command(app, "show")
async def show(call: Call, which: WhichArgument) -> None:
    """Show a task with everything that is known about it."""
    from atsn_tui.cli.chosen import last_run
    from atsn_tui.cli.forms.tasks import task_form
    from atsn_tui.cli.text.details import print_task

    async with call.node() as node:
        view = await node.tasks.get(which)
        last = await last_run(node, view)
    call.answer(task_form(view, last), lambda console: print_task(console, view, last))


@command(app, "set", cls=TaskKeys)
async def change(
    call: Call,
    which: WhichArgument,
    pairs: OptionalPairs = None,
    line: CommandOption = None,
    schedule: SchedulesOption = None,
    folder: FolderOption = None,
    more: SetOption = None,
) -> None:
    """Change a task, as in "schedules=0 3 * * *; every 2h" timeout=5m enabled=no."""
    from atsn_tui.cli.chosen import last_run
    from atsn_tui.cli.forms.tasks import task_form
    from atsn_tui.cli.task_fields import given_fields
    from atsn_tui.cli.warnings import warn_if_kept, warn_if_twin, warn_if_unable

    values = given_fields((*(pairs or ()), *(more or ())), line, schedule or (), folder, "timeout=5m")
    async with call.node() as node:
        before = await node.holds.lasting(which)
        view = await node.tasks.change(which, values)
        kept, twins = await node.groups.get(view.group_id), await node.tasks.twins(view)
        unable = [each for each in await node.holds.lasting(view.id) if each not in before]
        form = task_form(view, await last_run(node, view))
    call.say(f"Task {view.group}/{view.task.path} is changed: {', '.join(values)}", form)
    warn_if_kept(call, kept)
    warn_if_twin(call, view, twins)
    warn_if_unable(call, view, unable)


@command(app, "rm")
async def remove(
    call: Call,
    which: WhichArguments,
    yes: YesOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also those that another task is to run after.")
    ] = False,
) -> int:
    """Remove tasks from this node; replication decides what other nodes do."""
    from atsn_tui.cli.chosen import chosen_tasks, warn_about_groups
    from atsn_tui.cli.confirming import may_go_on

    async with call.node() as node:
        tasks = await chosen_tasks(node, which)
        names = ", ".join(f"{view.group}/{view.task.path}" for view in tasks)
        if not await may_go_on(call, f"Remove {names}?", yes):
            return 1
        await node.tasks.remove([view.id for view in tasks], force=force)
        call.say(f"Removed: {names}", {"removed": [view.id for view in tasks]})
        await warn_about_groups(call, node, tasks)
    return 0


@command(app, "enable")
async def enable(call: Call, which: ManyArguments) -> None:
    """Let tasks run: single ones, or all of a group or folder."""
    await _set_enabled(call, which, True)


@command(app, "disable")
async def disable(call: Call, which: ManyArguments) -> None:
    """Keep tasks from running, here and wherever the group is replicated to."""
    await _set_enabled(call, which, False)


async def _set_enabled(call: Call, which: list[str], enabled: bool) -> None:
    from atsn_tui.cli.chosen import chosen_or_all, warn_about_groups
    from atsn_tui.cli.forms.tasks import task_form
    from atsn_tui.cli.text.switched import switched

    async with call.node() as node:
        tasks = await chosen_or_all(node, which)
        count = await node.tasks.set_enabled([view.id for view in tasks], enabled)
        forms = []
        for group_id in dict.fromkeys(view.group_id for view in tasks):
            last = await node.runs.last(group_id)
            after = {view.id: view for view in await node.tasks.list(group_id)}
            forms += [task_form(after[view.id], last.get(view.id)) for view in tasks if view.id in after]
        call.say(switched(tasks, count, enabled), forms)
        await warn_about_groups(call, node, tasks)
