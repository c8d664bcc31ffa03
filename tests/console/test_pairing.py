"""Inviting and joining in the console, over real nodes and a real server."""

import pytest

from atsn_tui.console.dialogs import waiting
from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.dialogs.waiting import WaitingPage
from atsn_tui.console.forms.fields import FieldRow
from atsn_tui.console.forms.form import Form
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.home.keys import fingerprint
from atsn_tui.host.server import start_server
from atsn_tui.node.peers.contact import context_of
from tests.console.test_real_node import console_on
from tests.nodes import Machine, Machines
from tests.pairing.conftest import serving


@pytest.fixture
async def hq(make_node: Machines) -> Machine:
    machine = await make_node.make("hq")
    async with machine.open() as node:
        await node.groups.add("ops")
    return machine


@pytest.fixture
async def web1(make_node: Machines) -> Machine:
    machine = await make_node.make("web1", listen=False)
    async with machine.open() as node:
        await node.groups.add("mine")
    return machine


async def test_the_line_is_shown_copied_and_says_when_the_other_has_joined(
    hq: Machine, web1: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK", 0.02)
    async with console_on(hq) as (driver, node), web1.open() as other:
        server = await start_server(context_of(node.core), node.home, str(node.config.listen))
        await driver.until(lambda: driver.shows("ops"))
        await driver.press("P")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, WaitingPage))
        assert driver.shows("atsn peer join ATSN1-", "pull:ops", "waiting for the other node")
        await driver.press("y")
        command = driver.app.clipboard
        await driver.press("q", "enter")
        assert isinstance(driver.app.screen, WaitingPage), "a stray key does not take the line away"
        await other.pairing.join(command, grants=["status"])
        await driver.until(lambda: driver.shows("web1 has joined, from 127.0.0.1"))
        assert driver.shows("web1 may do here: pull:ops", "hq may do there: status")
        await driver.press("escape")
        await driver.until(lambda: driver.shows("web1", "1 peer"))
        await server.close()


async def test_a_line_that_is_withdrawn_says_so(hq: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK", 0.02)
    async with console_on(hq) as (driver, node):
        await driver.press("P")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.press("enter")
        await driver.until(lambda: driver.shows("no service runs for this node"))
        [invite] = await node.pairing.list()
        await node.pairing.revoke(invite.id)
        await driver.until(lambda: driver.shows("there is no invite"))


async def test_a_pasted_line_shows_whose_it_is_before_anything_happens(hq: Machine, web1: Machine) -> None:
    async with serving(hq) as there, console_on(web1) as (driver, node):
        line = (await there.pairing.invite(groups=["ops"])).line
        await driver.until(lambda: driver.shows("mine"))
        for answer in ("n", "y"):
            await driver.press("J")
            await driver.until(lambda: driver.shows("Join a node"))
            await driver.type(line)
            await driver.press("enter")
            await driver.until(lambda: isinstance(driver.app.screen, Confirm))
            await driver.until(
                lambda: driver.shows("Join hq?", fingerprint(there.identity().host_key), "pull:ops")
            )
            assert await node.peers.list() == await there.peers.list() == []
            await driver.press(answer)
            await driver.until(lambda: not isinstance(driver.app.screen, Confirm))
        await driver.until(lambda: "hq and this node know each other now. ops is linked." in driver.toasts)
        assert [peer.name for peer in await there.peers.list()] == ["web1"]


async def test_joining_takes_over_what_the_invite_lets_this_node_pull(
    hq: Machine, make_node: Machines
) -> None:
    async with serving(hq) as there, console_on(await make_node.make("new", listen=False)) as (driver, node):
        line = (await there.pairing.invite(groups=["ops"], grants=["pull"])).line
        await driver.until(lambda: driver.shows("Join with a line from another node", "J Join"))
        await driver.press("J")
        await driver.until(lambda: driver.shows("take over what it lets us"))
        await driver.type(line)
        await driver.press("enter")
        await driver.until(lambda: driver.shows("Join hq?", "take over ops"))
        await driver.press("y")
        await driver.until(lambda: "hq and this node know each other now. ops is linked." in driver.toasts)
        [link] = await node.links.list()
        assert (link.group, link.peer, link.direction) == ("ops", "hq", "pull")


async def test_a_first_link_offers_to_take_over_what_the_joined_peer_lets_us(
    hq: Machine, make_node: Machines
) -> None:
    async with serving(hq) as there, console_on(await make_node.make("new", listen=False)) as (driver, node):
        line = (await there.pairing.invite(groups=["ops"], grants=["pull"])).line
        await driver.until(lambda: driver.shows("J Join"))
        await driver.press("J")
        await driver.until(lambda: driver.shows("take over what it lets us"))
        driver.app.screen.query_one("#field-link", FieldRow).value = ""
        await driver.type(line)
        await driver.press("enter")
        await driver.until(lambda: driver.shows("Join hq?"))
        await driver.press("y")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen) and driver.shows("1 peer"))
        await driver.press("l")
        await driver.until(lambda: driver.shows("◉ ← take over from it", "hq lets this node take over: ops"))
        await driver.press("ctrl+s")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        [link] = await node.links.list()
        assert (link.group, link.direction) == ("ops", "pull")


async def test_a_line_that_is_refused_stays_in_the_form(hq: Machine, web1: Machine) -> None:
    async with serving(hq) as there, console_on(web1) as (driver, node):
        made = await there.pairing.invite()
        await there.pairing.revoke(made.invite.id)
        await driver.until(lambda: driver.shows("mine"))
        await driver.press("J")
        await driver.until(lambda: driver.shows("Join a node"))
        await driver.type(made.line)
        await driver.press("enter")
        await driver.until(lambda: driver.shows("lets nobody join just now"))
        assert await node.peers.list() == []


async def test_the_table_of_access(hq: Machine, web1: Machine) -> None:
    async with serving(hq) as node, web1.open() as other:
        await other.pairing.join((await node.pairing.invite(groups=["ops"], allow_from=["127.0.0.0/8"])).line)
    async with console_on(hq) as (driver, _):
        await driver.until(lambda: driver.shows("web1"))
        await driver.press("A")
        await driver.until(lambda: driver.shows("Who may do what here"))
        assert driver.shows("pull ops", "127.0.0.0/8", "to peers", str(hq.identity["listen"]))
