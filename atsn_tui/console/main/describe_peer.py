"""A peer or a link as a page of facts."""

from collections.abc import Sequence

from atsn_tui.console.lists.document import GAP, Block, Cells, Fact, Words
from atsn_tui.console.look.roles import Line
from atsn_tui.console.look.schedules import in_words
from atsn_tui.console.look.states import applied, counts, link_sign, peer_sign
from atsn_tui.console.look.times import NOTHING, Clock, milliseconds
from atsn_tui.model.result import LinkResult
from atsn_tui.model.words import plural
from atsn_tui.node.links.change_words import left_alone_words
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.views import GroupView, LinkView

_ACCESS = {"pull": "read", "push": "write", "status": "see the state of"}


def describe_peer(
    peer: PeerView, links: Sequence[LinkView], groups: Sequence[GroupView], clock: Clock
) -> list[Block]:
    """A peer; `links` are those with this peer."""
    sign = peer_sign(peer)
    blocks: list[Block] = [Fact("State", f"{sign.glyph} {sign.word}", sign.role)]
    if peer.error:
        blocks += [Fact("Error", peer.error, "bad")]
    if peer.silent_since:
        said = f"silent, last turn {clock.both(peer.silent_since)}: no task runs there; restart its service"
        blocks += [Fact("Scheduler", said, "bad")]
    elif peer.service == "stopped":
        blocks += [Fact("Scheduler", "no service runs there, so no task does", "warn")]
    blocks += [
        Fact("Address", peer.address or "none: it only connects to us"),
        Fact("Contact", _contact(peer, clock)),
        Fact("May here", _grants(peer.grants, groups)),
    ]
    if peer.allow_from:
        blocks.append(Fact("Only from", ", ".join(peer.allow_from)))
    if links:
        blocks += [GAP, *(block for link in links for block in _link(link, clock)), GAP]
    blocks += [
        Fact("Version", peer.version or NOTHING, "muted"),
        Fact("Clock", _clock(peer), "warn" if peer.clock else "muted"),
        Fact("Key", peer.public_key, "muted"),
        Fact("Host key", peer.host_key or NOTHING, "muted"),
        Fact("Node id", peer.node_id or "learned at first contact", "muted"),
    ]
    return blocks


def _contact(peer: PeerView, clock: Clock) -> str:
    if peer.last_contact is None:
        return "never"
    speed = "" if peer.latency_ms is None else f", answers in {milliseconds(peer.latency_ms)}"
    return f"{clock.both(peer.last_contact)}{speed}"


def _clock(peer: PeerView) -> str:
    if peer.clock_skew_ms is None:
        return NOTHING
    return peer.clock or "same as ours"


def _grants(grants: Sequence[str], groups: Sequence[GroupView]) -> str:
    names = {group.id: group.name for group in groups}
    said = []
    for grant in grants:
        access, _, group = grant.partition(":")
        what = f"group {names.get(group, group)}" if group else "all replicated groups"
        said.append(f"{_ACCESS.get(access, access)} {what}")
    return "; ".join(said) or "nothing"


def _link(link: LinkView, clock: Clock) -> list[Block]:
    sign = link_sign(link)
    arrow = "→" if link.direction == "push" else "←"
    last = "never" if link.last_at is None else clock.ago(link.last_at)
    following = "" if link.next_at is None else f", next {clock.ago(link.next_at)}"
    cells: Line = [
        (f"{sign.glyph} ", sign.role),
        (f"{arrow} {link.group}  ", "ink"),
        (sign.word, sign.role),
    ]
    return [
        Cells(cells),
        Words(f"{link.mode}, {in_words(link.schedule)}; last {last}{following}", "muted", 4),
    ]


def describe_link(link: LinkView, clock: Clock) -> list[Block]:
    """A link and its last round."""
    sign = link_sign(link)
    verb = "sends to" if link.direction == "push" else "takes over from"
    blocks: list[Block] = [
        Fact("State", f"{sign.glyph} {sign.word}", sign.role),
        Fact("Does", f"{verb} {link.peer}, {_mode(link)}"),
        Fact("Schedule", in_words(link.schedule)),
        Fact("Applies", "by itself" if link.apply == "auto" else "only after your yes"),
        Fact("Last round", clock.both(link.last_at)),
        Fact("Next round", clock.both(link.next_at)),
    ]
    if link.error:
        blocks.append(Fact("Error", link.error, "bad"))
    if link.result is not None:
        blocks += _result(link.result)
    if link.max_deletions is not None:
        blocks.append(Fact("Held above", plural(link.max_deletions, "deletion")))
    return [*blocks, Fact("Id", link.id, "muted")]


def _mode(link: LinkView) -> str:
    if link.mode == "easy":
        return "easy: newer and missing tasks only, nothing is deleted"
    return "strict: a full copy, with deletions"


def _result(result: LinkResult) -> list[Block]:
    blocks: list[Block] = []
    if result.state == "applied":
        blocks.append(Fact("Applied", applied(result.applied)))
    elif result.changes:
        blocks.append(Fact("Found", counts(result)))
    blocks += [Fact("Held because", brake.text, "warn") for brake in result.brakes]
    if left := left_alone_words(result):
        blocks.append(Words(left, "muted", lead="· "))
    return [*blocks, *(Words(note, "muted", lead="· ") for note in result.notes)]
