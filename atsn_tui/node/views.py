"""What a node answers: plain data, ready for a screen or for JSON. Secrets are never in it."""

from typing import Any, Literal

from msgspec import Struct

from atsn_tui.model.peer import Direction
from atsn_tui.model.plan import Mode
from atsn_tui.model.record import Origin
from atsn_tui.model.result import LinkResult, State
from atsn_tui.model.task import Task
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.runs.views import HoldView, RunView


class IdentityView(Struct, frozen=True, kw_only=True):
    """Who this node is: everything that another node needs to know it."""

    node_id: str
    name: str
    public_key: str
    host_key: str
    listen: str | None
    version: str
    protocol: int


class GroupView(Struct, frozen=True, kw_only=True):
    """A group at a glance."""

    id: str
    name: str
    replicated: bool
    digest: str
    tasks: int
    settings: dict[str, Any]
    """Nested fields, as in a snapshot; a secret that is set is {"omitted": true}."""
    settings_modified_at: str
    run_here: bool = True
    """False: this node keeps it as a standby and does not run it."""
    kept_by: str | None = None
    """The peer whose strict replication this group follows."""
    intake_paused: str | None = None
    """Since when and by whom it takes nothing from peers, because someone undid here; None: it does."""


class TaskView(Struct, frozen=True, kw_only=True):
    """A task with everything that is known about it here."""

    id: str
    group_id: str
    group: str
    task: Task
    modified_at: str
    fingerprint: str
    origin: Origin
    schedule: str
    """All schedules as one short human sentence."""
    next_at: str | None = None
    """The next due time, RFC 3339 UTC; None where there is none."""


class LinkView(Struct, frozen=True, kw_only=True):
    """A link and what its last round found."""

    id: str
    group: str
    group_id: str | None
    peer: str
    direction: Direction
    mode: Mode
    schedule: str | None
    apply: Literal["auto", "ask"]
    enabled: bool
    max_deletions: int | None = None
    state: State | None = None
    """None before the first round."""
    behind: int = 0
    changed: bool = False
    """The last round left both sides in sync, and the group was changed here since."""
    last_at: str | None = None
    next_at: str | None = None
    error: str | None = None
    result: LinkResult | None = None
    """The last round in full."""


class TroubleView(Struct, frozen=True, kw_only=True):
    """Something about the node itself that a person should mend."""

    place: str
    """What it is about: a key of config.toml such as `reports.file`, or `mail of` a group or this node."""
    since: str | None
    text: str


class StatusView(Struct, frozen=True, kw_only=True):
    """The node at a glance."""

    name: str
    node_id: str
    version: str
    service: Literal["running", "stopped"]
    listen: str | None
    groups: tuple[GroupView, ...]
    peers: tuple[PeerView, ...]
    links: tuple[LinkView, ...]
    healthy: bool
    """False when a link failed, is held, waits for a person or is behind, when the last run of a task failed, when
    there are troubles, when a scheduler is silent, here or at a peer, or when something waits for a service."""
    waits_for_service: bool = False
    """No service runs, though a task or a link that is on has a schedule."""
    scheduler_turned_at: str | None = None
    """When the scheduler of the running service took its last turn, give or take some seconds."""
    silent_since: str | None = None
    """Since when that scheduler is silent: the service runs, and no task does."""
    holds: tuple[HoldView, ...] = ()
    """What is paused on this node."""
    failing: tuple[RunView, ...] = ()
    """Of each enabled task the last run that has ended, if it failed; latest first, and not more than 50."""
    troubles: tuple[TroubleView, ...] = ()
    """Mail that does not get through, a file of reports that cannot be written, a heartbeat that nobody takes."""
