"""Clocks that are too far apart: then "later" means nothing, and easy mode takes the later change."""

from dataclasses import dataclass

from atsn_tui.errors import Refused
from atsn_tui.home.sections import ClockLimits
from atsn_tui.model.dates import SECOND
from atsn_tui.model.plan import Mode
from atsn_tui.model.skew import beyond_doubt


@dataclass(frozen=True)
class Reading:
    """A peer's clock as it was read at a contact, in µs."""

    skew: int
    """It minus ours, the answer counted as having taken half of the round trip."""
    latency: int


def doubt(limits: ClockLimits, mode: Mode, peer: str, reading: Reading) -> str | None:
    """A note for a comparison with that peer, if the clocks matter and are too far apart; Refused if that is wanted.

    The note names no measured value, so that a plan does not become another one with each look.
    """
    if mode != "easy" or beyond_doubt(reading.skew, reading.latency) <= limits.limit * SECOND:
        return None
    way = "ahead of" if reading.skew > 0 else "behind"
    told = f"the clock of {peer} is more than {limits.limit} s {way} ours, so the later change may not be the later one"
    if limits.beyond == "refuse":
        raise Refused(
            f"{told}: nothing was compared (clock.beyond in config.toml); "
            "set the clock that is wrong, as with: timedatectl set-ntp true"
        )
    return told
