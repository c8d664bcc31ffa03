"""Reports about replication: two real nodes over SSH, and a real mail server with TLS and login."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from atsn_tui.host import delivery
from atsn_tui.model.brake import Allowance
from atsn_tui.node.tasks.fields import build_task
from atsn_tui.reports.log import writer
from atsn_tui.store import outbox
from tests.mail.certificates import Authority
from tests.mail.letters import body, read
from tests.mail.odd_servers import HANG, Odd
from tests.mail.post_office import PASSWORD, USER, PostOffice, odd_server, post_office
from tests.nodes import Machine, Machines, eventually, introduce
from tests.processes.content import GROUP, NEVER, fill, rewrite
from tests.processes.forks import Forks

EACH_SECOND = "* * * * * *"
SECRET = "s3cret of the group"
DELETED = 10


@dataclass
class Site:
    """hq, which pushes a group to web1 as a full copy and reports by mail."""

    forks: Forks
    hq: Machine
    web1: Machine
    group: str
    office: PostOffice
    log: Path

    def report(self, when: str, *to: str) -> None:
        """Have hq report."""
        self.hq.configure("reports.when", when)
        self.hq.configure("reports.to", list(to or ("ops@example.org",)))

    def subjects(self) -> list[str]:
        """Of the mails that arrived, without the node's name."""
        mails = [read(bytes(each.original_content or b"")) for each in self.office.envelopes]
        return [str(mail["Subject"]).removeprefix("hq: replication: ") for mail in mails]

    @property
    def texts(self) -> str:
        """All that arrived, decoded."""
        found = [bytes(each.original_content or b"") for each in self.office.envelopes]
        return "".join(body(each) + body(each, "html") for each in found)

    async def cycle(self, **allowed: int) -> str:
        """A cycle as a process of its own would do it; how its link ended. Its mail is sent when it ends."""
        async with self.hq.open() as node:
            report = await node.replication.cycle(allow=Allowance(**allowed))
        return report.links[0].state

    async def schedule(self, text: str = EACH_SECOND, **options: Any) -> None:
        """Let the link run by itself."""
        async with self.hq.open() as node:
            [link] = await node.links.list()
            await node.links.change(link.id, schedule=text, **options)


@pytest.fixture
async def site(zygote: Forks, make_node: Machines, tmp_path: Path) -> AsyncIterator[Site]:
    hq, web1 = await make_node.make("hq"), await make_node.make("web1")
    await introduce(hq, web1, "push")
    authority = Authority(tmp_path / "authority")
    password = hq.home / "mail-password"
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    async with hq.open() as node:
        group = await fill(node, 2 * DELETED)
        await node.groups.change(GROUP, {"credentials.db.user": "db", "credentials.db.secret": SECRET})
        await node.links.add(GROUP, "web1", "push", mode="strict")
    async with post_office(starttls=authority.server_context(), login=True) as office:
        for key, value in {
            "server": "127.0.0.1", "port": office.port, "user": USER, "password_file": password.name,
            "ca_file": str(authority.ca_file), "sender": "ATSN <atsn@hq.example.org>",
        }.items():  # fmt: skip
            # The names belong together: a file with only one of them is refused.
            if key not in ("user", "password_file"):
                hq.configure(f"mail.{key}", value)
        config = hq.home / "config.toml"
        config.write_text(
            f'{config.read_text()}\nmail.user = "{USER}"\nmail.password_file = "{password.name}"\n'
        )
        yield Site(zygote, hq, web1, group, office, tmp_path / "log" / "replication.log")


PROMISED = {
    "never": [],
    "on_failure": ["web1 offline", "web1 recovered", "web1 held", "web1 recovered; 10 changes on web1"],
    "on_change": [
        "21 changes on web1",
        "web1 offline",
        "web1 recovered",
        "web1 held",
        "web1 recovered; 10 changes on web1",
    ],
    "always": [
        "21 changes on web1",
        "1 link in sync",
        "web1 offline",
        *["1 link offline"] * 3,
        "web1 recovered",
        "1 link in sync",
        "web1 held",
        "1 link held",
        "web1 recovered; 10 changes on web1",
    ],
}


@pytest.mark.parametrize("when", PROMISED)
async def test_the_mail_server_gets_the_reports_that_the_rule_promises_and_no_others(
    site: Site, when: str
) -> None:
    site.report(when)
    service = await site.forks.serve(site.web1)
    states = [await site.cycle(), await site.cycle()]
    await service.kill()
    states += [await site.cycle() for _ in range(4)]
    service = await site.forks.serve(site.web1)
    states += [await site.cycle(), await site.cycle()]
    async with site.hq.open() as node:
        await node.tasks.remove([view.id for view in (await node.tasks.list(site.group))[:DELETED]])
    states += [await site.cycle(), await site.cycle(), await site.cycle(deletions=DELETED)]
    assert states == [
        "applied", "in_sync", *["unreachable"] * 4, "in_sync", "in_sync", "held", "held", "applied"
    ]  # fmt: skip
    assert site.subjects() == PROMISED[when]
    assert all(site.office.encrypted)
    assert set(site.office.users) <= {USER}
    assert all(each.rcpt_tos == ["ops@example.org"] for each in site.office.envelopes)
    assert PASSWORD not in site.hq.dump()
    assert SECRET not in site.texts
    await service.kill()


async def test_a_service_tells_trouble_and_recovery_once_also_when_it_is_started_anew(site: Site) -> None:
    site.report("on_change")
    site.hq.configure("reports.file", str(site.log))
    await site.schedule()
    service = await site.forks.serve(site.hq)
    await eventually(lambda: site.subjects() == ["web1 offline"])
    await _more_rounds(site)
    await service.kill()
    service = await site.forks.serve(site.hq)
    await _more_rounds(site)
    assert site.subjects() == ["web1 offline"]
    far = await site.forks.serve(site.web1)
    await eventually(lambda: len(site.subjects()) == 2)
    assert site.subjects()[1:] == ["web1 recovered; 21 changes on web1"]
    async with site.hq.open() as node:
        await node.tasks.remove([view.id for view in (await node.tasks.list(site.group))[:DELETED]])
    await eventually(lambda: len(site.subjects()) == 3)
    await _more_rounds(site)
    await service.kill()
    service = await site.forks.serve(site.hq)
    await _more_rounds(site)
    assert site.subjects()[2:] == ["web1 held"]
    assert service.err.read_text().count("held") == 0, "what a service has told the one after it need not"
    # The file got the same, in blocks of its own.
    await eventually(lambda: site.log.read_text().count("Replication on hq") == 3)
    assert [line for line in site.log.read_text().splitlines() if line.startswith(("○", "✓", "‖"))] == [
        f"○ {GROUP} → web1  (push, strict)  offline",
        f"✓ {GROUP} → web1  (push, strict)  applied: 20 added, settings, recovered",
        f"‖ {GROUP} → web1  (push, strict)  held: 10 changes wait",
    ]
    for each in (service, far):
        await each.kill()


async def _more_rounds(site: Site, count: int = 2) -> None:
    """Wait until the link was tried that often again."""
    async with site.hq.open() as node:
        seen: set[str | None] = set()

        async def look() -> bool:
            [link] = await node.links.list()
            seen.add(link.next_at)
            return len(seen) > count

        await eventually(look)


async def test_a_plan_that_waits_is_told_once_and_another_one_again(site: Site) -> None:
    site.report("on_change")
    await site.schedule(apply="ask")
    far, service = await site.forks.serve(site.web1), await site.forks.serve(site.hq)
    await eventually(lambda: site.subjects() == ["changes wait for web1"])
    await _more_rounds(site)
    assert len(site.subjects()) == 1
    async with site.hq.open() as node:
        await node.tasks.remove([view.id for view in (await node.tasks.list(site.group))[:1]])
    await eventually(lambda: len(site.subjects()) == 2)
    await _more_rounds(site)
    assert site.subjects() == ["changes wait for web1"] * 2
    for each in (service, far):
        await each.kill()


# Every road


@asynccontextmanager
async def by_service(site: Site) -> AsyncIterator[None]:
    await site.schedule()
    service = await site.forks.serve(site.hq)
    yield
    await service.kill()


@asynccontextmanager
async def by_console(site: Site) -> AsyncIterator[None]:
    await site.schedule()
    async with site.hq.open() as node:
        timers = asyncio.create_task(node.replication.run_timers())
        yield
        # The server has the mail before we hear that it has; who leaves in between sends it again.
        await eventually(lambda: _all_sent(node))
        timers.cancel()
        await asyncio.gather(timers, return_exceptions=True)


async def _all_sent(node: Any) -> bool:
    """Whether no mail waits or is under way."""
    items = await node.core.store.read(outbox.list_outgoing)
    return all(item.state == "sent" for item in items)


@asynccontextmanager
async def by_command(site: Site) -> AsyncIterator[None]:
    assert (await site.forks.run(site.hq, "replicate", "--yes")).code == 0
    yield


@asynccontextmanager
async def by_preview(site: Site) -> AsyncIterator[None]:
    async with site.hq.open() as node, node.replication.open(GROUP) as session:
        shown = {result.link_id or "": result for result in await session.compute()}
        await session.apply(shown=shown)
        assert [report.trigger for report in await node.replication.reports()] == ["hand"]
    yield


@pytest.mark.parametrize("road", [by_service, by_console, by_command, by_preview])
async def test_every_road_reports_by_mail_and_into_the_file(site: Site, road: Callable[[Site], Any]) -> None:
    site.report("on_change")
    site.hq.configure("reports.file", str(site.log))
    far = await site.forks.serve(site.web1)
    async with road(site):
        await eventually(lambda: site.subjects() and site.log.exists())
    assert site.subjects() == ["21 changes on web1"]
    assert site.log.read_text().count("✓") == 1
    assert site.log.stat().st_mode & 0o777 == 0o640
    await far.kill()


async def test_what_a_preview_leaves_out_is_not_reported(site: Site) -> None:
    site.report("always")
    async with site.hq.open() as node, node.replication.open(GROUP) as session:
        [result] = await session.compute()
        assert result.state == "unreachable"
        await session.apply(skip=[result.link_id or ""])
    assert site.subjects() == []


async def test_applying_twice_from_one_preview_reports_each_link_once(
    site: Site, make_node: Machines
) -> None:
    """The second time the first link is done already, and is no news."""
    site.report("on_change")
    web2 = await make_node.make("web2")
    await introduce(site.hq, web2, "push")
    far = [await site.forks.serve(machine) for machine in (site.web1, web2)]
    async with site.hq.open() as node:
        await node.links.add(GROUP, "web2", "push")
        async with node.replication.open(GROUP) as session:
            _, two = [result.link_id or "" for result in await session.compute()]
            await session.apply(skip=[two])
            await session.apply()
        assert len({report.id for report in await node.replication.reports()}) == 2
    assert sorted(site.subjects()) == ["21 changes on web1", "21 changes on web2"]
    for each in far:
        await each.kill()


async def test_a_service_sends_at_once_what_a_command_queued(site: Site) -> None:
    site.report("on_failure")
    service = await site.forks.serve(site.hq)
    await site.forks.run(site.hq, "replicate", "--yes")
    await eventually(lambda: site.subjects() == ["web1 offline"], patience=10)
    await service.kill()


async def test_two_processes_that_see_the_same_trouble_tell_it_once(site: Site) -> None:
    site.report("on_failure")
    await asyncio.gather(*(site.forks.run(site.hq, "replicate", "--yes") for _ in range(4)))
    assert site.subjects() == ["web1 offline"]


async def test_whoever_asks_for_reports_later_hears_of_what_is_wrong_then(site: Site) -> None:
    for when in ("on_failure", "never"):
        site.report(when)
        await site.cycle()
    assert len(site.subjects()) == 1
    site.report("on_failure")
    await site.cycle()
    assert site.subjects() == ["web1 offline"] * 2


# What goes wrong with reports


async def test_a_mail_server_that_hangs_delays_nobody_for_long_and_gets_the_mail_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FAREWELL", 0.3)
    site.report("on_failure")
    port = site.office.port
    async with odd_server(Odd({"connect": HANG})) as hanging:
        site.hq.configure("mail.port", hanging)
        async with site.hq.open() as node:
            async with asyncio.timeout(10):
                assert (await node.replication.cycle()).links[0].state == "unreachable"
    site.hq.configure("mail.port", port)
    assert site.subjects() == []
    service = await site.forks.serve(site.hq)
    await eventually(lambda: site.subjects() == ["web1 offline"])
    await service.kill()


async def trouble(site: Site, place: str) -> str:
    """What the status says there."""
    async with site.hq.open() as node:
        status = await node.status()
    found = [each.text for each in status.troubles if each.place == place]
    assert not (found and status.healthy)
    return "".join(found)


async def _over(site: Site, place: str) -> bool:
    return await trouble(site, place) == ""


@pytest.mark.parametrize("how", ["no directory", "disk full"])
async def test_a_file_that_cannot_be_written_is_told_and_over_when_it_can(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    site.report("always", "")
    site.hq.configure("reports.to", [])
    site.hq.configure("reports.file", str(site.log))
    with monkeypatch.context() as patch:
        if how == "disk full":
            patch.setattr(writer.os, "write", _no_room)
        else:
            site.log.parent.write_text("in the way")
        assert await site.cycle() == "unreachable"
    told = await trouble(site, "reports.file")
    assert str(site.log.parent) in told
    assert ("make room" if how == "disk full" else "there is a file of that name") in told
    if how == "no directory":
        site.log.parent.unlink()
    assert await site.cycle() == "unreachable"
    assert "offline" in site.log.read_text()
    assert await trouble(site, "reports.file") == ""


def _no_room(file: int, data: bytes) -> int:
    raise OSError(28, "No space left on device")


async def test_a_bad_address_is_told_and_the_others_get_the_mail(site: Site) -> None:
    site.report("always", "ops@example.org", "not an address", "|/bin/sh")
    await site.cycle()
    assert [each.rcpt_tos for each in site.office.envelopes] == [["ops@example.org"]]
    assert "config.toml" in site.texts
    assert "not an address" in site.texts
    assert "not an address" in await trouble(site, "reports.to")
    site.report("always", "nobody at all")
    await site.cycle()
    assert len(site.office.envelopes) == 1
    assert "nobody at all" in await trouble(site, "reports.to")
    site.report("always", "root")
    await site.cycle()
    assert len(site.office.envelopes) == 2
    assert await trouble(site, "reports.to") == ""


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("port", 9, "cannot be reached"),
        ("ca_file", "/no/such/file.pem", "cannot read its authorities"),
        ("password_file", "gone", "cannot read the mail password"),
        ("server", "127.0.0.1:25", "as in mail.port=587"),
    ],
)
async def test_mail_that_cannot_be_sent_waits_and_shows_until_it_is_mended(
    site: Site, name: str, value: Any, says: str
) -> None:
    site.report("on_failure")
    before = getattr((await _config(site)).mail, name)
    site.hq.configure(f"mail.{name}", value)
    assert await site.cycle() == "unreachable"
    assert says in await trouble(site, "mail of this node")
    site.hq.configure(f"mail.{name}", before)
    await _make_due(site)
    service = await site.forks.serve(site.hq)
    await eventually(lambda: site.subjects() == ["web1 offline"])
    await eventually(lambda: _over(site, "mail of this node"))
    await service.kill()


async def test_a_password_that_everybody_may_read_is_not_used(site: Site) -> None:
    site.report("on_failure")
    (site.hq.home / "mail-password").chmod(0o644)
    await site.cycle()
    assert "everybody may read the mail password: chmod 600" in await trouble(site, "mail of this node")


async def test_a_password_file_that_is_none_holds_up_nobody(site: Site) -> None:
    site.report("on_failure")
    (site.hq.home / "mail-password").unlink()
    os.mkfifo(site.hq.home / "mail-password", 0o600)
    async with asyncio.timeout(10):
        await site.cycle()
    assert "is to stand in a file" in await trouble(site, "mail of this node")


async def _config(site: Site) -> Any:
    async with site.hq.open() as node:
        return node.config


async def _make_due(site: Site) -> None:
    """Let the time until the next try be over."""
    async with site.hq.open() as node:

        def now(db: Any) -> None:
            for item in outbox.list_outgoing(db):
                outbox.save(db, replace(item, next_at=0))

        await node.core.store.write(now)


async def test_a_node_that_is_renamed_reports_under_its_new_name(site: Site) -> None:
    site.report("on_failure")
    site.hq.configure("reports.file", str(site.log.parent / "${ATSN_NODE}.log"))
    await site.cycle()
    site.hq.configure("name", "main/hq")
    far = await site.forks.serve(site.web1)
    await site.cycle()
    assert site.subjects() == ["web1 offline", "main/hq: replication: web1 recovered; 21 changes on web1"]
    assert (site.log.parent / "main-hq.log").exists()
    await far.kill()


async def test_secrets_of_the_group_show_nowhere(site: Site) -> None:
    site.report("on_change")
    site.hq.configure("reports.file", str(site.log))
    far = await site.forks.serve(site.web1)
    async with site.hq.open() as node:
        await node.tasks.add(GROUP, _task(f"mysql --password='{SECRET}'"))
        await rewrite(node, "1")
        await node.tasks.add(GROUP, _task(f"echo {SECRET}", "other"))
    await site.cycle()
    assert "mysql" in site.texts or "other" in site.texts
    assert SECRET not in site.texts + site.log.read_text()
    assert "*****" in site.texts
    await far.kill()


def _task(command: str, name: str = "dump") -> Any:
    return build_task({"name": name, "command": command, "schedules": NEVER})
