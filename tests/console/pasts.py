"""A past for the sample site: changes of a group, an undo and an audit log."""

from atsn_tui.model.result import ChangeView, FieldChange
from atsn_tui.node.past.views import AuditView, ChangeDetails, PastChange, UndoView

GROUP = "6f1c0d9e-3a52-4c1b-9a65-0d2f6a8b7c11"
NAME = "Replicated tasks"


def field(name: str, before: object, after: object) -> FieldChange:
    return FieldChange(field=name, before=before, after=after)


MIRROR = ChangeView(
    op="update",
    task_id="00000003-0000-4000-8000-000000000000",
    name="sync-mirror",
    why="changed",
    fields=(
        field("action.command", "/usr/local/bin/sync-mirror", "/usr/local/bin/sync-mirror --quiet"),
        field("options.timeout", None, 3600),
    ),
)
SETTINGS = ChangeView(
    op="settings",
    task_id=GROUP,
    name=NAME,
    why="changed",
    fields=(
        field("credentials.mail.secret", "hidden", "changed"),
        field("email.to", [], ["ops@example.org"]),
    ),
)
REPORT = ChangeView(
    op="delete", task_id="00000005-0000-4000-8000-000000000000", name="old-report", why="deleted"
)


def past(number: int, kind: str, who: str, source: str, summary: str, *changes: ChangeView) -> ChangeDetails:
    change = PastChange(
        number=number,
        at=f"2026-11-{15 + number:02}T08:{10 + number}:00.000000Z",
        kind=kind,  # type: ignore[arg-type]
        who=who,
        source=source,
        summary=summary,
        records=max(1, len(changes)),
        added=sum(change.why == "added" for change in changes),
        deleted=sum(change.why == "deleted" for change in changes),
        cycle=None,
        digest="d41d8cd98f00b204e9800998ecf8427e",
    )
    return ChangeDetails(group=NAME, group_id=GROUP, change=change, changes=changes)


PAST = [
    past(7, "edit", "ada", "cli as root on /dev/pts/3 from 192.0.2.7", "changed sync-mirror", MIRROR),
    past(6, "undo", "ada", "console on /dev/pts/3", "back to change 4", MIRROR),
    past(5, "apply", "hq2", "192.0.2.20", "push, easy", MIRROR, REPORT),
    past(4, "edit", "\x1b[31mred [/bold]", "cli", "Settings: email.to", SETTINGS),
    past(3, "import", "ada", "cli", "imported /etc/cron.d/site", MIRROR),
    past(1, "edit", "ada", "cli", "created", SETTINGS),
]

UNDO = UndoView(
    group=NAME,
    group_id=GROUP,
    to=6,
    state="differs",
    changes=(SETTINGS, MIRROR, REPORT),
)
KEPT_UNDO = UndoView(
    group=NAME,
    group_id=GROUP,
    to=6,
    state="differs",
    changes=(MIRROR,),
    notes=("the group is kept by hq2 as a strict copy of its own: better undo it there",),
    kept_by="hq2",
)


def entry(number: int, who: str, action: str, name: str, summary: str = "") -> AuditView:
    return AuditView(
        number=number,
        at=f"2026-11-{20 - (45 - number) // 3:02}T08:15:00.000000Z",
        who=who,
        source="cli",
        action=action,
        name=name,
        subject="",
        group_id="",
        peer_id="",
        summary=summary,
    )


LOG = [
    entry(45, "ada", "group.edit", NAME, "changed sync-mirror"),
    entry(44, "ada", "peer.change", "web1"),
    entry(43, "unknown", "config.change", "config.toml", "edited by hand, 2026-11-20T08:15:00Z: tags"),
    entry(42, "hq2", "group.apply", NAME, "push, strict; allowed: 6 of 12 tasks would be deleted"),
    entry(41, "\x1b[31mred [/bold]", "hold.add", "Local tasks/a[/b]"),
    entry(40, "ada", "request.run", f"{NAME}/sync-mirror"),
]
