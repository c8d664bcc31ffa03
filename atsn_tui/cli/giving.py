"""Giving back to cron: what is meant, the question before everything, the answer."""

from collections.abc import Sequence

import msgspec

from atsn_tui.cli.command import Call
from atsn_tui.cli.confirming import confirmed
from atsn_tui.cli.text.takeover import print_given, told_while_waiting
from atsn_tui.node.node import Node
from atsn_tui.node.takeover.views import GiveBackView


async def give_back(call: Call, node: Node, words: Sequence[str], *, dry_run: bool, yes: bool) -> int:
    """Give back, and tell what became of it; the exit code."""
    if not words and not dry_run and not yes:
        told = await node.takeover.give([], dry_run=True)
        lines = sum(len(view.given) for view in told)
        if not lines:
            return _answer(call, told)
        if not await _may_give_all(call, lines, [view.source for view in told]):
            return 1
    views = await node.takeover.give(words, dry_run=dry_run, step=told_while_waiting(call.as_json))
    code = _answer(call, views)
    return code if dry_run else 0


def _answer(call: Call, views: Sequence[GiveBackView]) -> int:
    call.answer(
        {"given_back": msgspec.to_builtins(views)},
        lambda console: print_given(console, views),
    )
    return int(any(view.given for view in views))


async def _may_give_all(call: Call, lines: int, sources: Sequence[str]) -> bool:
    what = (
        f"all {lines} lines of {', '.join(sources)} to cron"
        if lines > 1
        else f"the line of {sources[0]} to cron"
    )
    return await confirmed(
        call, f"Give back {what}?", f"gives back {what}", yes=False, way="name what, or add --yes"
    )
