"""What the main screen does with tasks and groups."""

from collections.abc import Sequence

from textual.screen import Screen

from atsn_tui.console.desk import Desk
from atsn_tui.console.forms.group_form import group_form, new_group_form
from atsn_tui.console.forms.task_form import task_form
from atsn_tui.console.main.asking import confirmed, may_change, may_delete_tasks
from atsn_tui.errors import Refused
from atsn_tui.model.task import Task
from atsn_tui.model.words import plural
from atsn_tui.node.views import GroupView, LinkView, TaskView
from atsn_tui.schedule.following import Outlines, outlined


async def add_task(screen: Screen[None], desk: Desk, group: GroupView, folder: str) -> str | None:
    """Ask for a new task and add it; its id."""
    if not await may_change(screen, group):
        return None
    added: list[str] = []
    others = await _others(desk, group)

    async def save(task: Task) -> None:
        added.append((await desk.node.tasks.add(group.id, task)).id)

    await screen.app.push_screen_wait(
        task_form(f"New task in {group.name}", None, folder, "", desk.clock, save, others)
    )
    return added[0] if added else None


async def edit_task(screen: Screen[None], desk: Desk, group: GroupView, view: TaskView) -> None:
    """Edit a task; whoever changed it meanwhile is not overwritten."""
    if not await may_change(screen, group):
        return

    async def save(task: Task) -> None:
        await desk.node.tasks.replace(view.id, task, view.fingerprint)

    others = await _others(desk, group)
    form = task_form(f"Task {view.task.path}", view.task, view.task.folder, view.id, desk.clock, save, others)
    await screen.app.push_screen_wait(form)


async def _others(desk: Desk, group: GroupView) -> Outlines:
    """Who follows whom in the group, so that a form can say at once what does not fit."""
    return {view.id: outlined(view.task) for view in await desk.node.tasks.list(group.id)}


async def switch_tasks(screen: Screen[None], desk: Desk, group: GroupView, views: Sequence[TaskView]) -> None:
    """Switch tasks on or off: all on if any is off and several are meant, else the other way round."""
    if not await may_change(screen, group):
        return
    on = not all(view.task.enabled for view in views)
    count = await desk.node.tasks.set_enabled([view.id for view in views], on)
    name = views[0].task.path if len(views) == 1 else plural(count, "task")
    desk.tell(screen, f"{name} switched {'on' if on else 'off'}.")


async def delete_tasks(
    screen: Screen[None],
    desk: Desk,
    group: GroupView,
    views: Sequence[TaskView],
    links: Sequence[LinkView],
) -> None:
    """Delete tasks, after a question."""
    if await may_change(screen, group) and await may_delete_tasks(screen, group, views, links):
        ids = [view.id for view in views]
        try:
            count = await desk.node.tasks.remove(ids)
        except Refused as error:
            if not await confirmed(screen, "Delete all the same?", [error.message], "Delete"):
                return
            count = await desk.node.tasks.remove(ids, force=True)
        desk.tell(screen, f"Deleted {plural(count, 'task')}.")


async def add_group(screen: Screen[None], desk: Desk) -> str | None:
    """Ask for a new group and create it; its id."""
    added: list[str] = []

    async def save(name: str, replicated: bool) -> None:
        added.append((await desk.node.groups.add(name, replicated)).id)

    await screen.app.push_screen_wait(new_group_form(save))
    return added[0] if added else None


async def edit_group(screen: Screen[None], desk: Desk, group: GroupView) -> None:
    """Edit a group's name and settings."""
    if not await may_change(screen, group):
        return

    async def save(changed: dict[str, str]) -> None:
        await desk.node.groups.change(group.id, changed)

    await screen.app.push_screen_wait(group_form(group, save))


async def delete_group(screen: Screen[None], desk: Desk, group: GroupView, links: Sequence[LinkView]) -> None:
    """Delete a group, after a question."""
    sentences = [
        f"It holds {plural(group.tasks, 'task')}, which are deleted on this node.",
        f"{plural(len(links), 'link')} of this group go with it. Peers keep their copies.",
    ]
    if await confirmed(screen, f"Delete the group {group.name}?", sentences, "Delete"):
        await desk.node.groups.remove(group.id)
        desk.tell(screen, f"Deleted the group {group.name}.")


async def release_group(screen: Screen[None], desk: Desk, group: GroupView) -> None:
    """Follow the group's keeper no longer, after a question."""
    if group.kept_by is None:
        desk.tell(screen, f"{group.name} is kept by no other node: it is changed here already.")
        return
    sentences = [
        f"This node then decides itself about {group.name}, until {group.kept_by} sends a strict copy again.",
        "To end that for good, delete or change the link.",
    ]
    if await confirmed(screen, f"Keep {group.name} here?", sentences, "Keep it here"):
        await desk.node.groups.release(group.id)
        desk.tell(screen, f"{group.name} is kept by {group.kept_by} no longer.")
