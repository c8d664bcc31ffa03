"""What the main screen does with the past."""

from textual.screen import Screen

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.undo import UndoSheet
from atsn_tui.console.main.asking import confirmed
from atsn_tui.console.main.describe_past import describe_undo
from atsn_tui.model.words import plural
from atsn_tui.node.views import GroupView


async def undo(screen: Screen[None], desk: Desk, group: GroupView, change: int | None) -> None:
    """Take a group back to before a change, by default to before its last one, after a preview."""
    shown = await desk.node.history.preview_undo(group.id, None if change is None else change - 1)
    if shown.state == "in_sync":
        desk.tell(screen, f"{group.name} is as it was after change {shown.to}: there is nothing to undo.")
        return
    title = f"Undo: {group.name} back to change {shown.to}"
    agreed = await screen.app.push_screen_wait(UndoSheet(desk, title, shown, describe_undo))
    if agreed is not None:
        done = await desk.node.history.undo(agreed)
        told = f"{group.name} is as it was after change {done.to}: {plural(len(done.changes), 'record')}."
        if done.kept_by is not None:
            told += " It takes nothing from peers until you release it with h."
        desk.tell(screen, told)


async def take_again(screen: Screen[None], desk: Desk, group: GroupView) -> None:
    """Let a group take again what peers bring, after a question."""
    sentences = [
        f"It takes nothing from peers, {group.intake_paused}, who undid here what they had brought.",
        "The next replication from its primary overwrites what was undone.",
    ]
    if await confirmed(screen, f"Let {group.name} take again what peers bring?", sentences, "Release it"):
        await desk.node.holds.release(group.id)
        desk.tell(screen, f"{group.name} takes again what peers bring.")
