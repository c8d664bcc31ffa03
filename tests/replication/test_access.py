"""What each peer may ask: every request against every set of grants, addresses and identities."""

import shlex
from typing import Any

import pytest
from msgspec.structs import replace

from atsn_tui.errors import AtsnError, Refused
from atsn_tui.model.brake import Allowance
from atsn_tui.model.peer import Access, Grant
from atsn_tui.replication import messages
from atsn_tui.replication.conversation import Conversation
from atsn_tui.replication.replica import HeadInfo
from atsn_tui.store import groups, peers
from atsn_tui.transport.dial import Endpoint
from tests.replication.plans import proposal
from tests.replication.world import GROUP, NAMES, OTHER, Host, World, task_id

NAME = NAMES[GROUP]


@pytest.fixture
async def hq(world: World) -> Host:
    host = await world.host("hq")
    await host.write_all({"backup": "df", "more": "ls"})
    return host


@pytest.fixture
async def web1(world: World, hq: Host) -> Host:
    """A node with two groups, which knows hq and grants it nothing."""
    host = await world.host("web1")
    await world.acquaint(hq, host)
    await host.write("backup", "from web1", modified=5)
    await host.write("other", group_id=OTHER)
    return host


async def talk(world: World, hq: Host, web1: Host) -> Conversation:
    """A conversation of hq with web1."""
    channel = await world.pool(hq).channel(Endpoint("web1", web1.address, web1.host_key))
    return await Conversation.begin(hq.context, await hq.peer(web1), channel)


async def requests(hq: Host, web1: Host) -> dict[str, messages.Request]:
    """One request of every kind about GROUP, each of which web1 could answer."""
    digest = await web1.digest()
    assert digest is not None
    plan = await proposal(hq, web1)
    return {
        "head to pull": messages.AskHead(GROUP, NAME, "pull", None),
        "head to push": messages.AskHead(GROUP, NAME, "push", None),
        "outline to pull": messages.AskOutline(GROUP, digest, "pull"),
        "outline to push": messages.AskOutline(GROUP, digest, "push"),
        "rows": messages.AskRows(GROUP, digest, (0, 1), b""),
        "bodies": messages.AskBodies(GROUP, (GROUP, task_id("backup"))),
        "propose": messages.Propose(plan),
    }


GRANTED: dict[Access | None, set[str]] = {
    None: set(),
    "status": {"head to pull", "head to push"},
    "pull": {"head to pull", "outline to pull", "rows", "bodies"},
    "push": {"head to push", "outline to push", "rows", "bodies", "propose"},
}


@pytest.mark.parametrize("group_id", [None, GROUP, OTHER], ids=["all", "this group", "another group"])
@pytest.mark.parametrize("access", GRANTED)
async def test_only_what_is_granted_is_answered(
    world: World, access: Access | None, group_id: str | None, hq: Host, web1: Host
) -> None:
    asked = await requests(hq, web1)
    if access is not None:
        await web1.grant(hq, Grant(access, group_id))
    conversation = await talk(world, hq, web1)
    before = await web1.groups_dump()
    answered = set()
    kept = [] if access is None else [access if group_id is None else f"{access}:{NAMES[group_id]}"]
    for name, request in asked.items():
        try:
            await conversation.ask(request)
        except Refused as error:
            assert "web1 does not grant hq" in error.message  # noqa: PT017
            *said, grants = shlex.split(error.message.partition("run on web1: ")[2])
            assert said == ["atsn", "peer", "set", "hq", "--grant"]
            may_know = name.startswith("head") or (access is not None and group_id in (None, GROUP))
            assert grants.split(",")[:-1] == kept
            assert grants.endswith(f":{NAME if may_know else GROUP}")
        else:
            answered.add(name)
    assert answered == (GRANTED[access] if group_id in (None, GROUP) else set())
    assert await web1.groups_dump() == before


@pytest.mark.parametrize("group_id", [None, GROUP, OTHER], ids=["all", "this group", "another group"])
@pytest.mark.parametrize("access", GRANTED)
async def test_a_grant_that_is_taken_away_counts_at_once(
    world: World, access: Access | None, group_id: str | None, hq: Host, web1: Host
) -> None:
    await web1.grant(hq, Grant("push"))
    plan = await proposal(hq, web1)
    conversation = await talk(world, hq, web1)
    await conversation.ask(messages.Propose(plan))
    await web1.grant(hq, *([Grant(access, group_id)] if access else []))
    before = await web1.groups_dump()
    commit = messages.Commit(plan.plan.promise, Allowance())
    if access == "push" and group_id in (None, GROUP):
        assert isinstance(await conversation.ask(commit), messages.Committed)
        return
    with pytest.raises(Refused, match="does not grant hq push"):
        await conversation.ask(commit)
    assert await web1.groups_dump() == before


@pytest.mark.parametrize(
    ("grants", "shown"),
    [
        ([], {}),
        ([Grant("status", GROUP)], {GROUP: NAME}),
        ([Grant("pull", OTHER)], {OTHER: NAMES[OTHER]}),
        ([Grant("push")], {GROUP: NAME, OTHER: NAMES[OTHER]}),
    ],
)
async def test_only_granted_groups_are_shown(
    grants: list[Grant], shown: dict[str, str], hq: Host, web1: Host
) -> None:
    await web1.make_group("0c000000-0000-4000-8000-000000000000", replicated=False, name="Local")
    await web1.grant(hq, *grants)
    assert await (await hq.remote(web1)).groups() == shown


async def test_making_a_group_needs_push_for_all_or_for_its_id(hq: Host, web1: Host) -> None:
    new = "0e000000-0000-4000-8000-000000000000"
    await hq.make_group(new)
    await hq.link(web1, "push", "strict", new)
    for grants in ([], [Grant("push", GROUP)], [Grant("pull"), Grant("status")]):
        await web1.grant(hq, *grants)
        assert await hq.states() == ["refused"]
    await web1.grant(hq, Grant("push", new))
    assert await hq.states() == ["applied"]


LOCAL_GROUP = "0f000000-0000-4000-8000-000000000000"


@pytest.fixture
async def secretive(hq: Host, web1: Host) -> Host:
    """web1 with a local group that has a telling name."""
    await web1.make_group(LOCAL_GROUP, replicated=False, name="Layoffs")
    await web1.write("fire everyone", group_id=LOCAL_GROUP)
    return web1


@pytest.mark.parametrize("access", ["status", "pull"])
async def test_a_local_group_is_as_good_as_absent(access: Access, hq: Host, secretive: Host) -> None:
    await secretive.grant(hq, Grant(access))
    far = await hq.remote(secretive)
    assert await far.head(LOCAL_GROUP, "guess", "pull") == HeadInfo(None)
    assert await far.head(OTHER[:-1] + "9", "Layoffs", "pull") == HeadInfo(None)
    assert LOCAL_GROUP not in await far.groups()


async def test_whoever_pushes_learns_no_more_of_a_local_group_than_that_it_is_in_the_way(
    hq: Host, secretive: Host
) -> None:
    await secretive.grant(hq, Grant("push"))
    far = await hq.remote(secretive)
    with pytest.raises(Refused) as by_id:
        await far.head(LOCAL_GROUP, "guess", "push")
    assert "Layoffs" not in by_id.value.message
    with pytest.raises(Refused, match="another group named 'Layoffs', which it does not show") as by_name:
        await far.head(OTHER[:-1] + "9", "Layoffs", "push")
    assert LOCAL_GROUP not in by_name.value.message
    await hq.make_group(LOCAL_GROUP, name="Mine")
    before = await secretive.groups_dump()
    with pytest.raises(Refused):
        await far.propose(await proposal(hq, hq, group_id=LOCAL_GROUP, attended=True))
    assert await secretive.groups_dump() == before


async def test_a_group_that_was_not_granted_is_not_named_to_whoever_takes_its_name(
    hq: Host, web1: Host
) -> None:
    mine = "0e000000-0000-4000-8000-000000000000"
    await web1.grant(hq, Grant("push", mine), Grant("status", mine))
    far = await hq.remote(web1)
    with pytest.raises(Refused) as refused:
        await far.head(mine, NAMES[OTHER], "push")
    assert OTHER not in refused.value.message
    assert await far.head(mine, NAMES[OTHER], "pull") == HeadInfo(None)


async def test_a_plan_is_applied_only_to_a_group_that_is_still_replicated(hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"))
    far = await hq.remote(web1)
    plan = await proposal(hq, web1)
    verdict = await far.propose(plan)
    await web1.store.write(lambda db: groups.set_replicated(db, GROUP, False))
    with pytest.raises(Refused, match="is local on web1"):
        await far.commit(plan, verdict, Allowance())
    assert await web1.tasks() == {"backup": "from web1"}


async def test_a_wrong_address_is_told_so_and_gets_no_further(hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"), Grant("pull"), allow_from=("198.51.100.0/24",))
    with pytest.raises(
        Refused, match=r"web1 does not let hq connect from 192\.0\.2\.1; .* atsn peer set hq --from"
    ):
        await hq.remote(web1)
    await web1.grant(hq, Grant("push"), Grant("pull"), allow_from=("198.51.100.0/24", "192.0.2.1"))
    far = await hq.remote(web1)
    assert set(await far.groups()) == {GROUP, OTHER}
    await web1.grant(hq, Grant("push"), Grant("pull"), allow_from=("198.51.100.0/24",))
    with pytest.raises(Refused, match="does not let hq connect"):
        await far.groups()


async def test_a_removed_peer_gets_no_further_answer(world: World, hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"), Grant("pull"))
    asked = await requests(hq, web1)
    conversation = await talk(world, hq, web1)
    plan = await proposal(hq, web1)
    await conversation.ask(messages.Propose(plan))
    known = await web1.peer(hq)
    await web1.store.write(lambda db: peers.remove(db, known.id))
    before = await web1.dump()
    for request in (*asked.values(), messages.AskGroups(), messages.Commit(plan.plan.promise, Allowance())):
        with pytest.raises(Refused, match="web1 no longer knows this key"):
            await conversation.ask(request)
    with pytest.raises(Refused, match="web1 no longer knows this key"):
        await talk(world, hq, web1)
    assert await web1.dump() == before


async def test_a_peer_removed_while_its_plan_is_applied_changes_nothing(hq: Host, web1: Host) -> None:
    near = await web1.local(hq, "push")
    plan = await proposal(hq, web1)
    verdict = await near.propose(plan)
    known = await web1.peer(hq)
    await web1.store.write(lambda db: peers.remove(db, known.id))
    with pytest.raises(Refused, match="hq was removed from web1: nothing was applied"):
        await near.commit(plan, verdict, Allowance())
    assert await web1.tasks() == {"backup": "from web1"}


async def test_a_node_with_our_own_id_is_refused_on_both_ends(world: World, hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"))
    web1.store.node_id = hq.store.node_id
    with pytest.raises(Refused, match="has the same node id as"):
        await talk(world, hq, web1)


async def test_a_key_is_bound_to_the_node_that_first_showed_it(world: World, hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"))
    await talk(world, hq, web1)
    assert (await web1.peer(hq)).node_id == hq.store.node_id
    assert (await hq.peer(web1)).node_id == web1.store.node_id
    hq.store.node_id = OTHER
    with pytest.raises(Refused, match="hq is another node than before"):
        await talk(world, hq, web1)
    web1.store.node_id = GROUP
    with pytest.raises(AtsnError, match=r"(hq|web1) is another node than before .* atsn peer rm"):
        await talk(world, hq, web1)


async def test_two_keys_cannot_be_one_node(world: World, hq: Host, web1: Host) -> None:
    web2 = await world.host("web2")
    await world.acquaint(hq, web2)
    await talk(world, hq, web1)
    web2.store.node_id = web1.store.node_id
    with pytest.raises(
        Refused, match=f"says that it is node {web1.store.node_id}, which is peer 'web1' already"
    ):
        await hq.remote(web2)


async def test_a_node_that_only_waits_connects_to_nobody(hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"))
    object.__setattr__(hq.context, "connect", False)
    await hq.link(web1, "push")
    result = (await hq.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert "hq connects to nobody" in result.error.message


async def test_a_peer_without_an_address_is_not_connected_to(hq: Host, web1: Host) -> None:
    await web1.link(hq, "push")
    result = (await web1.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert "hq has no address here, it only connects to us" in result.error.message


async def test_a_new_address_of_a_peer_is_used_at_once(world: World, hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"))
    await hq.link(web1, "push")
    assert await hq.states() == ["applied"]
    moved = await hq.peer(web1)
    await hq.store.write(lambda db: peers.update(db, replace(moved, address="elsewhere:22")))
    assert await hq.states() == ["unreachable"]
    await hq.store.write(lambda db: peers.update(db, moved))
    assert await hq.states() == ["in_sync"]


async def test_ids_that_are_none_are_not_looked_up(world: World, hq: Host, web1: Host) -> None:
    await web1.grant(hq, Grant("push"), Grant("pull"))
    conversation = await talk(world, hq, web1)
    digest = b"x" * 32
    odd: list[Any] = [
        messages.AskHead("x\x1b[31m", NAME, "pull", None),
        messages.AskOutline("", digest, "pull"),
        messages.AskRows("../" + GROUP, digest, (1,), b""),
        messages.AskBodies(GROUP.upper(), ()),
        messages.AskBodies(GROUP, ("x",) * 5001),
    ]
    for request in odd:
        with pytest.raises(AtsnError) as refused:
            await conversation.ask(request)
        assert refused.value.code == "bad_input"
        assert "\x1b" not in refused.value.message
