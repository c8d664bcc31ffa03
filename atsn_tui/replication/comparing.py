"""Comparing the links of a round, each on what the pulls before it promise."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from atsn_tui.model.brake import Allowance
from atsn_tui.model.plan import Mode
from atsn_tui.replication import clocks, ledger
from atsn_tui.replication.context import Context
from atsn_tui.replication.link import Prepared, Question, prepare
from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.planned import PlannedReplica, Step
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.replication.targets import Target


@dataclass(frozen=True)
class Comparing:
    """What all comparisons of a round have in common."""

    context: Context
    source: str
    """Where changes come from, for the history."""
    attended: bool
    """Whether a person sees each plan before it is applied."""
    cycle: str
    """The id of the cycle that they are part of."""

    def near(self, target: Target) -> LocalReplica:
        """This node as the near side of that link."""
        return LocalReplica(self.context, target.peer, target.link.direction, self.source)

    async def prepare(
        self, target: Target, mode: Mode, far: RemoteReplica, steps: tuple[Step, ...]
    ) -> Prepared:
        """Compare both sides, the near one as it will be after those steps. Errors are raised."""
        near = self.near(target)
        question = Question(
            link=target.link,
            peer=target.peer,
            mode=mode,
            group_id=target.link.group_id or "",
            group=target.group,
            attended=self.attended,
            cycle=self.cycle,
            settled=await ledger.settled(self.context, target.link, mode),
        )
        doubt = clocks.doubt(self.context.clock, mode, target.peer.name, far.clock)
        prepared = await prepare(question, PlannedReplica(near, steps) if steps else near, far)
        return prepared if doubt is None else prepared.noting(doubt)


def steps_before(
    chain: Iterable[Target],
    link_id: str,
    prepared: Mapping[str, Prepared],
    skipped: Collection[str],
    allow: Allowance | None,
) -> tuple[Step, ...]:
    """The pulls that come before a link in its group and are going to be applied, if that much is allowed."""
    steps: list[Step] = []
    for earlier in chain:
        if earlier.link.id == link_id:
            break
        plan = prepared.get(earlier.link.id)
        if earlier.link.direction == "push" or plan is None or plan.proposal is None:
            continue
        held = allow is not None and plan.held(allow)
        if not held and earlier.link.id not in skipped:
            steps.append(Step(plan.proposal, earlier.peer))
    return tuple(steps)
