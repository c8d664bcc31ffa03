"""Every pair of the table of invites is tried over real SSH, and nothing but what it says happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncssh
import pytest
from msgspec.structs import replace

from atsn_tui.errors import Unreachable
from atsn_tui.model.brake import Allowance
from atsn_tui.model.peer import Grant, Peer
from atsn_tui.model.text import new_id
from atsn_tui.replication import messages
from atsn_tui.replication.pairing import attempts
from atsn_tui.replication.pairing.line import InviteLine, read
from atsn_tui.replication.pairing.messages import Join, Joined, Look, decode_answer
from atsn_tui.store import invites, peers
from tests.attack.stage import Attacker, Stage, Talk
from tests.attack.table import INVITED, QUESTIONS, drawn
from tests.nodes import Machines
from tests.pairing.conftest import serving

Before = Callable[[Stage, InviteLine, Attacker], Awaitable[object]]


@pytest.fixture
async def stage(make_node: Machines, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    # How often somebody may try is another test.
    monkeypatch.setattr(attempts, "PER_ADDRESS", 1000)
    monkeypatch.setattr(attempts, "IN_ALL", 1000)
    async with serving(await make_node.make("web1")) as node:
        made = Stage(node, {"127.0.0.1": int(str(node.config.listen).rpartition(":")[2])})
        await made.furnish()
        yield made


async def nothing(stage: Stage, line: InviteLine, who: Attacker) -> None:
    """The line is as it was made."""


async def change(stage: Stage, line: InviteLine, **fields: Any) -> None:
    def write(db: Any) -> None:
        invite = invites.get(db, line.invite)
        assert invite is not None
        invites.change(db, replace(invite, **fields))

    await stage.node.core.store.write(write)


async def expired(stage: Stage, line: InviteLine, who: Attacker) -> None:
    await change(stage, line, until=stage.context.now() - 1)


async def withdrawn(stage: Stage, line: InviteLine, who: Attacker) -> None:
    await stage.node.pairing.revoke(line.invite)


async def used(stage: Stage, line: InviteLine, who: Attacker) -> None:
    async with joining(stage, who) as talk:
        await talk.say(join(line))
        assert isinstance(decode_answer(await talk.hear()), Joined)


async def used_by_another(stage: Stage, line: InviteLine, who: Attacker) -> None:
    await used(stage, line, Attacker(f"another {new_id()}"))


async def used_and_removed(stage: Stage, line: InviteLine, who: Attacker) -> None:
    await used(stage, line, who)
    await stage.node.peers.remove(who.name)


async def used_and_robbed(stage: Stage, line: InviteLine, who: Attacker) -> None:
    await used(stage, line, who)
    known = await stage.node.core.store.read(lambda db: peers.by_key(db, who.public))
    assert isinstance(known, Peer)
    await stage.change(known, grants=(Grant("status"),), allow_from=("127.0.0.0/8",))


async def nobody_else_is_invited(stage: Stage, line: InviteLine, who: Attacker) -> None:
    await stage.node.core.store.write(
        lambda db: [invites.remove(db, each.id) for each in invites.list_invites(db)]
    )


@dataclass
class State:
    """How the line and who comes with it differ from what is right."""

    before: Before = nothing
    line: dict[str, Any] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    allow_from: tuple[str, ...] = ()


def states(stage: Stage, good: Attacker) -> dict[str, State]:
    return {
        "holds an open line": State(),
        "has the secret wrong": State(line={"secret": b"x" * 16}),
        "names an invite that is none": State(line={"id_bytes": b"x" * 8}),
        "has an expired line": State(expired),
        "has a line that was withdrawn": State(withdrawn),
        "has a line that another used": State(used_by_another),
        "used it, and was removed since": State(used_and_removed),
        "used it, and may do less since": State(used_and_robbed),
        "comes from outside of its networks": State(allow_from=("198.51.100.0/24", "::/0")),
        "says it is another peer": State(says={"node_id": good.node_id}),
        "says it is this very node": State(says={"node_id": stage.context.node_id}),
        "is of another version": State(says={"version": "0.0.1"}),
        "nobody is invited": State(nobody_else_is_invited),
    }


def join(line: InviteLine) -> Join:
    """What he allows us is his own affair; what he is granted stands in the invite, and not in what he says."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    return Join(line.invite, line.secret, key, "0.0.0.0:8022", (Grant("pull"), Grant("push")))


@asynccontextmanager
async def joining(stage: Stage, who: Attacker) -> AsyncIterator[Talk]:
    async with stage.login(who, "join") as connection:
        writer, reader, _ = await connection.open_session(subsystem="atsn-join", encoding=None)
        talk = Talk(reader, writer)
        await talk.say(who.hello())
        assert messages.decode_hello(await talk.hear()).node_id == ""
        yield talk


async def ask(talk: Talk, what: messages.Message) -> str:
    try:
        await talk.say(what)
        answer = decode_answer(await talk.hear())
    except Unreachable:
        return "."
    if isinstance(answer, messages.Failed):
        return "-"
    if isinstance(answer, Joined):
        return "+" if answer.grants == (Grant("pull"),) else "0"
    return "+"


async def cell(stage: Stage, state: State, column: str) -> str:
    """Come with a line of his own, and ask; what came of it, and that nothing happened that should not."""
    who = Attacker("mallory", **state.says)
    made = await stage.node.pairing.invite(grants=["pull"], allow_from=state.allow_from)
    line = read(made.line)
    await state.before(stage, line, who)
    line = replace(line, **state.line)
    before = stage.kept()
    try:
        found = await tried(stage, who, line, column)
    except asyncssh.PermissionDenied:
        found = "|"
    told = {"invites", "audit"} if state.line.get("secret") else set()  # wrong ones are counted
    after = stage.kept()
    differs = {name for name in after if after[name] != before[name]} - told
    assert bool(differs) == (column in ("J", "J2") and found == "+"), (column, found, differs)
    known = await stage.node.core.store.read(lambda db: peers.by_name(db, "mallory"))
    assert known is None or known.grants in ((Grant("pull"),), (Grant("status"),))
    if known is not None:
        await stage.forget(known)
    return found


async def tried(stage: Stage, who: Attacker, line: InviteLine, column: str) -> str:
    if column == "in":
        async with stage.login(who, "join"):
            return "+"
    if column == "S":
        async with stage.login(who, "join") as connection:
            with suppress(asyncssh.ChannelOpenError):
                await connection.open_session(subsystem="atsn", encoding=None)
                return "+"
            return "|"
    plan = await stage.proposal(stage.group)
    steps: dict[str, list[messages.Message]] = {
        "L": [Look(line.invite, line.secret)],
        "J": [join(line)],
        "J2": [join(line), join(line)],
        "G": [messages.AskGroups()],
        "P": [messages.Propose(plan), messages.Commit(plan.plan.promise, Allowance())],
    }
    async with joining(stage, who) as talk:
        return [await ask(talk, step) for step in steps[column]][-1]


async def test_nobody_gets_more_than_the_invite_says(stage: Stage) -> None:
    good = Attacker("good")
    await stage.know(good)
    await stage.node.pairing.invite("somebody else")
    found = {
        name: {column: await cell(stage, state, column) for column in QUESTIONS}
        for name, state in states(stage, good).items()
    }
    assert drawn(found).splitlines() == INVITED.splitlines()
    async with stage.login(good) as connection:
        await connection.open_session(subsystem="atsn", encoding=None)
