"""Whether a task runs when it is due: a pure decision about plain facts."""

from typing import Literal

from msgspec import Struct

from atsn_tui.model.run import DecisionKind, Trigger

QUEUE = 100
"""The most runs of one task that wait for their turn."""


class Facts(Struct, frozen=True, kw_only=True):
    """All that a decision depends on. An empty text means that nothing of that kind stands in the way."""

    trigger: Trigger
    enabled: bool = True
    invalid: str = ""
    """Why its schedule cannot be read on this node."""
    over: str = ""
    """Why the task has ended for good, or has not begun yet."""
    held: str = ""
    standby: bool = False
    selector: str = ""
    holiday: str = ""
    """Why a run that a schedule's times did not cause falls on a day off."""
    circle: str = ""
    """Which task would have caused itself."""
    late: str = ""
    """Why a due time is too long past."""
    policy: str = ""
    overlap: Literal["skip", "queue", "parallel", "replace"] = "skip"
    running: int = 0
    """Other runs of the task that have begun."""
    waiting: int = 0
    """Other runs of the task that wait, for a retry too."""
    full: str = ""
    """Why there is no room for one more run: of the node, or of the group."""


class Start(Struct, frozen=True):
    """It runs now."""


class Wait(Struct, frozen=True):
    """It runs as soon as it can."""

    why: str
    replace: bool = False
    """The task's other runs are to end for it."""


class Skip(Struct, frozen=True):
    """It does not run."""

    kind: DecisionKind
    why: str


Answer = Start | Wait | Skip


def decide(facts: Facts) -> Answer:
    """What is to happen."""
    obstacle = standing(facts)
    if obstacle is not None:
        return obstacle
    if facts.running or facts.waiting:
        return _among_others(facts)
    return _with_room(facts)


def obstacles(facts: Facts) -> list[Skip]:
    """Everything that keeps the task from running, whatever else runs; the first one counts.

    A person who says that it is to run now is stopped by the policy alone.
    """
    of_times: list[tuple[DecisionKind, str]] = [
        ("disabled", "" if facts.enabled else "the task is disabled"),
        ("invalid", facts.invalid),
        ("over", facts.over),
        ("held", facts.held),
        ("standby", "the group is on standby on this node" if facts.standby else ""),
        ("selector", facts.selector),
        ("holiday", facts.holiday),
        ("circle", facts.circle),
        ("missed", facts.late),
    ]
    found = [Skip(kind, why) for kind, why in of_times if why and facts.trigger != "manual"]
    return [*found, *([Skip("policy", facts.policy)] if facts.policy else [])]


def standing(facts: Facts) -> Skip | None:
    """The first obstacle."""
    if (
        facts.enabled
        and not facts.standby
        and not (
            facts.invalid
            or facts.over
            or facts.held
            or facts.selector
            or facts.holiday
            or facts.circle
            or facts.late
            or facts.policy
        )
    ):
        return None
    found = obstacles(facts)
    return found[0] if found else None


def resume(facts: Facts) -> Answer:
    """What is to happen to a run that waits. `running` and `waiting` count what came before it."""
    obstacle = standing(facts)
    if obstacle is not None:
        return obstacle
    if facts.overlap != "parallel" and (facts.running or facts.waiting):
        return Wait(_others(facts))
    return Wait(facts.full) if facts.full else Start()


def _among_others(facts: Facts) -> Answer:
    match facts.overlap:
        case "skip":
            return Skip("overlap", _others(facts))
        case "queue":
            return _wait(facts, Wait(_others(facts)), "overlap")
        case "replace":
            return Wait(_others(facts), replace=True)
        case "parallel":
            return _with_room(facts)


def _with_room(facts: Facts) -> Answer:
    return _wait(facts, Wait(facts.full), "parallel") if facts.full else Start()


def _wait(facts: Facts, wait: Wait, kind: DecisionKind) -> Answer:
    if facts.waiting < QUEUE:
        return wait
    return Skip(kind, f"{facts.waiting} runs of it wait already: {wait.why}")


def _others(facts: Facts) -> str:
    if facts.running:
        return "an earlier run has not ended"
    return "an earlier run waits to begin"
