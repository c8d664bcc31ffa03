"""A run that a keeper before us started. Its exit status is lost, for only a parent learns that."""

import os

from atsn_tui.runner.keeper.capture import Capture
from atsn_tui.runner.keeper.journal import Record
from atsn_tui.runner.keeper.life import Life, Office
from atsn_tui.runner.keeper.processes import is_living, open_output, who_is

LOST = "how it ended is not known: the keeper that had started it was killed meanwhile"
INTERRUPTED = "the machine went down while it ran"


class Orphan(Life):
    """Followed by its pidfd until it is gone. Timeout and stop work as before."""

    def __init__(self, office: Office, run: str, start: Record, output: str) -> None:
        super().__init__(office, run, Capture(output, int(start["limit"])), str(start.get("record", "")))
        self.pid, self._ticks = who_is(start["stat"])
        self.started_at = int(start["started_at"])
        self.executed = True
        self._kill_after = float(start["kill_after"])
        self._deadline = start["deadline"]
        self._masked = bool(start["masked"])
        self._pipe = int(start["pipe"])
        self._start = start

    @property
    def deadline(self) -> float | None:
        """When the timeout comes, by the monotonic clock."""
        return None if self._deadline is None else float(self._deadline)

    def find(self) -> bool:
        """Whether the process still lives; then it is followed."""
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except OSError:
            return False
        if not is_living(self.pid, self._ticks):
            os.close(self._pidfd)
            return False
        self._capture.resume()
        output = open_output(self.pid, self._pipe)
        if output is None:
            self.notes.append("what it printed after the keeper was killed is lost")
        else:
            self._output = output
            if self._masked:
                self.notes.append(
                    "what it printed after the keeper was killed is left out: "
                    "the secrets that had to be masked in it were not known any more"
                )
        self._follow()
        return True

    def start_record(self) -> Record:
        """What was found, once more."""
        return self._start

    def _keep(self, data: bytes) -> None:
        if self._masked:
            self._capture.discard(data)
        else:
            self._capture.feed(data)

    def _bury(self) -> None:
        self._elapsed = (self._ended_at - self.started_at) / 1_000_000

    def _outcome(self) -> Record:
        if self._reason != "ended":
            return {"message": LOST}
        return {"reason": "unknown", "message": LOST}


def lost(run: str, start: Record, boot: str, output: str) -> Record:
    """The end of a run that is gone: the machine went down, or nobody saw the end."""
    capture = Capture(output, int(start.get("limit") or 0))
    capture.resume()
    capture.close()
    interrupted = start.get("boot", boot) != boot
    return {
        "run": run,
        "reason": "interrupted" if interrupted else "unknown",
        "message": INTERRUPTED if interrupted else LOST,
        "started_at": start.get("started_at"),
        "output_bytes": capture.received,
        "dropped_bytes": capture.dropped,
        "record": start.get("record", ""),
    }
