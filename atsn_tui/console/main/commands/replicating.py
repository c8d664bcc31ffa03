"""What the main screen does with links: the previews of what they would replicate."""

from atsn_tui.console.main.refreshing import Refreshing
from atsn_tui.console.preview.screen import PreviewScreen
from atsn_tui.console.preview.view import Scope


class Replicating(Refreshing):
    """Opens the replicate screen."""

    def action_replicate(self) -> None:
        """Preview the selected group, peer or link."""
        chosen = self.selection
        if chosen.link is not None:
            self.preview(Scope(f"{chosen.link.group} with {chosen.link.peer}", link_ids=(chosen.link.id,)))
        elif chosen.peer is not None:
            self.preview(Scope(f"all links with {chosen.peer.name}", peers=(chosen.peer.name,)))
        elif chosen.group is not None:
            self.preview(Scope(chosen.group.name, group=chosen.group.id))

    def action_replicate_all(self) -> None:
        """Preview all groups."""
        self.preview(Scope("all groups"))

    def action_review(self) -> None:
        """Preview the links that wait."""
        waiting = tuple(link.id for link in self.book.waiting)
        if waiting:
            self.preview(Scope("what waits for you", link_ids=waiting))
        else:
            self.desk.tell(self, "Nothing is held, and nothing waits for your yes.")

    def preview(self, scope: Scope) -> None:
        """Open the replicate screen."""
        self.app.push_screen(PreviewScreen(self.desk, scope), lambda _: self.refresh_soon())
