"""The three ways to replicate: show it, do it, or show it and ask."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from atsn_tui.cli.allowing import allowed_by_person
from atsn_tui.cli.command import Call
from atsn_tui.cli.exits import exit_code
from atsn_tui.cli.text.progress import progress
from atsn_tui.cli.text.results import print_results
from atsn_tui.model.brake import Allowance
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import EXIT_CODES, LinkResult
from atsn_tui.node.links.replication import Session
from atsn_tui.node.node import Node


class Wish(Struct, frozen=True, kw_only=True):
    """Which links, in which mode if not their own, and what may pass the brake."""

    group: str | None = None
    peers: tuple[str, ...] = ()
    mode: Mode | None = None
    allow: Allowance = Allowance()


async def preview(call: Call, node: Node, wish: Wish, hint: bool = False) -> int:
    """Show what would change; the exit code. `hint` tells how to apply it."""
    async with _session(node, wish) as session:
        results = await _compute(session)
    _show(call, results)
    if hint and not call.as_json and any(result.state == "differs" for result in results):
        call.warn("nothing was applied: add --yes to apply this where nobody can be asked")
    return exit_code(results)


async def carry_out(call: Call, node: Node, wish: Wish) -> int:
    """Replicate without asking; the exit code."""
    modes = await _modes(node, wish)
    with progress("Replicating") as on_result:
        report = await node.replication.cycle(
            wish.group, wish.peers, allow=wish.allow, modes=modes, on_result=on_result
        )
    _show(call, report.links)
    return exit_code(report.links)


async def confer(call: Call, node: Node, wish: Wish) -> int:
    """Show what would change, ask the person, and apply exactly that; the exit code."""
    async with _session(node, wish) as session:
        results = await _compute(session)
        _show(call, results)
        if all(result.state != "differs" for result in results):
            return exit_code(results)
        allow = await allowed_by_person(results, wish.allow)
        if allow is None:
            call.warn("nothing was applied")
            return exit_code(results)
        with progress("Applying", len(results)) as on_result:
            results = await session.apply(on_result, allow=allow)
    _show(call, results, changes=False)
    return exit_code(results)


def _show(call: Call, results: Sequence[LinkResult], changes: bool = True) -> None:
    call.answer({"links": results}, lambda console: print_results(console, results, changes))
    worst = max(results, key=lambda result: EXIT_CODES[result.state], default=None)
    if worst is not None and worst.error is not None:
        call.fail(worst.error)


@asynccontextmanager
async def _session(node: Node, wish: Wish) -> AsyncIterator[Session]:
    modes = await _modes(node, wish)
    async with node.replication.open(wish.group, wish.peers, modes=modes) as session:
        yield session


async def _modes(node: Node, wish: Wish) -> dict[str, Mode]:
    """The mode of every link where it is not its own."""
    if wish.mode is None:
        return {}
    return {link.id: wish.mode for link in await node.links.list()}


async def _compute(session: Session) -> list[LinkResult]:
    with progress("Comparing", len(await session.links())) as on_result:
        return await session.compute(on_result)
