"""What people ask for: run now, stop a run."""

from msgspec.structs import replace

from atsn_tui.model.run import Request
from atsn_tui.runner.scheduling.decide import Skip, Wait
from atsn_tui.runner.scheduling.starting import attempt, stop
from atsn_tui.runner.scheduling.state import State
from atsn_tui.store import requests, runs

KINDS = ("run", "stop")
"""The requests that the scheduler answers."""


def answer(state: State, request: Request) -> None:
    """Do it, and answer in the same transaction."""
    if request.kind == "run":
        _run(state, request)
    else:
        _stop(state, request)


def _run(state: State, request: Request) -> None:
    entry = state.book.entry(request.group_id, request.task_id)
    if entry is None:
        _say(state, request, "there is no such task any more", refused=True)
        return
    given, run = attempt(state, entry, "manual", state.now, who=request.who)
    if run is None:
        why = given.why if isinstance(given, Skip) else ""
        _say(state, request, f"{entry.path} does not run now: {why}", refused=True)
        return
    begins = f"waits: {given.why}" if isinstance(given, Wait) else "begins"
    _say(state, replace(request, run_id=run.id), f"{entry.path} {begins}")


def _stop(state: State, request: Request) -> None:
    live = state.active.get(request.run_id)
    if live is None:
        state.batch.write(
            lambda db: requests.answer(db, request, _over(runs.get(db, request.run_id)), refused=True)
        )
        return
    waited = live.waits
    stop(state, live, f"stopped by {request.who}" if request.who else "stopped")
    _say(state, request, f"{live.run.path} {'does not run' if waited else 'was told to end'}")


def _over(run: object) -> str:
    return "that run is over already" if run else "there is no such run: atsn runs shows those there are"


def _say(state: State, request: Request, result: str, *, refused: bool = False) -> None:
    state.batch.write(lambda db: requests.answer(db, request, result, refused=refused))
