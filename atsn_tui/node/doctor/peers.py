"""Peers and links as they were last found."""

import shlex
from collections.abc import Sequence

from atsn_tui.model.version import VERSION
from atsn_tui.node.core import Core
from atsn_tui.node.doctor.check import Finding, Verdict
from atsn_tui.node.links.links import all_links
from atsn_tui.node.peers.standing import peer_view
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import LinkView
from atsn_tui.store import peers


class Peers:
    """Versions, clocks and the last contact."""

    topic = "peers"
    fine = "every peer that was met runs the same version, with the same time"

    async def look(self, core: Core) -> Sequence[Finding]:
        """Which of them are otherwise."""
        views = await core.store.read(lambda db: [peer_view(db, each) for each in peers.list_peers(db)])
        limit = core.config.clock.limit
        return [finding for view in views for finding in self._peer(view, limit)]

    def _peer(self, view: PeerView, limit: int) -> list[Finding]:
        """`limit` is how many seconds a clock may be apart."""
        found, test = [], f"atsn peer test {shlex.quote(view.name)}"
        if view.version is not None and view.version != VERSION:
            text = f"{view.name} runs version {view.version}, and this node {VERSION}: they do not replicate"
            found.append(
                Finding(topic=self.topic, verdict="problem", text=text, fix="bring both to one version")
            )
        if view.clock_skew_ms is not None and abs(view.clock_skew_ms) > limit * 1000:
            text = f"the clock of {view.name} is {abs(view.clock_skew_ms) / 1000:.0f} s apart from this one's"
            fix = "let both keep time by NTP: newer and older are doubtful otherwise"
            found.append(Finding(topic=self.topic, verdict="warning", text=text, fix=fix))
        if view.state in ("offline", "refused", "failed"):
            text = f"{view.name} is {view.state}" + (f": {view.error}" if view.error else "")
            found.append(Finding(topic=self.topic, verdict="warning", text=text, fix=test))
        return found


class Links:
    """How their last rounds ended."""

    topic = "links"
    fine = "no link failed or waits for a person"

    async def look(self, core: Core) -> Sequence[Finding]:
        """Which of them need somebody."""
        views = await core.store.read(all_links)
        return [finding for view in views if view.enabled for finding in self._link(view)]

    def _link(self, view: LinkView) -> list[Finding]:
        if view.state in (None, "in_sync", "applied"):
            return []
        verdict: Verdict = "problem" if view.state in ("failed", "version_mismatch", "refused") else "warning"
        if view.state == "differs" and view.schedule is None:
            verdict = "note"
        what = f"{view.group} with {view.peer}: {view.state.replace('_', ' ')}"
        text = what + (f": {view.error}" if view.error else "")
        fix = f"atsn diff {shlex.quote(view.group)} --peer {shlex.quote(view.peer)}"
        return [Finding(topic=self.topic, verdict=verdict, text=text, fix=fix)]
