"""The machine's present boot, as far as it matters to what runs once in each: whether it may have run already."""

import time

from atsn_tui.node.backup.old import Old
from atsn_tui.runner.keeper.processes import boot_id
from atsn_tui.store.restores import Boot


def present() -> Boot:
    """The boot under which this process runs."""
    return Boot(boot_id(), (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1000)


def is_spent(boot: Boot, made_at: int, old: Old | None) -> bool:
    """Whether `@reboot` may have run under it, by what the node of a backup or a later one of its states did.

    Only the node that was there can tell that it did not; where none is, one may have been.
    """
    return boot.at <= made_at or old is None or old.started
