"""What a node answers about its peers: plain data for a screen or for JSON."""

from typing import Literal

from msgspec import Struct

from atsn_tui.errors import BY_CODE, AtsnError

PeerStatus = Literal[
    "unknown", "in_sync", "behind", "held", "silent", "offline", "refused", "version_mismatch", "failed"
]
"""`silent`: its service answers, but its scheduler has taken no turn for a minute or more."""


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


class Step(Struct, frozen=True, kw_only=True):
    """One step of a connection test. `ok` is None where it was not reached."""

    name: str
    ok: bool | None
    detail: str
    code: str | None = None
    """Of the error, where it failed."""


def failed_step(name: str, error: AtsnError) -> Step:
    """A step that ended in an error."""
    return Step(name=name, ok=False, detail=error.message, code=error.code)


class PeerTest(Struct, frozen=True, kw_only=True):
    """What works towards a peer, in the order in which a connection is made."""

    peer: str
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether every step worked."""
        return all(step.ok for step in self.steps)

    @property
    def exit_code(self) -> int:
        """What the command line exits with: that of the worst step."""
        codes = [BY_CODE.get(step.code or "", AtsnError).exit_code for step in self.steps if step.ok is False]
        return max(codes, default=0)


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
