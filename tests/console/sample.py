"""A small site: a headquarters, some peers, some groups, and a clock that stands still."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from atsn_tui.console.look.times import Clock
from atsn_tui.model.brake import Brake
from atsn_tui.model.record import Origin
from atsn_tui.model.result import ChangeView, ErrorView, FieldChange, LinkResult
from atsn_tui.model.run import Decision, Run
from atsn_tui.model.settings import Holidays
from atsn_tui.model.task import Command, Options, Task
from atsn_tui.node.agenda.facts import Facts, TaskFacts
from atsn_tui.node.agenda.timeline import timeline
from atsn_tui.node.agenda.views import AgendaView
from atsn_tui.node.peers.views import PeerView
from atsn_tui.node.runs.views import DecisionView, HoldView, RunView, WhyView
from atsn_tui.node.views import GroupView, LinkView, TaskView
from atsn_tui.schedule import sentence_all, timetable_of
from tests.console.pasts import LOG, PAST, UNDO
from tests.console.twin import Twin

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CLOCK = Clock(now=lambda: NOW, zone="UTC")

GROUP = "6f1c0d9e-3a52-4c1b-9a65-0d2f6a8b7c11"
LOCAL = "7b2d1eaf-4b63-4d2c-8b76-1e3f7b9c8d22"
KEPT = "8c3e2fb0-5c74-4e3d-9c87-2f408cad9e33"

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG9uZSBvZiB0aGUga2V5cyB0aGF0IHRoZSB0ZXN0cyBtYWtl"


def group(group_id: str, name: str, tasks: int, **values: object) -> GroupView:
    settings = {
        "name": name,
        "log": {"path": "/var/log/atsn/%Y-%m.log", "what": "runs"},
        "email": {"when": "on_failure", "to": ["ops@example.org"]},
        "account": {"user": "backup"},
        "holidays": {"country": "DE", "region": "BY", "dates": []},
        "credentials": {"mail": {"user": "ops", "secret": {"omitted": True}}},
        "environment": {"BACKUP_DIR": "/srv/backup"},
    }
    view = GroupView(
        id=group_id,
        name=name,
        replicated=True,
        digest="d41d8cd98f00b204e9800998ecf8427e",
        tasks=tasks,
        settings=settings,
        settings_modified_at="2026-11-20T16:05:00.000000Z",
    )
    return replace(view, **values)


def task(
    number: int, name: str, schedule: str, folder: str = "", group_id: str = GROUP, **values: object
) -> TaskView:
    made = Task(
        name=name,
        folder=folder,
        action=Command(command=f"/usr/local/bin/{name} --quiet"),
        schedules=tuple(part.strip() for part in schedule.split(";") if part.strip()),
    )
    made = replace(made, **values)
    due = timetable_of(made, Holidays(), "UTC", "").next_due(NOW) if made.enabled else None
    return TaskView(
        id=task_id(number),
        group_id=group_id,
        group="Replicated tasks",
        task=made,
        modified_at="2026-11-22T07:12:00.000000Z",
        fingerprint=f"{number:064x}",
        origin=Origin(who="anna"),
        schedule=sentence_all(made.schedules),
        next_at=None if due is None else due.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )


def tasks() -> list[TaskView]:
    return [
        task(1, "rotate-certs", "*/15 * * * *", "certs"),
        task(2, "renew-certs", "30 2 * * 1", "certs"),
        task(
            3,
            "nightly-backup",
            "0 3 * * *",
            "databases",
            run_as="postgres",
            timezone="Europe/Berlin",
            options=Options(timeout=5400, retries=2),
            notes="Full dump of all clusters.\nAsk Anna before you change the target.",
        ),
        task(4, "vacuum", "0 4 * * 0", "databases"),
        task(5, "wal-archive", "every 5m", "databases/wal"),
        task(6, "clean-tmp", "@daily"),
        task(7, "old-report", "0 8 * * 1", enabled=False),
        task(8, "sync-mirror", "every 2h"),
        task(9, "update-geoip", "0 6 1 * *"),
        task(10, "verify-backup", "after databases/nightly-backup"),
    ]


def task_id(number: int) -> str:
    return f"{number:08x}-3a52-4c1b-9a65-0d2f6a8b7c11"


def run(number: int, of: int, path: str, state: str, started: str | None, **values: object) -> RunView:
    """A run of today; `of` is the number of its task."""
    at = None if started is None else f"2026-11-22T{started}.000000Z"
    view = RunView(
        id=f"{number:08x}-0000-4000-8000-0000000000bb",
        group="Replicated tasks",
        group_id=GROUP,
        task=path,
        task_id=task_id(of),
        trigger="schedule",
        state=state,
        due_at=at or "2026-11-22T09:30:00.000000Z",
        started_at=at,
    )
    return replace(view, **values)


def ended(number: int, of: int, path: str, state: str, started: str, took: int, **values: object) -> RunView:
    """A run that took so many seconds."""
    view = run(number, of, path, state, started)
    end = (datetime.fromisoformat(view.due_at) + timedelta(seconds=took)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    values = {"ended_at": end, "duration_ms": took * 1000, "exit_code": 0 if state == "ok" else None} | values
    return replace(view, **values)


def runs() -> list[RunView]:
    certs = "it exited with 2"
    return [
        run(19, 8, "sync-mirror", "running", "09:29:48"),
        ended(18, 1, "certs/rotate-certs", "failed", "09:15:00", 3, exit_code=2, reason=certs),
        ended(17, 5, "databases/wal-archive", "ok", "09:25:00", 4),
        ended(16, 8, "sync-mirror", "ok", "07:30:00", 312),
        ended(15, 8, "sync-mirror", "failed", "05:30:00", 41, exit_code=30, reason="it exited with 30"),
        ended(14, 4, "databases/vacuum", "timed_out", "04:00:00", 3600, reason="it ran longer than 1 h"),
        ended(13, 3, "databases/nightly-backup", "ok", "02:00:00", 41),
        ended(12, 9, "update-geoip", "stopped", "06:00:00", 9, trigger="manual", who="anna"),
    ]


def missed() -> list[DecisionView]:
    return [
        DecisionView(
            group="Replicated tasks",
            group_id=GROUP,
            task="sync-mirror",
            task_id=task_id(8),
            kind="overlap",
            text="the run before was still under way",
            trigger="schedule",
            first_at="2026-11-22T01:30:00.000000Z",
            last_at="2026-11-22T03:30:00.000000Z",
            count=2,
        )
    ]


def hold() -> HoldView:
    return HoldView(
        scope="task",
        name="Replicated tasks/verify-backup",
        group_id=GROUP,
        task_id=task_id(10),
        until="2026-11-22T18:00:00.000000Z",
        who="anna",
        note="the disk is being replaced",
    )


def agenda() -> AgendaView:
    """The night of the same site, as the node would compute it."""
    now = micros("2026-11-22T09:30")

    def ran(
        number: int, of: int, path: str, at: str, state: str = "ok", took: int = 41, **values: object
    ) -> Run:
        start = micros(f"2026-11-{at}")
        fields = {
            "id": f"{number:08x}-0000-4000-8000-0000000000cc",
            "group_id": GROUP,
            "task_id": task_id(of),
            "path": path,
            "trigger": "schedule",
            "due": start,
            "state": state,
            "started": start,
            "ended": None if state == "running" else start + took * 1_000_000,
            "exit_code": 0 if state == "ok" else 2,
            "reason": "" if state == "ok" else "it exited with 2",
        }
        return Run(**(fields | values))  # type: ignore[arg-type]

    runs = [
        *(ran(100 + n, 1, "certs/rotate-certs", f"22T0{n // 4}:{n % 4 * 15:02}", took=3) for n in range(36)),
        ran(140, 1, "certs/rotate-certs", "22T09:15", "failed", 3),
        ran(150, 3, "databases/nightly-backup", "22T02:00", took=5_400),
        ran(151, 4, "databases/vacuum", "22T02:00", "failed", 12),
        ran(152, 6, "clean-tmp", "22T00:00"),
        ran(153, 8, "sync-mirror", "22T03:10", took=312),
        ran(154, 8, "sync-mirror", "22T09:29", "running", reason=""),
    ]
    down = Decision(
        group_id=GROUP,
        task_id=task_id(9),
        path="update-geoip",
        kind="missed",
        text="nothing ran here then: the service or the machine was down, or the clock was put forward",
        trigger="schedule",
        first=micros("2026-11-21T14:40"),
        last=micros("2026-11-21T16:40"),
        at=micros("2026-11-21T17:02"),
        count=3,
    )
    facts = []
    for view in tasks():
        times = timetable_of(view.task, Holidays(), "UTC", "").within(NOW, NOW + timedelta(hours=24))
        off = not view.task.enabled
        facts.append(
            TaskFacts(
                group_id=GROUP,
                task_id=view.id,
                path=view.task.path,
                schedule=view.schedule,
                ahead=times,
                why="disabled" if off else "",
                reason="disabled" if off else None,
            )
        )
    return timeline(
        Facts(
            now=now,
            since=micros("2026-11-21T09:30"),
            until=micros("2026-11-23T09:30"),
            zone="UTC",
            running=True,
            group=None,
            names={GROUP: "Replicated tasks"},
            runs=tuple(runs),
            kept=100,
            decisions=(down,),
            tasks=tuple(facts),
        )
    )


def micros(when: str) -> int:
    """Of a minute in UTC."""
    return int(datetime.fromisoformat(f"{when}:00+00:00").timestamp()) * 1_000_000


def why() -> WhyView:
    return WhyView(
        task="Replicated tasks/sync-mirror",
        task_id=task_id(8),
        obstacles=("run 00000013 is under way, and the task does not overlap: wait, or stop it",),
        schedule="every 2 h",
        next_at="2026-11-22T10:00:00.000000Z",
        last=runs()[0],
        decisions=tuple(missed()),
    )


def peer(name: str, state: str, **values: object) -> PeerView:
    view = PeerView(
        id=f"peer-{name}",
        name=name,
        address=f"{name}.example:8022",
        public_key=KEY,
        host_key=KEY,
        grants=("pull", "status"),
        allow_from=(),
        node_id="0b6a7c1e-0000-4000-8000-000000000002",
        state=state,
        version="0.1.0",
        last_contact="2026-11-22T09:29:18.000000Z",
        latency_ms=12.4,
        clock_skew_ms=40.0,
    )
    return replace(view, **values)


def peers() -> list[PeerView]:
    refused = (
        "dr shows another host key than the pinned one: SHA256:mJ3y…Qk instead of SHA256:x8Tf…0A. "
        'If that is right, run: atsn peer set dr --host-key "ssh-ed25519 AAAA…"'
    )
    offline = "web3 cannot be reached at web3.example:8022: no route to host. Check: atsn peer test web3"
    return [
        peer("dr", "refused", error=refused, last_contact="2026-11-19T22:00:00.000000Z"),
        peer("hq2", "in_sync", address=None, host_key=None, grants=("pull", f"push:{KEPT}"), latency_ms=None),
        peer("web1", "in_sync"),
        peer("web2", "behind", behind=3),
        peer("web3", "offline", error=offline, last_contact="2026-11-22T05:02:00.000000Z"),
        peer("web4", "held", behind=12),
    ]


def link(number: int, peer_name: str, **values: object) -> LinkView:
    view = LinkView(
        id=f"{number:08x}-0000-4000-8000-00000000000a",
        group="Replicated tasks",
        group_id=GROUP,
        peer=peer_name,
        direction="push",
        mode="strict",
        schedule="every 15m",
        apply="auto",
        enabled=True,
        state="in_sync",
        last_at="2026-11-22T09:15:00.000000Z",
        next_at="2026-11-22T09:45:00.000000Z",
    )
    return replace(view, **values)


def links() -> list[LinkView]:
    return [
        link(1, "web1"),
        link(2, "web2", mode="easy", state="differs", behind=3, apply="ask"),
        link(3, "web3", state="unreachable", error=peers()[4].error),
        link(4, "web4", state="held", behind=12, result=held_result()),
        link(5, "dr", direction="pull", schedule=None, mode="easy", state="refused", error=peers()[0].error),
    ]


def change(op: str, name: str, why: str, *fields: FieldChange, replaced_at: str | None = None) -> ChangeView:
    modified = None if op == "delete" else "2026-11-22T09:28:00.000000Z"
    return ChangeView(
        op=op,
        task_id=f"id-{name}",
        name=name,
        why=why,
        modified_at=modified,
        replaced_at=replaced_at,
        fields=fields,
    )


def _result(number: int, peer_name: str, **values: object) -> LinkResult:
    view = LinkResult(
        group="Replicated tasks",
        group_id=GROUP,
        peer=peer_name,
        direction="push",
        mode="strict",
        state="in_sync",
        link_id=f"{number:08x}-0000-4000-8000-00000000000a",
    )
    return replace(view, **values)


CHANGES = (
    change(
        "settings",
        "Replicated tasks",
        "newer on primary",
        FieldChange(field="email.to", before=["root"], after=["ops@example.org"]),
    ),
    change(
        "add",
        "databases/nightly-vacuum",
        "missing here",
        FieldChange(field="action.command", after="/usr/local/bin/vacuum --all --analyze"),
        FieldChange(field="schedules", after=["0 4 * * *"]),
        FieldChange(field="run_as", after="postgres"),
    ),
    change(
        "update",
        "certs/rotate-certs",
        "newer on primary",
        FieldChange(
            field="action.command",
            before="/usr/local/bin/rotate-certs",
            after="/usr/local/bin/rotate-certs --reload nginx --quiet",
        ),
        FieldChange(field="schedules", before=["0 3 * * *"], after=["*/30 * * * *"]),
    ),
    change(
        "delete",
        "old-report",
        "only on secondary",
        FieldChange(field="action.command", before="/usr/local/bin/old-report"),
        FieldChange(field="name", before="old-report"),
        FieldChange(field="schedules", before=["0 8 * * 1"]),
        replaced_at="2026-11-20T09:30:00.000000Z",
    ),
    change(
        "update",
        "sync-mirror",
        "older on primary",
        FieldChange(field="schedules", before=["0 * * * *"], after=["every 2h"]),
        replaced_at="2026-11-22T09:28:00.000000Z",
    ),
)

NOTES = (
    "databases/nightly-vacuum will start running: daily at 04:00 as postgres",
    "certs/rotate-certs: a line of /etc/cron.d/certs runs the same command",
)


def held_result() -> LinkResult:
    gone = tuple(change("delete", f"job-{number:02}", "only on secondary") for number in range(1, 13))
    text = "12 of 20 tasks would be deleted; more than 5 are held"
    return _result(
        4, "web4", state="held", changes=gone, deletions=12, brakes=(Brake(code="deletions", text=text),)
    )


def found() -> dict[str, LinkResult]:
    offline, refused = peers()[4].error or "", peers()[0].error or ""
    results = [
        _result(1, "web1", state="differs", changes=CHANGES, notes=NOTES),
        _result(2, "web2", mode="easy", state="in_sync"),
        _result(3, "web3", state="unreachable", error=ErrorView(code="unreachable", message=offline)),
        replace(held_result(), state="differs"),
        _result(
            5,
            "dr",
            direction="pull",
            mode="easy",
            state="refused",
            error=ErrorView(code="refused", message=refused),
        ),
    ]
    return {result.link_id or "": result for result in results}


def site(running: bool = True) -> Twin:
    twin = Twin(
        groups=[
            group(LOCAL, "Local tasks", 2, replicated=False),
            group(GROUP, "Replicated tasks", 10),
            group(KEPT, "Web checks", 1, kept_by="hq2"),
        ],
        tasks=[
            *tasks(),
            task(20, "clean-cache", "@hourly", group_id=LOCAL),
            task(
                21,
                "a[/b]",
                "every 10m",
                group_id=LOCAL,
                action=Command(command="echo \x1b[31mred\x07 [/bold]"),
            ),
            task(30, "check-disks", "every 5m", group_id=KEPT),
        ],
        peers=peers(),
        links=links(),
        running=running,
    )
    twin.runs.kept, twin.runs.missed = runs(), missed()
    twin.runs.printed = {
        runs()[0].id: [b"mirror of packages\n  12 of 80 MB\n", b"\x1b[32m  40 of 80 MB\n"],
        runs()[1].id: [b"reloading nginx\nrotate-certs: no such key\n"],
    }
    twin.holds.held = [hold()]
    twin.holds.whys = {why().task_id: why()}
    twin.agenda.view = agenda()
    twin.history.past, twin.history.undo_view, twin.audit.entries = list(PAST), UNDO, list(LOG)
    twin.replication.found = found()
    twin.replication.strict = {
        key: replace(value, mode="easy", changes=value.changes[:3]) for key, value in found().items()
    }
    return twin
