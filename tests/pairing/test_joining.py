"""With one line two nodes know each other, as each of them wants it."""

import asyncio

import pytest

from atsn_tui.errors import BadInput, NotFound, Refused, Unreachable
from atsn_tui.home import keys
from atsn_tui.node.node import Node
from atsn_tui.node.peers.views import PeerView
from tests.nodes import Machines
from tests.pairing.conftest import serving


async def only_peer(node: Node) -> PeerView:
    [peer] = await node.peers.list()
    return peer


async def test_both_learn_names_keys_and_addresses(hq: Node, web1: Node) -> None:
    made = await hq.pairing.invite(grants=["pull"])
    done = await web1.pairing.join(made.line, grants=["push", "status"], allow_from=["127.0.0.0/8"])
    there, here = await only_peer(hq), await only_peer(web1)
    web1_is, hq_is = web1.identity(), hq.identity()
    assert (there.name, there.public_key, there.host_key) == ("web1", web1_is.public_key, web1_is.host_key)
    assert (there.address, there.node_id, there.grants) == (web1_is.listen, web1_is.node_id, ("pull",))
    assert (here.name, here.public_key, here.host_key) == ("hq", hq_is.public_key, hq_is.host_key)
    assert (here.address, here.node_id, here.grants) == (hq_is.listen, hq_is.node_id, ("push", "status"))
    assert here.allow_from == ("127.0.0.0/8",)
    assert (done.called, done.address, done.allows_us) == ("web1", web1_is.listen, ("pull",))
    [invite] = await hq.pairing.list()
    assert (invite.state, invite.used_by, invite.allows_us) == ("used", "web1", ("push", "status"))


async def test_they_can_connect_in_both_directions_then(hq: Node, make_node: Machines) -> None:
    async with serving(await make_node.make("web1")) as web1:
        await web1.pairing.join((await hq.pairing.invite()).line)
        assert (await web1.peers.test("hq")).ok
        assert (await hq.peers.test("web1")).ok


async def test_to_have_joined_is_a_contact_and_ends_what_went_wrong_before(hq: Node, web1: Node) -> None:
    await web1.pairing.join((await hq.pairing.invite()).line)
    assert (await only_peer(hq)).last_contact is not None
    await hq.peers.remove("web1")
    assert not (await web1.peers.test("hq")).ok
    assert (await only_peer(web1)).error is not None
    await web1.pairing.join((await hq.pairing.invite()).line)
    assert (await only_peer(web1)).error is None


async def test_a_node_that_does_not_listen_only_connects(hq: Node, web2: Node) -> None:
    done = await web2.pairing.join((await hq.pairing.invite()).line)
    assert done.address is None
    assert (await only_peer(hq)).address is None
    assert (await web2.peers.test("hq")).ok


async def test_the_key_comes_from_the_login_and_from_no_message(hq: Node, web1: Node) -> None:
    await web1.pairing.join((await hq.pairing.invite()).line)
    assert (await only_peer(hq)).public_key == keys.public_line(web1.home.client_key)


async def test_each_side_chooses_the_name(hq: Node, web1: Node) -> None:
    await web1.pairing.join((await hq.pairing.invite("www")).line, "headquarters")
    assert (await only_peer(hq)).name == "www"
    assert (await only_peer(web1)).name == "headquarters"


async def test_looking_changes_nothing(hq: Node, web1: Node) -> None:
    await hq.groups.add("ops")
    made = await hq.pairing.invite("www", groups=["ops"], allow_from=["127.0.0.1"])
    offer = await web1.pairing.look(made.line)
    assert (offer.name, offer.called, offer.fingerprint) == ("hq", "www", made.fingerprint)
    assert (offer.grants, offer.groups, offer.allow_from) == (("pull:ops",), ("ops",), ("127.0.0.1",))
    assert await hq.peers.list() == await web1.peers.list() == []
    assert [invite.state for invite in await hq.pairing.list()] == ["open"]


async def test_who_is_invited_can_pull_at_once(hq: Node, web1: Node) -> None:
    await hq.groups.add("ops")
    line = (await hq.pairing.invite(groups=["ops"])).line
    done = await web1.pairing.join(line, link="pull")
    [link] = done.links
    assert (link.group, link.peer, link.direction) == ("ops", "hq", "pull")
    async with web1.replication.open() as session:
        await session.compute()
        [result] = await session.apply()
    assert result.state == "applied"
    assert [group.name for group in await web1.groups.list()] == ["ops"]


async def test_who_invites_can_push_at_once(hq: Node, make_node: Machines) -> None:
    async with serving(await make_node.make("web1")) as web1:
        await hq.groups.add("ops")
        line = (await hq.pairing.invite(groups=["ops"], link="push")).line
        done = await web1.pairing.join(line, grants=["push"])
        [group] = await hq.groups.list()
        assert done.peer.grants == (f"push:{group.id}",)
        async with hq.replication.open() as session:
            await session.compute()
            [result] = await session.apply()
        assert result.state == "applied"
        assert [group.name for group in await web1.groups.list()] == ["ops"]


async def test_a_link_that_could_not_work_is_told(hq: Node, web1: Node, web2: Node) -> None:
    await hq.groups.add("ops")
    made = await hq.pairing.invite(groups=["ops"], link="push")
    assert "does not allow yet" in " ".join((await web1.pairing.join(made.line)).notes)
    made = await hq.pairing.invite(groups=["ops"], link="push")
    with pytest.raises(
        BadInput, match=r"hq is to push to or from here .* listens on no address.*node set listen="
    ):
        await web2.pairing.join(made.line, grants=["push"])
    assert (await hq.pairing.get(made.invite.id)).state == "open", "the line can be used once that is mended"
    made = await hq.pairing.invite(grants=["status"], groups=["ops"])
    with pytest.raises(Refused, match="does not let you pull 'ops'"):
        await web1.pairing.join(made.line, link="pull")
    with pytest.raises(BadInput, match="add --group GROUP"):
        await web1.pairing.join((await hq.pairing.invite()).line, link="pull")


async def test_a_known_node_is_updated_and_not_doubled(hq: Node, web1: Node) -> None:
    await web1.pairing.join(
        (await hq.pairing.invite("www", grants=["pull"])).line, "headquarters", grants=["push"]
    )
    again = await web1.pairing.join((await hq.pairing.invite(grants=["status"])).line)
    assert (again.called, again.peer.name, again.peer.grants) == ("www", "headquarters", ("push",))
    assert ((await only_peer(hq)).name, (await only_peer(hq)).grants) == ("www", ("status",))


async def test_the_same_node_may_repeat_a_line_whose_answer_was_lost(hq: Node, web1: Node) -> None:
    line = (await hq.pairing.invite(grants=["pull"])).line
    first = await web1.pairing.join(line)
    await web1.peers.remove("hq")  # as if the answer had never come
    second = await web1.pairing.join(line)
    assert (first.called, first.allows_us) == (second.called, second.allows_us)
    assert len(await hq.peers.list()) == len(await web1.peers.list()) == 1


async def test_who_was_removed_cannot_come_back_with_the_line(hq: Node, web1: Node) -> None:
    line = (await hq.pairing.invite()).line
    await web1.pairing.join(line)
    await hq.peers.remove("web1")
    with pytest.raises(Refused, match="removed there since"):
        await web1.pairing.join(line)
    assert await hq.peers.list() == []


async def test_a_name_that_is_taken_is_refused_and_the_invite_stays(hq: Node, web1: Node, web2: Node) -> None:
    await web1.pairing.join((await hq.pairing.invite("www")).line)
    line = (await hq.pairing.invite("www")).line
    with pytest.raises(Refused, match=r"another node is known as 'www' .*atsn peer invite NAME$"):
        await web2.pairing.join(line)
    assert await web2.peers.list() == []
    assert {invite.state for invite in await hq.pairing.list()} == {"used", "open"}


async def test_a_name_that_is_taken_here_is_refused_before_anything_happens(
    hq: Node, web1: Node, web2: Node
) -> None:
    await web2.peers.add("hq", web1.identity().public_key)
    with pytest.raises(BadInput, match=r"another peer named 'hq' here already.*--name"):
        await web2.pairing.join((await hq.pairing.invite()).line)
    assert await hq.peers.list() == []


async def test_a_node_cannot_join_itself(hq: Node) -> None:
    with pytest.raises(BadInput, match="use the line on the other machine"):
        await hq.pairing.join((await hq.pairing.invite()).line)


async def test_nobody_can_be_invited_to_a_node_that_does_not_listen(web2: Node) -> None:
    with pytest.raises(BadInput, match=r"listens on no address.*atsn node set listen=0\.0\.0\.0:8022$"):
        await web2.pairing.invite()


async def test_the_inviter_is_warned_where_no_service_runs(web1: Node, web2: Node) -> None:
    made = await web1.pairing.invite()
    assert "no service runs for this node" in made.warnings[0]
    with pytest.raises(Unreachable, match="nothing listens on that port: is the service running there"):
        await web2.pairing.join(made.line)
    assert await web2.peers.list() == []


async def test_every_address_of_the_line_is_tried(hq: Node, web1: Node) -> None:
    listen = hq.config.listen
    assert listen
    made = await hq.pairing.invite(addresses=["127.0.0.1:1", listen])
    assert (await web1.pairing.join(made.line)).peer.address == listen


@pytest.mark.parametrize(
    ("listen", "seen", "address"),
    [
        (None, "192.0.2.7", None),
        ("0.0.0.0:8022", "192.0.2.7", "192.0.2.7:8022"),
        ("*:8022", "::ffff:192.0.2.7", "192.0.2.7:8022"),
        ("[::]:8022", "2001:db8::7", "[2001:db8::7]:8022"),
        ("127.0.0.1:8022", "192.0.2.7", None),
        ("127.0.0.1:8022", "127.0.0.1", "127.0.0.1:8022"),
        ("10.0.0.1:8022", "192.0.2.7", "10.0.0.1:8022"),
        ("web1.example:8022", "192.0.2.7", "web1.example:8022"),
        ("0.0.0.0:0", "192.0.2.7", None),
    ],
)
def test_where_a_node_is_reached(listen: str | None, seen: str, address: str | None) -> None:
    from atsn_tui.replication.pairing.accept import reachable

    assert reachable(listen, seen) == address


async def test_waiting_for_the_other_node(hq: Node, web1: Node) -> None:
    made = await hq.pairing.invite()
    waiting = asyncio.create_task(hq.pairing.wait(made.invite.id))
    await web1.pairing.join(made.line)
    assert (await waiting).used_by == "web1"
    await hq.pairing.revoke(made.invite.id)
    with pytest.raises(NotFound):
        await hq.pairing.wait(made.invite.id)


async def test_both_audit_logs_tell_who_joined_and_hold_no_secret(hq: Node, web1: Node) -> None:
    made = await hq.pairing.invite(grants=["pull"])
    other = await hq.pairing.invite("later")
    await hq.pairing.revoke(other.invite.id)
    await web1.pairing.join(made.line)
    there, here = await hq.audit.list(), await web1.audit.list()
    assert [(each.action, each.who, each.source) for each in there[:5]] == [
        ("invite.use", "web1", "127.0.0.1"),
        ("peer.add", "web1", "127.0.0.1"),
        ("invite.remove", "ada", "test"),
        ("invite.add", "ada", "test"),
        ("invite.add", "ada", "test"),
    ]
    assert "peer.add" in {each.action for each in here}
    secret = made.line.split()[-1].rpartition(":")[2]
    assert secret not in repr((there, here))
    assert all(not (each.after or {}).get("secret") for each in there)
