"""What a run came to: pure functions from how it ended to its state, and to whether it is tried again."""

from collections.abc import Collection

from atsn_tui.model.dates import SECOND
from atsn_tui.model.run import Run, RunState
from atsn_tui.model.states import signal_name
from atsn_tui.model.task import Options
from atsn_tui.runner.scheduling.executor import Ended

MOST_DELAY = 366 * 86_400
"""The longest wait for a retry, in seconds."""


def outcome(run: Run, ended: Ended, success_codes: Collection[int]) -> tuple[RunState, str]:
    """The state that a run ended in, and the reason."""
    match ended.how:
        case "stopped":
            return "stopped", run.stopping or ended.message or "it was stopped"
        case "timed_out":
            return "timed_out", ended.message or "it took longer than its timeout"
        case "not_started":
            return ("stopped", run.stopping) if run.stopping else ("failed", ended.message)
        case "interrupted" | "unknown":
            return ended.how, ended.message
        case "ended":
            return _exit(ended, success_codes)


def _exit(ended: Ended, success_codes: Collection[int]) -> tuple[RunState, str]:
    if ended.signal is not None:
        return "failed", ended.message or f"it was ended by {signal_name(ended.signal)}"
    if ended.exit_code in success_codes:
        return "ok", ended.message
    return "failed", ended.message or f"it exited with {ended.exit_code}"


def retry_at(run: Run, options: Options, ended: int) -> int | None:
    """When a run that came to this state is tried again, in µs; None: not at all.

    Only what failed by itself is: a person who stopped it meant that, and after the machine went down nobody knows
    how far it came.
    """
    if run.state not in ("failed", "timed_out") or run.attempt > options.retries:
        return None
    return ended + retry_delay(options, run.attempt)


def retry_delay(options: Options, attempts: int) -> int:
    """How long to wait after so many attempts, in µs."""
    delay: int = options.retry_delay * options.retry_backoff ** min(max(attempts, 1) - 1, 64)
    return min(delay, MOST_DELAY) * SECOND
