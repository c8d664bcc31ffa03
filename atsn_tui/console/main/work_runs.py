"""What the main screen does with runs and holds."""

from collections.abc import Sequence

from textual.screen import Screen

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.page import Page
from atsn_tui.console.forms.hold_form import hold_form
from atsn_tui.console.main.asking import confirmed
from atsn_tui.console.main.describe_why import describe_why
from atsn_tui.model import dates
from atsn_tui.model.words import plural
from atsn_tui.node.runs.views import HoldView
from atsn_tui.node.views import GroupView, TaskView


async def run_now(screen: Screen[None], desk: Desk, views: Sequence[TaskView]) -> None:
    """Have tasks run; several only after a question."""
    if len(views) > 1:
        names = ", ".join(view.task.path for view in views)
        if not await confirmed(screen, f"Run {plural(len(views), 'task')} now?", [names], "Run"):
            return
    for view in views:
        asked = await desk.node.runs.start(view.id)
        desk.tell(screen, f"{view.task.path}: {asked.text}")


async def stop_run(screen: Screen[None], desk: Desk, which: str, name: str) -> None:
    """End the run of that id, or the one that a task has under way, after a question."""
    sentences = ["Its processes are told to end, and are killed if they do not."]
    if await confirmed(screen, f"Stop the run of {name}?", sentences, "Stop it"):
        asked = await desk.node.runs.stop(which)
        desk.tell(screen, f"{name}: {asked.text}")


async def hold_tasks(
    screen: Screen[None], desk: Desk, views: Sequence[TaskView], held: Sequence[HoldView | None]
) -> None:
    """Hold tasks, or release them if all of them are held; `held` is what holds each now."""
    own = [hold is not None and hold.scope == "task" for hold in held]
    name = views[0].task.path if len(views) == 1 else plural(len(views), "task")
    if all(own):
        for view in views:
            await desk.node.holds.release(view.id)
        desk.tell(screen, f"Released {name}.")
        return

    async def save(until: int | None, note: str) -> None:
        for view in views:
            await desk.node.holds.hold(view.id, until, note)
        _tell_held(screen, desk, name, until)

    await screen.app.push_screen_wait(hold_form(name, desk.clock, desk.node.holds.until, save))


async def hold_group(screen: Screen[None], desk: Desk, group: GroupView, held: HoldView | None) -> None:
    """Hold a whole group, or release it; `held` is what holds it now."""
    if held is not None and held.scope == "group":
        await desk.node.holds.release(group.id)
        desk.tell(screen, f"Released {group.name}.")
        return

    async def save(until: int | None, note: str) -> None:
        await desk.node.holds.hold(group.id, until, note)
        _tell_held(screen, desk, name, until)

    name = f"all tasks of {group.name}"
    await screen.app.push_screen_wait(hold_form(name, desk.clock, desk.node.holds.until, save))


async def hold_node(screen: Screen[None], desk: Desk, held: HoldView | None) -> None:
    """Hold everything on this node, or release it; `held` is its own hold."""
    if held is not None:
        await desk.node.holds.release(None)
        desk.tell(screen, "Released this node: what is due runs again.")
        return

    async def save(until: int | None, note: str) -> None:
        await desk.node.holds.hold(None, until, note)
        _tell_held(screen, desk, "everything on this node", until)

    name = "everything on this node"
    await screen.app.push_screen_wait(hold_form(name, desk.clock, desk.node.holds.until, save))


def _tell_held(screen: Screen[None], desk: Desk, name: str, until: int | None) -> None:
    end = "until it is released" if until is None else f"until {desk.clock.full(dates.format_date(until))}"
    desk.tell(screen, f"Held {name} {end}.")


async def explain(screen: Screen[None], desk: Desk, view: TaskView) -> None:
    """Say why a task does or does not run."""
    why = await desk.node.holds.why(view.id)
    page = Page(f"Why does {view.task.path} not run?", describe_why(why, desk.clock))
    await screen.app.push_screen_wait(page)
