"""A cycle: one round carried out, without a preview, as timers and `--yes` do it, or as a person saw it."""

import asyncio
import random
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from msgspec.structs import replace

from atsn_tui.model import dates
from atsn_tui.model.brake import Allowance
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import CycleReport, LinkResult, State
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.context import Context
from atsn_tui.replication.recording import record
from atsn_tui.replication.round import OnResult, Round
from atsn_tui.replication.targets import Target, bound
from atsn_tui.store.database.connection import to_the_end

TRIES = 4
"""How often a link is compared when its state moves under the cycle."""

JITTER = (0.05, 0.5)
"""Seconds to wait before comparing again, drawn between these, so that two nodes do not stay in step."""


async def run_cycle(
    context: Context,
    connections: Connections,
    targets: Iterable[Target],
    *,
    trigger: Literal["hand", "schedule"],
    source: str,
    allow: Allowance = Allowance(),
    modes: Mapping[str, Mode] = {},
    on_result: OnResult | None = None,
) -> CycleReport:
    """Compare and apply, comparing again what moved; the report is kept unless a schedule found nothing new.

    On schedule, a link with `apply: ask` is compared only and waits for a person.
    """
    targets = tuple(targets)
    started = context.now()
    round_ = Round(context, connections, targets, attended=False, source=source, allow=allow)
    for link_id, mode in modes.items():
        round_.set_mode(link_id, mode)
    for target in targets:
        # What waits for a person must not be built on either.
        round_.set_skipped(target.link.id, trigger == "schedule" and target.link.apply == "ask")
    try:
        await _carry_out(round_, allow)
    except asyncio.CancelledError:
        # What was applied is told all the same.
        await to_the_end(
            asyncio.ensure_future(record(context, _report(context, round_, trigger, started, "applied")))
        )
        raise
    if on_result:
        for result in round_.results:
            on_result(result)
    report = _report(context, round_, trigger, started)
    await to_the_end(asyncio.ensure_future(record(context, report)))
    return report


async def apply_shown(
    context: Context,
    round_: Round,
    on_result: OnResult | None = None,
    *,
    skip: Collection[str] = (),
    allow: Allowance = Allowance(),
    shown: Mapping[str, LinkResult] | None = None,
) -> list[LinkResult]:
    """Apply what a person saw of a round, as `Round.apply` does, and report it as a cycle by hand.

    However it ends, what was applied until then is told. Links that were left out are no part of the cycle.
    """
    started = context.now()
    left_out = {*skip, *round_.skipped}
    tried: set[str | None] = set()

    def heard(result: LinkResult) -> None:
        tried.add(result.link_id)
        if on_result:
            on_result(result)

    try:
        return await round_.apply(heard, skip=skip, allow=allow, shown=shown)
    finally:
        report = _report(context, round_, "hand", started)
        took_part = tuple(
            link
            for link in report.links
            if link.link_id in tried
            or (link.link_id not in left_out and link.state not in ("differs", "applied"))
        )
        round_.renew()
        await to_the_end(asyncio.ensure_future(record(context, replace(report, links=took_part))))


async def _carry_out(round_: Round, allow: Allowance) -> None:
    again: Collection[str] | None = None
    for attempt in range(TRIES):
        if attempt:
            await asyncio.sleep(random.uniform(*JITTER))  # noqa: S311
        await round_.compute(only=again)
        await round_.apply(allow=allow)
        again = _to_compare_again(round_)
        if not again:
            break


def _to_compare_again(round_: Round) -> set[str]:
    """The links whose state moved, and those that were found in sync with what a moved pull had promised."""
    states = {result.link_id: result for result in round_.results}
    again = {link_id for link_id, result in states.items() if link_id and result.state == "moved"}
    for link_id in list(again):
        if states[link_id].direction == "pull":
            again |= {other for other in bound(round_.targets, link_id) if states[other].state == "in_sync"}
    return again


def _report(
    context: Context,
    round_: Round,
    trigger: Literal["hand", "schedule"],
    started: int,
    only: State | None = None,
) -> CycleReport:
    return CycleReport(
        id=round_.id,
        trigger=trigger,
        started_at=dates.format_date(started),
        ended_at=dates.format_date(context.now()),
        links=tuple(result for result in round_.results if only in (None, result.state)),
    )
