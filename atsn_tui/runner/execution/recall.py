"""What the keeper is told of a run, so that it is known again where the database has lost it."""

import msgspec
from msgspec.structs import replace

from atsn_tui.model.run import Run
from atsn_tui.runner.spec import Ended, Living, RunSpec

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Run).decode


def written(spec: RunSpec, run: Run) -> RunSpec:
    """The order with the run's record."""
    return replace(spec, record=_encode(run).decode())


def recalled(told: Living | Ended) -> Run | None:
    """The run as it was begun; None: the keeper, or the service then, was of a version that did not keep it."""
    try:
        run = _decode(told.record)
    except msgspec.MsgspecError:
        return None
    return replace(run, started=told.started_at) if run.id == told.run else None
