"""Every pair of the table is tried, and nothing but what it says happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import asyncssh
import pytest

from atsn_tui.errors import BadInput, NotFound, Unreachable
from atsn_tui.host import guard
from atsn_tui.host.server import start_server
from atsn_tui.model.brake import Allowance
from atsn_tui.model.text import new_id
from atsn_tui.replication import messages
from atsn_tui.replication.pairing.messages import Look
from atsn_tui.store import groups
from tests.attack.stage import Attacker, Stage, Talk, fingerprint
from tests.attack.states import State, nothing, states
from tests.attack.table import BEHIND_SSHD, PEERS, REQUESTS, drawn, rows
from tests.nodes import Machines
from tests.pairing.conftest import serving

Connect = Callable[[], Any]


@pytest.fixture
async def stage(make_node: Machines, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    # That a peer is cut off when it may do less is another test; here it shall ask all the same.
    monkeypatch.setattr(guard, "LOOK", 3600)
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(serving(await make_node.make("web1")))
        ports = {"127.0.0.1": int(str(node.config.listen).rpartition(":")[2])}
        made = Stage(node, ports)
        try:
            server = await start_server(made.context, node.home, "[::1]:0")
        except BadInput:
            pass  # this machine has no IPv6
        else:
            stack.push_async_callback(server.close)
            ports["::1"] = server.address.port
        await made.furnish()
        yield made


async def question(stage: Stage, talk: Talk, column: str, group_id: str, others: bytes) -> str:
    """Ask, and say in one sign what came of it: the first thing that was not done."""
    side = await stage.node.core.store.read(lambda db: groups.side(db, group_id))
    digest = side.digest or b"x" * 32
    asked: dict[str, Any] = {
        "G": messages.AskGroups(),
        "Hl": messages.AskHead(group_id, "a name", "pull", None),
        "Hs": messages.AskHead(group_id, "a name", "push", None),
        "Ol": messages.AskOutline(group_id, digest, "pull"),
        "Os": messages.AskOutline(group_id, digest, "push"),
        "R": messages.AskRows(group_id, digest, (0, 1), b""),
        "B": messages.AskBodies(group_id, (group_id,)),
        "W": messages.Withdraw(group_id, new_id()),
        "Cx": messages.Commit(others, Allowance()),
        "An": messages.Groups(()),
        "J": Look("0123456789abcdef", b"s" * 16),
        "N": b"\xc1 noise",
    }
    if column in asked:
        return await ask(talk, asked[column], group_id)
    if column == "H":
        return await ask(talk, Attacker().hello(), group_id)
    one, two = await stage.proposal(group_id), await stage.proposal(group_id)
    propose, commit = messages.Propose(one), messages.Commit(one.plan.promise, Allowance())
    steps = {
        "P": [propose],
        "A": [propose, commit],
        "C": [commit],
        "C2": [propose, commit, commit],
        "Wc": [propose, messages.Withdraw(group_id, one.id), commit],
        "Co": [propose, messages.Propose(two), commit],
    }[column]
    signs = [await ask(talk, step, group_id) for step in steps]
    return next((sign for sign in signs if sign != "+"), "+")


async def ask(talk: Talk, what: Any, group_id: str) -> str:
    await talk.say(what)
    try:
        reply = messages.decode_reply(await talk.hear())
    except Unreachable:
        return "."
    match reply:
        case messages.Failed(code="refused"):
            return "-"
        case messages.Failed(code="bad_input"):
            return "?"
        case messages.Failed(code="moved"):
            return "~"
        case messages.Groups(shown):
            return "+" if group_id in dict(shown) else "0"
        case messages.HeadIs(info):
            return "+" if info.head else "0"
        case messages.Withdrawn(head):
            return "+" if head else "0"
        case messages.Bodies(records):
            return "+" if records else "0"
        case messages.Failed():
            return reply.code
    return "+"


class Trial:
    """Trying one state."""

    def __init__(self, stage: Stage, name: str, state: State, others: bytes) -> None:
        self.stage, self.name, self.state, self.others = stage, name, state, others
        self.who = Attacker(**{"name": name, **state.says})
        asked = {"group": stage.group, "local": stage.local, "absent": new_id()}
        self.group_id = asked[state.asks_for]
        self._peer: Any = None

    async def row(self, connect: Connect) -> dict[str, str]:
        """What comes of each request."""
        return {column: await self._cell(column, connect) for column in REQUESTS}

    async def begin(self) -> None:
        """Have him known as the state says."""
        if self.state.known is not None:
            self._peer = await self.stage.know(self.who, **self.state.known)

    async def end(self) -> None:
        """Have him known no more."""
        if self._peer is not None:
            await self.stage.forget(self._peer)
            self._peer = None

    async def _cell(self, column: str, connect: Connect) -> str:
        async with connect() as talk:
            found = await self._tried(column, talk)
        if self.state.meanwhile is not nothing:
            with suppress(NotFound):
                await self.end()
            await self.begin()
        return found

    async def _tried(self, column: str, talk: Talk) -> str:
        """What comes of that request; and that nothing happened that should not."""
        stage = self.stage
        before = stage.kept()
        await talk.say(messages.AskGroups() if column == "F" else self.who.hello())
        hello = messages.decode_hello(await talk.hear())
        if hello.error is not None:
            await self._unheard(talk)
            assert stage.kept() == before
            return "v" if hello.error["code"] == "version_mismatch" else "x"
        assert column != "F"
        await self.state.meanwhile(stage, self._peer)
        before = stage.kept()
        sign = await question(stage, talk, column, self.group_id, self.others)
        done = sign == "+" if column == "A" else column == "C2" and sign == "~" and self._pushes
        assert (stage.kept() != before) == done, f"{self.name}: {column}"
        return sign

    @property
    def _pushes(self) -> bool:
        return {**rows(BEHIND_SSHD), **rows(PEERS)}[self.name]["P"] == "+"

    async def _unheard(self, talk: Talk) -> None:
        """Whatever is said after a refused Hello, nobody listens."""
        for what in (self.who.hello(), messages.AskGroups()):
            try:
                await talk.say(what)
            except Unreachable:
                break
        with pytest.raises(Unreachable):
            await talk.hear()


@asynccontextmanager
async def good_peer(stage: Stage) -> AsyncIterator[tuple[Attacker, Talk, bytes]]:
    """A peer that has proposed something, and is served all the while."""
    good = Attacker("good")
    await stage.know(good)
    async with stage.login(good) as connection:
        writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None)
        talk = Talk(reader, writer)
        await talk.say(good.hello())
        await talk.hear()
        plan = await stage.proposal(stage.group)
        assert await ask(talk, messages.Propose(plan), "") == "+"
        yield good, talk, plan.plan.promise


async def test_at_the_nodes_own_server(stage: Stage) -> None:
    wanted = rows(PEERS)
    found: dict[str, dict[str, str]] = {}
    async with good_peer(stage) as (good, served, promise):
        for name, state in states(stage, good).items():
            if name not in wanted:
                continue
            trial = Trial(stage, name, state, promise)
            if ":" in trial.who.came_from and "::1" not in stage.ports:
                found[name] = wanted[name]
                continue
            await trial.begin()
            found[name] = await over_ssh(stage, trial)
            await trial.end()
            assert await ask(served, messages.AskGroups(), stage.group) == "+"
    assert drawn({name: found[name] for name in wanted}).splitlines() == PEERS.splitlines()


async def over_ssh(stage: Stage, trial: Trial) -> dict[str, str]:
    """All cells of one row, over one login."""
    try:
        async with stage.login(trial.who) as connection:

            @asynccontextmanager
            async def connect() -> AsyncIterator[Talk]:
                writer, reader, _ = await connection.open_session(subsystem="atsn", encoding=None)
                yield Talk(reader, writer)
                writer.close()

            return await trial.row(connect)
    except asyncssh.PermissionDenied:
        return dict.fromkeys(REQUESTS, "|")


async def test_at_what_an_sshd_starts(stage: Stage) -> None:
    different = rows(BEHIND_SSHD)
    wanted = {**rows(PEERS), **different}
    found: dict[str, dict[str, str]] = {}
    async with good_peer(stage) as (good, served, promise):
        for name, state in states(stage, good).items():
            trial = Trial(stage, name, state, promise)

            @asynccontextmanager
            async def connect(trial: Trial = trial) -> AsyncIterator[Talk]:
                talk, serving_ = await stage.behind_sshd(trial.who, fingerprint(trial.who))
                yield talk
                talk._writer.close()  # type: ignore[attr-defined]
                await asyncio.wait({serving_}, timeout=10)
                assert serving_.done()

            await trial.begin()
            found[name] = await trial.row(connect)
            await trial.end()
            assert await ask(served, messages.AskGroups(), stage.group) == "+"
    assert drawn({name: found[name] for name in wanted}).splitlines() == drawn(wanted).splitlines()
