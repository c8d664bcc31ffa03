"""One group, task, peer or link in full."""

from collections.abc import Sequence

import msgspec
from rich.console import Console

from atsn_tui.cli.forms.tasks import command_line
from atsn_tui.cli.text.access import refused
from atsn_tui.cli.text.clean import clean
from atsn_tui.cli.text.lists import granted, link_when
from atsn_tui.cli.text.moments import full
from atsn_tui.cli.text.results import print_result
from atsn_tui.cli.text.runs import moment_of, short
from atsn_tui.cli.text.states import peer_state, state
from atsn_tui.cli.text.tables import Cell, facts
from atsn_tui.cli.text.values import flattened, value
from atsn_tui.model.record import Origin
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Options
from atsn_tui.model.words import plural
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.runs.views import RunView
from atsn_tui.node.views import GroupView, LinkView, TaskView

_TOLD = {"name", "folder", "enabled", "schedules"}
_TOLD_OF_COMMAND = {"action.type", "action.command", "action.argv"}


def print_group(console: Console, view: GroupView) -> None:
    """Print a group and those of its settings that are not the default's."""
    pairs = [
        ("name", view.name),
        ("id", view.id),
        ("kind", "replicated" if view.replicated else "local"),
        ("kept by", view.kept_by),
        ("takes", view.intake_paused and f"nothing from peers, {view.intake_paused}, who undid here"),
        ("runs here", None if view.run_here else "no: this node keeps it as a standby"),
        ("tasks", str(view.tasks)),
        ("digest", view.digest),
        ("modified", full(view.settings_modified_at)),
    ]
    console.print(facts(pairs))
    usual = dict(flattened(msgspec.to_builtins(Settings(name=view.name))))
    settings = [(name, value(thing)) for name, thing in flattened(view.settings) if usual.get(name) != thing]
    if settings:
        console.print()
        console.print(facts(settings))


def print_task(console: Console, view: TaskView, last: RunView | None = None) -> None:
    """Print a task and those of its fields that are set, and its last run."""
    task = view.task
    line = command_line(task)
    shown = _TOLD if line is None else _TOLD | _TOLD_OF_COMMAND
    usual = dict(flattened(msgspec.to_builtins(Options()), "options."))
    rest = [
        (name, value(thing))
        for name, thing in flattened(msgspec.to_builtins(task))
        if name not in shown and usual.get(name) != thing
    ]
    pairs = [
        ("name", task.path),
        ("group", view.group),
        ("id", view.id),
        ("enabled", value(task.enabled)),
        ("command", line),
        ("schedules", value(task.schedules)),
        ("which means", view.schedule),
        ("next", full(view.next_at) if view.next_at else None),
        ("last run", None if last is None else f"{short(last)}, {full(moment_of(last).isoformat())}"),
        ("modified", full(view.modified_at)),
        ("what runs is from", _origin(view.origin)),
        *rest,
    ]
    console.print(facts(pairs))


def print_peer(console: Console, view: PeerView, groups: Sequence[GroupView] = ()) -> None:
    """Print a peer and how it stands; `groups` are those of this node, for their names."""
    pairs: list[tuple[str, Cell | None]] = [
        ("name", view.name),
        ("state", peer_state(view)),
        ("its service", _service(view)),
        ("address", view.address or "none: it connects to us"),
        ("may here", granted(view.grants, groups) or "nothing"),
        ("may come from", ", ".join(view.allow_from) or "anywhere"),
        ("node id", view.node_id),
        ("version", view.version),
        ("last contact", full(view.last_contact)),
        ("answers in", f"{view.latency_ms:.0f} ms" if view.latency_ms is not None else None),
        ("its clock", None if view.clock_skew_ms is None else view.clock or "as ours"),
        ("error", view.error),
        ("last refused", refused(view.last_refusal) if view.last_refusal else None),
    ]
    console.print(facts(pairs))
    for what, key in (("key", view.public_key), ("host key", view.host_key)):
        if key is not None:
            console.print(f"\n{what}:\n{clean(key)}", soft_wrap=True)


def _service(view: PeerView) -> str | None:
    if view.silent_since is not None:
        return "runs, but its scheduler is silent: restart the service there"
    return None if view.service is None else "runs" if view.service == "running" else "does not run"


def print_link(console: Console, view: LinkView) -> None:
    """Print a link and what its last round found."""
    pairs: list[tuple[str, Cell | None]] = [
        ("id", view.id),
        ("group", view.group),
        ("peer", view.peer),
        ("direction", f"{view.direction}, {view.mode}"),
        ("when", link_when(view)),
        ("enabled", value(view.enabled)),
        (
            "brake",
            f"at most {plural(view.max_deletions, 'deletion')}" if view.max_deletions is not None else None,
        ),
        ("state", state(view.state, view.behind, changed=view.changed)),
        ("last round", full(view.last_at)),
        ("next round", full(view.next_at) if view.next_at else None),
        ("error", view.error),
    ]
    console.print(facts(pairs))
    if view.result is not None:
        console.print()
        print_result(console, view.result)


def _origin(origin: Origin) -> str:
    if origin.kind == "local":
        return f"{origin.who or 'someone'}, here"
    return f"{origin.who}, by {origin.direction or 'replication'}"
