"""Hello: nodes of different versions, and what cannot be a Hello at all."""

import asyncio
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from atsn_tui.errors import AtsnError, BadInput, Refused, Unreachable
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.replication import conversation, messages, server
from atsn_tui.replication.messages import Hello
from atsn_tui.store import peers
from tests.replication.rules import rewrite
from tests.replication.world import Host, World


def says(world: World, who: str, **values: Any) -> None:
    """From now on that node says another Hello."""

    async def rule(wire: Any, sender: str, message: Any) -> Any:
        return replace(message, **values) if isinstance(message, Hello) and sender == who else message

    world.line.rules.append(rule)


VERSIONS = [
    # who runs which version and protocol; what is said
    ("hq", "99.0.0", PROTOCOL, "hq runs ATSN 99.0.0 and web1 runs {0}: upgrade web1"),
    ("hq", "0.0.1", PROTOCOL, "hq runs ATSN 0.0.1 and web1 runs {0}: upgrade hq"),
    ("web1", "99.0.0", PROTOCOL, "web1 runs ATSN 99.0.0 and hq runs {0}: upgrade hq"),
    ("web1", "0.0.1", PROTOCOL, "web1 runs ATSN 0.0.1 and hq runs {0}: upgrade web1"),
    ("web1", VERSION + ".1", PROTOCOL, "web1 runs ATSN {0}.1 and hq runs {0}: upgrade hq"),
    ("web1", VERSION + "-x", PROTOCOL, "web1 runs ATSN {0}-x and hq runs {0}: give both the same version"),
    (
        "web1",
        VERSION,
        PROTOCOL + 1,
        "{0} with protocol {2} and hq runs {0} with protocol {1}: upgrade hq",
    ),
    (
        "web1",
        VERSION,
        0,
        "web1 runs ATSN {0} with protocol 0 and hq runs {0} with protocol {1}: upgrade web1",
    ),
    ("web1", "²", PROTOCOL, "web1 runs ATSN ² and hq runs {0}: upgrade web1"),
    ("web1", "", PROTOCOL, "web1 runs ATSN  and hq runs {0}: upgrade web1"),
    ("web1", "9" * 5000, PROTOCOL, "web1 runs ATSN 9999"),
]


@pytest.mark.parametrize(("who", "version", "protocol", "told"), VERSIONS)
async def test_another_version_ends_it_and_both_are_named(
    world: World, who: str, version: str, protocol: int, told: str, hq: Host, web1: Host
) -> None:
    says(world, who, version=version, atsn=protocol)
    await hq.link(web1, "push")
    before = await web1.groups_dump()
    result = (await hq.cycle()).links[0]
    assert result.state == "version_mismatch"
    assert result.error is not None
    assert told.format(VERSION, PROTOCOL, PROTOCOL + 1) in result.error.message
    assert len(result.error.message) < 300
    assert await web1.groups_dump() == before
    assert world.line.kinds() == ["Hello", "Hello"]
    for one, other in ((hq, web1), (web1, hq)) if who == "hq" else ((hq, web1),):
        peer = await one.peer(other)
        state = await one.store.read(lambda db, peer_id=peer.id: peers.get_state(db, peer_id))  # type: ignore[misc]
        assert state.state == "version_mismatch"
        assert state.last_error
    world.line.rules.clear()
    assert await hq.states() == ["applied"]
    state = await web1.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert (state.state, state.last_error) == ("in_sync", None)


async def test_a_later_hello_may_say_more(world: World, hq: Host, web1: Host) -> None:
    def more(hello: Hello) -> bytes:
        return msgspec.msgpack.encode(msgspec.to_builtins(hello) | {"colour": "blue", "version": "2.0"})

    world.line.rules.append(rewrite("Hello", more))
    await hq.link(web1, "push")
    result = (await hq.cycle()).links[0]
    assert result.error is not None
    assert result.error.code == "version_mismatch"


async def test_who_was_met_is_remembered(hq: Host, web1: Host) -> None:
    hq.now += 5_000_000
    await hq.remote(web1)
    known = await hq.store.read(lambda db: peers.list_peers(db)[0])
    state = await hq.store.read(lambda db: peers.get_state(db, known.id))
    assert (state.state, state.version, state.last_error) == ("reached", VERSION, None)
    assert state.last_contact == hq.now
    assert state.clock_skew_us is not None
    assert -5_000_000 <= state.clock_skew_us < -3_000_000
    theirs = await web1.store.read(lambda db: peers.get_state(db, peers.list_peers(db)[0].id))
    assert (theirs.version, theirs.last_contact) == (VERSION, web1.now)


@pytest.mark.parametrize("who", ["hq", "web1"])
@pytest.mark.parametrize(
    "values",
    [
        {"node_id": "not a uuid"},
        {"node_id": ""},
        {"clock": 2**63},
        {"clock": -(2**63)},
    ],
)
async def test_an_impossible_hello_ends_it(
    world: World, who: str, values: dict[str, Any], hq: Host, web1: Host
) -> None:
    says(world, who, **values)
    with pytest.raises(BadInput):
        await hq.remote(web1)
    assert (await web1.peer(hq)).node_id in (None, hq.store.node_id)


GARBAGE = [b"", b"\x00", b"SSH-2.0-OpenSSH_9.6\r\n", b"\xc1" * 50, b"\x81\xa1\x80", b"\x91" * 20_000, b"\x80"]


@pytest.mark.parametrize("frame", GARBAGE)
async def test_what_is_no_hello_is_answered_by_one_with_the_reason(
    world: World, frame: bytes, hq: Host, web1: Host
) -> None:
    world.line.rules.append(rewrite("Hello", lambda hello: frame if hello.name == "hq" else hello))
    with pytest.raises(BadInput, match="no message of this protocol"):
        await hq.remote(web1)


@pytest.mark.parametrize("frame", GARBAGE)
async def test_an_answer_that_is_no_hello_is_bad_input(
    world: World, frame: bytes, hq: Host, web1: Host
) -> None:
    world.line.rules.append(rewrite("Hello", lambda hello: frame if hello.name == "web1" else hello))
    with pytest.raises(BadInput, match="no message of this protocol"):
        await hq.remote(web1)


async def test_whoever_says_no_hello_is_left(world: World, hq: Host, web1: Host, monkeypatch: Any) -> None:
    monkeypatch.setattr(server, "HELLO_TIMEOUT", 0.05)
    monkeypatch.setattr(conversation, "HELLO_TIMEOUT", 5)
    stuck = asyncio.Event()

    async def never(wire: Any, sender: str, message: Any) -> Any:
        await stuck.wait()

    world.line.rules.append(never)
    begun = asyncio.create_task(hq.remote(web1))
    while not world.answering:  # noqa: ASYNC110
        await asyncio.sleep(0)
    answer = next(iter(world.answering))
    await asyncio.wait_for(answer, 30)
    world.line.rules.clear()
    stuck.set()
    with pytest.raises(AtsnError):
        await begun


async def test_a_node_that_answers_no_hello_is_given_up(
    world: World, hq: Host, web1: Host, monkeypatch: Any
) -> None:
    monkeypatch.setattr(conversation, "HELLO_TIMEOUT", 0.05)

    async def never(wire: Any, sender: str, message: Any) -> Any:
        if sender == "web1":
            await asyncio.Event().wait()
        return message

    world.line.rules.append(never)
    with pytest.raises(Unreachable, match=r"web1 did not say Hello within 0\.05 s"):
        await hq.remote(web1)


async def test_what_a_peer_says_comes_out_short_and_printable(world: World, hq: Host, web1: Host) -> None:
    says(world, "web1", error={"code": "refused", "message": "\x1b[2J\nall is well" + "!" * 10_000})
    with pytest.raises(Refused) as refused:
        await hq.remote(web1)
    assert refused.value.message.startswith("?[2J?all is well!")
    assert len(refused.value.message) == messages.MAX_ERROR


async def test_a_code_that_nobody_knows_is_a_refusal(world: World, hq: Host, web1: Host) -> None:
    says(world, "web1", error={"code": "carrot", "message": "no"})
    with pytest.raises(Refused, match="no"):
        await hq.remote(web1)
