"""A round over several links: compare them all, then apply what was compared. Peers never wait for each other."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any

from atsn_tui.errors import AtsnError, Moved, Unreachable
from atsn_tui.model.brake import Allowance
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import LinkResult
from atsn_tui.model.text import new_id
from atsn_tui.replication import clocks, ledger
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.context import Context
from atsn_tui.replication.link import Prepared, Question, apply, check_applicable, prepare
from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.order import Target, chains
from atsn_tui.replication.outcome import blank, failed
from atsn_tui.replication.pending import resolved
from atsn_tui.replication.planned import PlannedReplica, Step
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.store.database.connection import to_the_end

log = logging.getLogger(__name__)

OnResult = Callable[[LinkResult], None]

RECONNECTS = (0.0, 0.5, 2.0)
"""Seconds before each try to reach a peer again after the answer to an apply was lost."""

POLL_TIMEOUT = 5.0
"""Seconds that a peer has to tell its head while a round is watched."""


class Round:
    """The links of one round, as they were compared last."""

    def __init__(
        self,
        context: Context,
        connections: Connections,
        targets: Iterable[Target],
        *,
        attended: bool,
        source: str,
        allow: Allowance | None = None,
    ) -> None:
        """`attended`: a person sees each plan before it is applied. `allow`: what will be allowed, if known."""
        self.id = new_id()
        self._context = context
        self._connections = connections
        self._attended = attended
        self._source = source
        self._allow = allow
        self._targets = {target.link.id: target for target in targets}
        self._turns = {link_id: asyncio.Lock() for link_id in self._targets}
        self._modes: dict[str, Mode] = {}
        self._skipped: set[str] = set()
        self._prepared: dict[str, Prepared] = {}
        self._results: dict[str, LinkResult] = {}

    @property
    def targets(self) -> tuple[Target, ...]:
        """The links in the order in which they are planned."""
        return tuple(self._targets.values())

    @property
    def results(self) -> tuple[LinkResult, ...]:
        """What is known of each link, in order."""
        return tuple(self._results[link_id] for link_id in self._targets if link_id in self._results)

    @property
    def skipped(self) -> frozenset[str]:
        """The ids of the links that are left out."""
        return frozenset(self._skipped)

    def renew(self) -> None:
        """Let what is compared from now on belong to another cycle: this one is over and was told of."""
        self.id = new_id()

    def prepared(self, link_id: str) -> Prepared | None:
        """The link's plan as compared last; None if that failed, or if it was applied."""
        return self._prepared.get(link_id)

    def set_mode(self, link_id: str, mode: Mode) -> None:
        """Compare the link in another mode from now on, in this round only."""
        self._modes[link_id] = mode

    def set_skipped(self, link_id: str, skipped: bool) -> None:
        """Leave the link out: it is compared, but neither applied nor built on."""
        (self._skipped.add if skipped else self._skipped.discard)(link_id)

    async def compute(
        self, on_result: OnResult | None = None, only: Collection[str] | None = None
    ) -> list[LinkResult]:
        """Compare every link, or those of some ids. Failures are results, never exceptions."""
        await _together(
            self._compare_chain(
                [target for target in chain if only is None or target.link.id in only], on_result
            )
            for chain in self._chains()
        )
        return list(self.results)

    async def apply(
        self,
        on_result: OnResult | None = None,
        *,
        skip: Collection[str] = (),
        allow: Allowance = Allowance(),
        shown: Mapping[str, LinkResult] | None = None,
    ) -> list[LinkResult]:
        """Apply what was compared last: for each group pulls in order, then pushes side by side.

        `shown` is what a person looked at; a link that was compared anew since then is `moved`. Once a
        receiver was asked to apply, cancelling waits for its answer; no further link is begun.
        """
        leave = self._skipped | set(skip)

        async def one(target: Target) -> LinkResult | None:
            result = await self._apply(target.link.id, allow, shown)
            if on_result and result:
                on_result(result)
            return result

        async def carry_out(chain: list[Target]) -> None:
            chosen = [target for target in chain if target.link.id not in leave]
            for target in (each for each in chosen if each.link.direction == "pull"):
                await one(target)
            await _together(one(each) for each in chosen if each.link.direction == "push")

        await _together(carry_out(chain) for chain in self._chains())
        return list(self.results)

    async def moved(self, link_id: str) -> bool:
        """Whether a side no longer stands where the link was compared; also True if it cannot be asked."""
        prepared, target = self._prepared.get(link_id), self._targets[link_id]
        if prepared is None or target.link.group_id is None:
            return True
        group_id, direction = target.link.group_id, target.link.direction
        try:
            async with asyncio.timeout(POLL_TIMEOUT):
                near = await prepared.near.head(group_id, target.group, direction)
                have = near.head.digest if near.head else None
                far = await prepared.far.head(group_id, target.group, direction, have)
        except (AtsnError, TimeoutError):
            return True
        primary, secondary = (near, far) if direction == "push" else (far, near)
        return prepared.stand != tuple(
            info.head.digest if info.head else None for info in (primary, secondary)
        )

    async def unchanged_failure(self, link_id: str) -> bool:
        """Whether a link that failed because its peer was not to be reached would fail just so again."""
        result = self._results.get(link_id)
        if result is None or result.error is None or result.state not in ("unreachable", "version_mismatch"):
            return False
        try:
            await self._reach(self._targets[link_id])
        except AtsnError as error:
            return (error.code, error.message) == (result.error.code, result.error.message)
        return False

    def bound(self, link_id: str) -> tuple[str, ...]:
        """The links that have to be compared together with one: all of its group, if a pull is among them."""
        chain = self._chain_of(link_id)
        if chain[0].link.direction == "pull":
            return tuple(target.link.id for target in chain)
        return (link_id,)

    def _chains(self) -> list[list[Target]]:
        return chains(self._targets.values())

    def _chain_of(self, link_id: str) -> list[Target]:
        return next(chain for chain in self._chains() if any(each.link.id == link_id for each in chain))

    async def _compare_chain(self, wanted: list[Target], on_result: OnResult | None) -> None:
        """Links of one group: pulls in order, then pushes side by side, on what the pulls promise."""
        reaching = {target.link.id: asyncio.ensure_future(self._reach(target)) for target in wanted}
        try:
            for target in (each for each in wanted if each.link.direction == "pull"):
                await self._compare(target, reaching[target.link.id], on_result)
            await _together(
                self._compare(target, reaching[target.link.id], on_result)
                for target in wanted
                if target.link.direction == "push"
            )
        finally:
            for task in reaching.values():
                task.cancel()
            await asyncio.gather(*reaching.values(), return_exceptions=True)

    def _steps(self, target: Target) -> tuple[Step, ...]:
        """The pulls that come before a link in its group and are going to be applied."""
        steps: list[Step] = []
        for earlier in self._chain_of(target.link.id):
            if earlier.link.id == target.link.id:
                break
            prepared = self._prepared.get(earlier.link.id)
            if earlier.link.direction == "push" or prepared is None or prepared.proposal is None:
                continue
            held = self._allow is not None and prepared.held(self._allow)
            if not held and earlier.link.id not in self._skipped:
                steps.append(Step(prepared.proposal, earlier.peer))
        return tuple(steps)

    async def _reach(self, target: Target) -> RemoteReplica:
        return await self._connections.replica(target.peer, target.link.id)

    async def _compare(
        self, target: Target, reaching: "asyncio.Future[RemoteReplica]", on_result: OnResult | None
    ) -> None:
        link_id = target.link.id
        mode = self._modes.get(link_id, target.link.mode)
        async with self._turns[link_id]:
            prepared: Prepared | None = None
            try:
                far = await reaching
                target = self._targets[link_id] = await self._resolved(target, far)
                prepared = await self._prepare(target, mode, far)
                result = prepared.result
            except AtsnError as error:
                result = failed(blank(target.link, target.peer.name, mode, target.group), error)
            except Exception as error:
                result = self._broken(blank(target.link, target.peer.name, mode, target.group), error)
            self._prepared.pop(link_id, None)
            if prepared is not None:
                self._prepared[link_id] = prepared
            about_to_apply = not self._attended and prepared is not None and prepared.proposal is not None
            if not about_to_apply or link_id in self._skipped:
                await self._remember(result, prepared)
            self._results[link_id] = result
        if on_result:
            on_result(result)

    async def _prepare(self, target: Target, mode: Mode, far: RemoteReplica) -> Prepared:
        doubt = clocks.doubt(self._context.clock, mode, target.peer.name, far.clock)
        near, steps = self._near(target), self._steps(target)
        question = Question(
            link=target.link,
            peer=target.peer,
            mode=mode,
            group_id=target.link.group_id or "",
            group=target.group,
            attended=self._attended,
            cycle=self.id,
            settled=await ledger.settled(self._context, target.link, mode),
        )
        prepared = await prepare(question, PlannedReplica(near, steps) if steps else near, far)
        return prepared if doubt is None else prepared.noting(doubt)

    async def _resolved(self, target: Target, far: RemoteReplica) -> Target:
        if target.link.group_id is not None:
            return target
        return replace(target, link=await resolved(self._context, target.link, target.peer, far))

    def _near(self, target: Target) -> LocalReplica:
        return LocalReplica(self._context, target.peer, target.link.direction, self._source)

    async def _apply(
        self, link_id: str, allow: Allowance, shown: Mapping[str, LinkResult] | None
    ) -> LinkResult | None:
        """What came of a link; None if it has nothing to apply."""
        async with self._turns[link_id]:
            prepared = self._prepared.get(link_id)
            if prepared is None or prepared.proposal is None:
                return None
            try:
                if shown is not None and shown.get(link_id) != prepared.result:
                    raise Moved("the plan changed after it was shown: look again, then apply")
                # The pulls that it was planned on have been applied by now, or it does not fit any more.
                current = await self._reached_again(
                    replace(prepared, near=self._near(self._targets[link_id]))
                )
                await check_applicable(current, allow)
            except AtsnError as error:
                if isinstance(error, Moved) and isinstance(prepared.near, PlannedReplica):
                    error = Moved("a pull that this link builds on was not applied: look again, then apply")
                return await self._record(failed(prepared.result, error), prepared)
            except Exception as error:
                return await self._record(self._broken(prepared.result, error), prepared)
            return await to_the_end(asyncio.ensure_future(self._send(current, allow)))

    async def _reached_again(self, prepared: Prepared) -> Prepared:
        """The link on a channel that is open: one that broke since has lost the plan that was proposed on it."""
        proposal, far = prepared.proposal, prepared.far
        if proposal is None or not isinstance(far, RemoteReplica) or not far.closed:
            return prepared
        far = await self._reach(self._targets[prepared.link.id])
        if prepared.link.direction == "push" and await far.propose(proposal) != prepared.verdict:
            raise Moved(
                f"{prepared.result.peer} judges the plan otherwise than before: look again, then apply"
            )
        return replace(prepared, far=far)

    async def _send(self, prepared: Prepared, allow: Allowance) -> LinkResult:
        target = self._targets[prepared.link.id]

        async def again() -> RemoteReplica:
            error = Unreachable(f"{target.peer.name} cannot be reached")
            for delay in RECONNECTS:
                await asyncio.sleep(delay)
                try:
                    return await self._reach(target)
                except Unreachable as again_error:
                    error = again_error
            raise error

        try:
            result = await apply(prepared, allow, again)
        except Exception as error:
            result = self._broken(prepared.result, error)
        return await self._record(result, prepared)

    async def _record(self, result: LinkResult, prepared: Prepared) -> LinkResult:
        self._prepared.pop(prepared.link.id, None)
        self._results[prepared.link.id] = result
        result = self._results[prepared.link.id] = await self._remember(result, prepared)
        return result

    async def _remember(self, result: LinkResult, prepared: Prepared | None) -> LinkResult:
        troubles, where = self._context.troubles, f"{result.direction} {result.group} {result.peer}"
        try:
            saved = await ledger.save(self._context, result, prepared)
        except AtsnError as error:
            # What became of the link has to be told all the same.
            troubles.trouble(where, f"the result of {result.group} with {result.peer} is not kept: {error}")
            return result
        troubles.well(where)
        return saved

    def _broken(self, blank_: LinkResult, error: Exception) -> LinkResult:
        """A fault of ours in one link must not keep the others from being carried out."""
        log.error("link %s with %s failed", blank_.group, blank_.peer, exc_info=error)
        return failed(
            blank_, AtsnError(f"{self._context.name} failed on this link ({error!r}); its log says where")
        )


async def _together(works: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Do them side by side. However this ends, none of them is left behind."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
