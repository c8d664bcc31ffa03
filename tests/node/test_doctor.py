"""The doctor finds what keeps a node from its work, says what to do, changes nothing and never hangs."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atsn_tui.home import locks
from atsn_tui.home.config_change import change
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.host.aside import aside
from atsn_tui.model import codec
from atsn_tui.model.mail import Message, Outgoing
from atsn_tui.model.peer import Peer
from atsn_tui.model.run import Request
from atsn_tui.model.text import new_id
from atsn_tui.node.core import Core
from atsn_tui.node.doctor import disk, examine, mail, service
from atsn_tui.node.doctor.check import Finding
from atsn_tui.node.doctor.service import Systemd
from atsn_tui.node.node import Node
from atsn_tui.store import outbox, peers, requests
from atsn_tui.store.database import cipher, sealing
from tests.node.samples import GROUP, a_task, public_key, received
from tests.nodes import ADA, Machine, Machines

NONE = Passwords.take({})
"""No password is known."""


def wrong(findings: Sequence[Finding], topic: str) -> list[tuple[str, str, str]]:
    """What was found under a topic and is not fine."""
    return [
        (each.verdict, each.text, each.fix)
        for each in findings
        if each.topic == topic and each.verdict != "ok"
    ]


async def findings(home: Path, topic: str) -> list[tuple[str, str, str]]:
    return wrong((await examine.examine(Home(home), ADA, NONE)).findings, topic)


async def of_node(node: Node, topic: str) -> list[tuple[str, str, str]]:
    """The same of an open node, as if a service ran."""
    with locks.exclusive(node.home.service_lock):
        return wrong((await node.examine()).findings, topic)


async def test_a_fresh_node_lacks_nothing_but_a_service(hq: Machine) -> None:
    found = await examine.examine(Home(hq.home), ADA, NONE)
    topics = [each.topic for each in found.findings]
    assert topics[:3] == ["files", "config", "disk"]
    assert set(topics) == {check.topic for check in (*examine.HOME_CHECKS, *examine.CHECKS)}
    assert {each.topic for each in found.findings if each.verdict != "ok"} <= {"service", "systemd", "cron"}
    ((verdict, _, fix),) = wrong(found.findings, "service")
    assert (verdict, fix) == ("problem", "atsn service install, or atsn serve")
    assert not found.healthy


async def test_it_changes_nothing(hq: Machine) -> None:
    def dump() -> dict[str, object]:
        kept = {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in hq.home.iterdir()
            if path.is_file() and "atsn.db" not in path.name
        }
        db = sqlite3.connect(hq.home / "atsn.db")
        try:
            return {**kept, "rows": list(db.iterdump())}
        finally:
            db.close()

    async with hq.open() as node:
        await node.groups.add(GROUP)
        await node.tasks.add(GROUP, a_task())
    before = dump()
    await examine.examine(Home(hq.home), ADA, NONE)
    assert dump() == before


async def test_keys_and_files_that_others_can_reach(hq: Machine) -> None:
    (hq.home / "client_key").chmod(0o644)
    (hq.home / "atsn.db").chmod(0o640)
    hq.home.chmod(0o755)
    found = await findings(hq.home, "files")
    assert ("warning", f"others may look into {hq.home} (0755)", f"chmod 700 {hq.home}") in found
    assert ("problem", f"others may read {hq.home}/atsn.db (0640)", f"chmod 600 {hq.home}/atsn.db") in found
    assert any(fix == f"chmod 600 {hq.home}/client_key" for _, _, fix in found)


async def test_a_home_that_cannot_be_opened_is_told_with_the_reason(hq: Machine) -> None:
    (hq.home / "config.toml").write_text('name = "hq"\nlissen = "x"\n')
    found = await examine.examine(Home(hq.home), ADA, NONE)
    ((verdict, text, _),) = wrong(found.findings, "config")
    assert verdict == "problem"
    assert "unknown key lissen" in text
    assert not [each for each in found.findings if each.topic == "node"], "once is enough"
    hq.home.chmod(0o777)
    ((verdict, text, _),) = await findings(hq.home, "home")
    assert "others may write in the node" in text


async def test_a_disk_that_is_nearly_full(hq: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LITTLE", 10**18)
    monkeypatch.setattr(disk, "TOO_LITTLE", 0)
    ((verdict, text, _),) = await findings(hq.home, "disk")
    assert verdict == "warning"
    assert f"MB are free for {hq.home}" in text


async def test_a_damaged_database(hq: Machine) -> None:
    path = hq.home / "atsn.db"
    async with hq.open() as node:
        await node.groups.add(GROUP)
        for number in range(200):
            await node.tasks.add(GROUP, a_task(f"t{number}", notes="x" * 2000))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 3 * 4096)
        file.write(os.urandom(2 * 4096))
    ((verdict, text, fix),) = await findings(hq.home, "database")
    assert verdict == "problem"
    assert fix or "damaged" in text


async def test_tasks_that_could_not_run_are_told_together_by_reason(node: Node) -> None:
    await node.groups.add(GROUP)
    for name in "abcde":
        await node.tasks.add(GROUP, a_task(name, user="nobody-such"))
    await node.tasks.add(GROUP, a_task("off", user="nobody-such", enabled="no"))
    await node.tasks.add(GROUP, a_task("elsewhere", user="nobody-such", nodes="web1"))
    await node.tasks.add(GROUP, a_task("secret", **{"environment.X": "${credential:db.secret}"}))
    found = await of_node(node, "tasks")
    assert [text.partition(": ")[0] for _, text, _ in found] == [
        f"5 tasks ({GROUP}/a, {GROUP}/b, {GROUP}/c and 2 more)",
        f"{GROUP}/secret",
    ]
    assert found[0][2] == f"atsn why '{GROUP}/a'"
    assert "no credential 'db'" in found[1][1]
    await node.groups.change(GROUP, {"run_here": "no"})
    assert await of_node(node, "tasks") == []


async def test_what_came_from_a_peer_and_would_run_as_root(node: Node) -> None:
    await node.groups.add(GROUP)
    await received(node, GROUP, codec.record(new_id(), 1, a_task(user="root")))
    ((_, text, _),) = await of_node(node, "tasks")
    assert "root" in text


async def test_circles_and_tasks_that_follow_none(node: Node) -> None:
    await node.groups.add(GROUP)
    for name, after in (("a", "b"), ("b", "a"), ("c", "nobody"), ("c", "a")):
        await received(node, GROUP, codec.record(new_id(), 1, a_task(name, schedules=f"after {after}")))
    told = await of_node(node, "after")
    assert [verdict for verdict, _, _ in told] == ["problem", "problem", "note"]
    assert "circle" in told[0][1]
    assert "'after nobody'" in told[1][1]
    assert told[2][1] == f"several tasks of {GROUP} have one name: c"


async def test_log_paths_with_variables_that_do_not_exist(node: Node) -> None:
    await node.groups.add(GROUP)
    await node.groups.change(GROUP, {"log.path": "/var/log/${ATSN_NODE}/${NOWHERE}.log"})
    ((verdict, text, fix),) = await of_node(node, "logs")
    assert verdict == "problem"
    assert "${NOWHERE} is not defined" in text
    assert fix.startswith(f"atsn group set '{GROUP}' log.path=")
    await node.groups.change(GROUP, {"log.path": "/var/log/${ATSN_RESULT}.log"})
    assert await of_node(node, "logs") == []


async def test_mail_that_cannot_be_sent(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "find_sendmail", lambda: None)
    await node.groups.add(GROUP)
    assert await of_node(node, "mail") == []
    await node.groups.change(GROUP, {"email.when": "always"})
    ((verdict, text, fix),) = await of_node(node, "mail")
    assert (verdict, fix) == (
        "warning",
        f"install one such as msmtp-mta, or: atsn group set '{GROUP}' email.server=HOST",
    )
    await node.groups.change(GROUP, {"email.server": "localhost", "email.credential": "post"})
    ((verdict, text, _),) = await of_node(node, "mail")
    assert (verdict, "'post'" in text) == ("problem", True)
    await node.groups.change(GROUP, {"email.when": "never"})
    now = node.core.now()
    letter = Message(sender="a@b", recipients=("c@d",), subject="s", content=b"x", message_id="<1@b>")
    old = Outgoing(
        id="1", route="node", message=letter, created_at=now - 2 * mail.LATE, next_at=now, error="no answer"
    )
    lost = Outgoing(
        id="2",
        route="node",
        message=letter,
        created_at=now,
        next_at=now,
        state="failed",
        error="no",
        ended_at=now,
    )
    await node.core.store.write(lambda db: [outbox.save(db, each) for each in (old, lost)])
    assert [(verdict, text) for verdict, text, _ in await of_node(node, "mail")] == [
        ("warning", "1 mail could not be sent for more than an hour: no answer"),
        ("problem", "1 mail of the last day were given up: no"),
    ]


async def test_peers_of_another_version_and_with_another_clock(node: Node) -> None:
    peer = Peer(id=new_id(), name="web1", public_key=public_key(1))

    def write(db: sqlite3.Connection) -> None:
        peers.add(db, peer)
        peers.set_state(
            db, peer.id, peers.PeerState(version="0.1", clock_skew_us=-90_000_000, state="unreachable")
        )

    await node.core.store.write(write)
    told = [text for _, text, _ in await of_node(node, "peers")]
    assert told[0].startswith("web1 runs version 0.1, and this node ")
    assert told[1] == "the clock of web1 is 90 s apart from this one's"
    assert told[2] == "web1 is offline"


async def test_a_date_in_the_future(node: Node) -> None:
    await node.groups.add(GROUP)
    future = node.core.now() + 3_600_000_000
    await received(node, GROUP, codec.record(new_id(), future, a_task()))
    ((verdict, _, fix),) = await of_node(node, "clock")
    assert verdict == "warning"
    assert fix.endswith("timedatectl")


async def test_a_service_that_takes_no_requests(node: Node) -> None:
    asked = Request(id=new_id(), kind="run", who="ada", source="cli", at=node.core.now() - 2 * service.SLOW)
    await node.core.store.write(lambda db: requests.add(db, asked))
    ((verdict, text, _),) = await of_node(node, "service")
    assert verdict == "problem"
    assert text.startswith("1 request of more than a minute ago wait")


@asynccontextmanager
async def listener(greeting: bytes) -> AsyncIterator[int]:
    """A program that listens on loopback, and says that."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    ("greeting", "running", "told"),
    [
        (b"SSH-2.0-AsyncSSH", True, None),
        (b"HTTP/1.1 400", True, "what listens on 127.0.0.1:{port} is no node"),
        (b"", True, "127.0.0.1:{port} takes connections and says nothing"),
        (b"SSH-2.0-OpenSSH", False, "another program listens on 127.0.0.1:{port}, so the service could not"),
    ],
)
async def test_the_port_is_tried(
    hq: Machine, monkeypatch: pytest.MonkeyPatch, greeting: bytes, running: bool, told: str | None
) -> None:
    monkeypatch.setattr(service, "PATIENCE", 0.3)
    async with listener(greeting) as port:
        change(hq.home / "config.toml", {"listen": f"127.0.0.1:{port}"})
        async with hq.open() as node:
            found = await (of_node(node, "port") if running else findings(hq.home, "port"))
    assert [text for _, text, _ in found] == ([told.format(port=port)] if told else [])


async def test_a_port_on_which_nobody_answers(hq: Machine) -> None:
    async with listener(b"") as port:
        pass
    change(hq.home / "config.toml", {"listen": f"127.0.0.1:{port}"})
    async with hq.open() as node:
        ((verdict, text, _),) = await of_node(node, "port")
    assert verdict == "problem"
    assert text.startswith(f"nothing answers on 127.0.0.1:{port}")


async def test_a_unit_that_is_missing_disabled_or_without_lingering(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    answers = {"is-enabled": "disabled"}
    monkeypatch.setattr(service, "_asked", lambda question, unit, user: answers[question])
    system, own = tmp_path / "system", tmp_path / "config" / "systemd" / "user"
    for folder in (system, own):
        folder.mkdir(parents=True)
    look = Systemd((system,), tmp_path / "linger", tmp_path)
    (missing,) = await look.look(node.core)
    assert (missing.verdict, missing.fix) == ("warning", "atsn service install")
    (own / "atsn.service").write_text(f"ExecStart=/usr/bin/atsn --home {node.home.path} serve\n")
    disabled, lingering = await look.look(node.core)
    assert disabled.fix == "systemctl --user enable --now atsn.service"
    assert lingering.fix.startswith("loginctl enable-linger ")
    answers["is-enabled"] = "enabled"
    (own / "atsn.service").rename(system / "atsn.service")
    assert list(await look.look(node.core)) == []
    (note,) = await Systemd((system,), tmp_path, tmp_path / "missing").look(node.core)
    assert note.verdict == "note"


class Hangs:
    topic = "hangs"
    fine = ""

    async def look(self, core: Core) -> Sequence[Finding]:
        import threading

        await aside(lambda: threading.Event().wait(60))
        return []


class Breaks:
    topic = "breaks"
    fine = ""

    async def look(self, core: Core) -> Sequence[Finding]:
        raise ZeroDivisionError("oh")


async def test_a_check_that_hangs_or_breaks_does_not_silence_the_others(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "PATIENCE", 0.2)
    monkeypatch.setattr(examine, "CHECKS", (Hangs(), Breaks(), *examine.CHECKS[-1:]))
    found = {each.topic: each for each in (await node.examine()).findings}
    assert "took longer" in found["hangs"].text
    assert found["breaks"].text == "it could not be looked at: ZeroDivisionError: oh"
    assert found["database"].verdict == "ok"


def test_a_running_service_is_found_well(make_node: Machines) -> None:
    hq = make_node("hq")
    hq.serve()
    told = hq.atsn("doctor", "--json").json
    verdicts = {each["topic"]: each["verdict"] for each in told["findings"]}
    assert (verdicts["service"], verdicts["port"], verdicts["database"]) == ("ok", "ok", "ok")
    text = hq.atsn("doctor").out
    assert "✓ service: a service runs" in text


def test_the_exit_code_says_whether_somebody_has_to_do_something(hq: Machine) -> None:
    outcome = hq.atsn("doctor")
    assert outcome.code == 1
    assert "✗ service: no service runs for this node" in outcome.out
    assert "    → atsn service install, or atsn serve" in outcome.out
    assert hq.atsn("doctor", "--json").json["verdict"] == "problem"


def test_without_a_node_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    outcome = Machine("none", tmp_path / "none").atsn("doctor", "--json")
    assert (outcome.code, outcome.error["code"]) == (2, "not_found")


async def test_an_encrypted_database_needs_a_password_file_that_is_closed_and_no_plain_copies(
    hq: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cipher, "ROUNDS", 1000)
    home, password = Home(hq.home), tmp_path / "password"
    assert await findings(hq.home, "encryption") == []
    plain = home.database.with_name("atsn.db.before-colours")
    shutil.copy(home.database, plain)
    kept = plain.read_bytes()
    sealing.seal(home, None, "open, sesame")
    ((verdict, text, _),) = await findings(hq.home, "encryption")
    assert (verdict, "no file is known" in text) == ("note", True)
    password.write_text("open, sesame")
    password.chmod(0o644)
    change(home.config_file, {"password_file": str(password)})
    ((verdict, text, _),) = await findings(hq.home, "encryption")
    assert (verdict, text.endswith(f"chmod 600 {password}")) == ("problem", True)
    password.chmod(0o600)
    assert await findings(hq.home, "encryption") == []
    plain.write_bytes(kept)
    ((verdict, text, fix),) = await findings(hq.home, "encryption")
    assert (verdict, str(plain) in text, "atsn password change" in fix) == ("problem", True, True)


async def test_this_nodes_own_mail_that_cannot_be_sent(hq: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "find_sendmail", lambda: None)
    hq.configure("reports.to", ["ops@example.org"])
    async with hq.open() as node:
        assert await of_node(node, "mail") == [], "nothing is reported so far"
    hq.configure("reports.when", "on_failure")
    async with hq.open() as node:
        ((verdict, text, fix),) = await of_node(node, "mail")
    assert (verdict, "sendmail" in text, "mail.server" in fix) == ("warning", True, True)
    config = hq.home / "config.toml"
    config.write_text(f'{config.read_text()}\nmail = {{server = "m", user = "me", password_file = "gone"}}\n')
    async with hq.open() as node:
        ((verdict, text, _),) = await of_node(node, "mail")
    assert (verdict, "cannot read the mail password" in text) == ("problem", True)
