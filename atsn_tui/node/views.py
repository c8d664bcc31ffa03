"""What a node answers: plain data, ready for a screen or for JSON. Secrets are never in it."""

from typing import Any, Literal

from msgspec import Struct

from atsn_tui.model.peer import Direction
from atsn_tui.model.plan import Mode
from atsn_tui.model.record import Origin
from atsn_tui.model.result import LinkResult, State
from atsn_tui.model.task import Task
from atsn_tui.node.run_views import HoldView, RunView

PeerStatus = Literal[
    "unknown", "in_sync", "behind", "held", "silent", "offline", "refused", "version_mismatch", "failed"
]
"""`silent`: its service answers, but its scheduler has taken no turn for a minute or more."""


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


class RefusalView(Struct, frozen=True, kw_only=True):
    """When this node last said no to a peer, or to strangers, and why."""

    at: str
    address: str
    reason: str
    count: int
    """How many there have been."""


class PeerView(Struct, frozen=True, kw_only=True):
    """A peer and how it stands."""

    id: str
    name: str
    address: str | None
    public_key: str
    host_key: str | None
    grants: tuple[str, ...]
    """As typed: `pull`, `push`, `status`, or `push:GROUP-UUID` for one group."""
    allow_from: tuple[str, ...]
    node_id: str | None
    state: PeerStatus
    behind: int = 0
    """Changes that wait for it, over all links."""
    changed: bool = False
    """A group that is replicated with it was changed here since the two were in sync."""
    version: str | None = None
    last_contact: str | None = None
    latency_ms: float | None = None
    clock_skew_ms: float | None = None
    """Its clock minus ours."""
    clock: str | None = None
    """How that is said, as in `clock 3 s ahead`; None: as ours, as far as can be told, or not known."""
    error: str | None = None
    service: Literal["running", "stopped"] | None = None
    """Whether a service runs there, as it told last; None: it never did."""
    silent_since: str | None = None
    """Since when its scheduler is silent, by our clock."""
    last_refusal: RefusalView | None = None
    """When this node last said no to it."""


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


class PeerAccess(Struct, frozen=True, kw_only=True):
    """What one peer may do here, and from where."""

    name: str
    pull: tuple[str, ...]
    """The groups that it may read, by name; `*` stands for all replicated ones."""
    push: tuple[str, ...]
    status: tuple[str, ...]
    allow_from: tuple[str, ...]
    """Empty: from anywhere."""
    address: str | None
    """Where this node connects to; None: it only connects to us."""
    last_refusal: RefusalView | None = None


class AccessView(Struct, frozen=True, kw_only=True):
    """Who may do what here."""

    name: str
    connect: bool
    """Whether this node connects to peers by itself."""
    listen: str | None
    """Where peers may connect; None: nowhere."""
    service: Literal["running", "stopped"]
    peers: tuple[PeerAccess, ...]
    strangers: RefusalView | None = None
    """When somebody who is no peer was last refused."""
    open_invites: int = 0
    """How many lines are out with which a stranger may become a peer."""


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


class Step(Struct, frozen=True, kw_only=True):
    """One step of a connection test. `ok` is None where it was not reached."""

    name: str
    ok: bool | None
    detail: str


class PeerTest(Struct, frozen=True, kw_only=True):
    """What works towards a peer, in the order in which a connection is made."""

    peer: str
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether every step worked."""
        return all(step.ok for step in self.steps)


class AuthorizationView(Struct, frozen=True, kw_only=True):
    """The line of an authorized_keys file that lets a peer in."""

    peer: str
    user: str
    """Whom the peer logs in as."""
    file: str
    line: str | None
    """None where it was taken out."""
    change: Literal["added", "replaced", "unchanged", "removed", "absent", "printed"]
    address: str | None = None
    """Where the peer then finds this node, as far as this machine knows its own name."""
    host_key: str | None = None
    """What this machine's sshd shows, if that can be read."""


class RejectedLine(Struct, frozen=True, kw_only=True):
    """A line of a crontab that cron would not run either."""

    line: int
    text: str
    why: str


class ImportedLine(Struct, frozen=True, kw_only=True):
    """A job of a crontab, or one that was there before, and the task that it belongs to."""

    task: str
    """Folder and name."""
    line: int
    schedule: str
    command: str
    fields: tuple[str, ...] = ()
    """What changed, for a task that was updated."""


class CrontabImport(Struct, frozen=True, kw_only=True):
    """What an import of a crontab did, or would do."""

    group: str
    group_id: str | None
    """None: the group would be made."""
    source: str
    format: Literal["crontab", "system-crontab"]
    enabled: bool
    added: tuple[ImportedLine, ...] = ()
    updated: tuple[ImportedLine, ...] = ()
    unchanged: tuple[ImportedLine, ...] = ()
    vanished: tuple[ImportedLine, ...] = ()
    """Their line is gone from the file; the tasks are kept."""
    deleted_here: tuple[ImportedLine, ...] = ()
    """Their task was deleted here, so they are left out."""
    rejected: tuple[RejectedLine, ...] = ()
    ids: dict[int, str] = {}
    """The id of each line's task, by the line's number, for all but vanished lines. Made up in a dry run."""
    dry_run: bool = False


class SnapshotImport(Struct, frozen=True, kw_only=True):
    """What an import of a snapshot did, or would do."""

    group: str
    group_id: str
    result: LinkResult
    """As for a pull whose primary is the file."""
    omitted: tuple[str, ...] = ()
    """Credentials whose secret neither the file nor this node has."""
    dry_run: bool = False
