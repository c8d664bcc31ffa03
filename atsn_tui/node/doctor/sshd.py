"""The lines that let peers in by an sshd."""

from collections.abc import Sequence

from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding
from atsn_tui.node.peers.authorize import outdated_lines
from atsn_tui.node.peers.standing import peer_view
from atsn_tui.store import peers


class Sshd:
    """Whether they say what is so."""

    topic = "sshd"
    fine = "no line of an authorized_keys file says other than what is known of its peer"

    async def look(self, core: Core) -> Sequence[Finding]:
        """Which of them do not."""
        views = await core.store.read(lambda db: [peer_view(db, each) for each in peers.list_peers(db)])
        return [
            Finding(topic=self.topic, verdict="warning", text=each.text, fix=each.command)
            for each in outdated_lines(core, views)
        ]
