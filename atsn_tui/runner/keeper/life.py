"""The life of a process group, until its main process has ended: output, timeout, stop, end."""

import os
import signal
import time
from abc import ABC, abstractmethod
from typing import Protocol

from atsn_tui.runner.keeper.capture import Capture
from atsn_tui.runner.keeper.journal import Record
from atsn_tui.runner.keeper.loop import Loop, Timer
from atsn_tui.runner.keeper.processes import group_exists

CHUNK = 65_536
"""The most that is read at once, in bytes: what a pipe holds."""

OUTPUT_GRACE = 0.5
"""Seconds that output is waited for after the end, if a process that was left behind could still print."""

KILL_PATIENCE = 5.0
"""Seconds until a process group that even KILL does not end is given up."""

_CHECK = 0.05
"""Seconds between looks at a group that is about to end."""


class Office(Protocol):
    """What a run needs of the keeper."""

    loop: Loop

    def started(self, life: "Life") -> None:
        """The program began."""

    def ended(self, life: "Life", record: Record) -> None:
        """It is over; `life` will do nothing more."""

    def drain(self, pipe: int) -> None:
        """Read away what a process that was left behind still prints."""

    def groups(self) -> set[int]:
        """The process groups in which anything lives, as of just now."""


class Life(ABC):
    """A run that lives. Its process group has the number of its main process."""

    def __init__(self, office: Office, run: str, capture: Capture, record: str) -> None:
        self.run = run
        self.record = record
        """What the service wants to have told of the run, in its own words."""
        self.pid = 0
        self.started_at = now()
        """In µs since the epoch."""
        self.executed = False
        """Whether the program began."""
        self.notes: list[str] = []
        self._office = office
        self._loop = office.loop
        self._capture = capture
        self._began = time.monotonic()
        self._kill_after = 0.0
        self._pidfd = -1
        self._output = -1
        self._timers: list[Timer] = []
        self._reason = "ended"
        self._ended_at = 0
        self._elapsed = 0.0
        self._over = False
        """The main process is dead and buried."""

    @property
    def deadline(self) -> float | None:
        """When the timeout comes, by the monotonic clock."""
        return None

    @abstractmethod
    def start_record(self) -> Record:
        """What a new keeper has to know to go on, with the process's line of /proc/PID/stat."""

    @abstractmethod
    def _bury(self) -> None:
        """Learn what can be known of the main process, which is dead."""

    @abstractmethod
    def _outcome(self) -> Record:
        """How the main process ended."""

    def stop(self) -> None:
        """End it as asked for by a person."""
        self._terminate("stopped")

    def _follow(self) -> None:
        """Watch the main process, the output and the clock."""
        self._loop.watch(self._pidfd, self._on_exit)
        if self._output >= 0:
            self._loop.watch(self._output, self._on_output)
        if self.deadline is not None:
            self._timers.append(self._loop.at(self.deadline, lambda: self._terminate("timeout")))

    def _on_output(self, _: int) -> None:
        try:
            data = os.read(self._output, CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self.notes.append(f"the output could not be read to its end: {error.strerror}")
            data = b""
        if data:
            self._keep(data)
            return
        self._close_output()
        if self._over:
            self._finish()

    def _keep(self, data: bytes) -> None:
        self._capture.feed(data)

    def _on_exit(self, _: int) -> None:
        self._loop.forget(self._pidfd)
        self._ended_at = now()
        self._elapsed = time.monotonic() - self._began
        if self._reason == "ended":
            self._settle()
        else:
            self._await_group()

    def _terminate(self, reason: str) -> None:
        """TERM to the whole group, and KILL after a while. CONT, because a stopped process takes no TERM."""
        if self._reason != "ended" or self._ended_at:
            return
        self._reason = reason
        self._timers.append(self._loop.after(self._kill_after, self._kill))
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._timers.append(self._loop.after(KILL_PATIENCE, self._give_up))

    def _give_up(self) -> None:
        if self._ended_at and not self._over:
            self.notes.append("some of its processes could not be killed")
            self._settle()

    def _signal(self, number: int) -> None:
        """To the whole group. The main process is not buried before, so the number cannot be another's."""
        if self.pid <= 0:
            raise ValueError("there is no process yet, and 0 would mean our own group")
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return
        except PermissionError:
            self.notes.append(
                "it could not be ended: it runs as a user that this node may not send signals to"
            )

    def _await_group(self) -> None:
        """After TERM or KILL, the others of the group are given the same time to end."""
        if self._over:
            return
        if self.pid in self._office.groups():
            self._timers.append(self._loop.after(_CHECK, self._await_group))
        else:
            self._settle()

    def _settle(self) -> None:
        """The end is known; only output may still come."""
        self._bury()
        self._over = True
        for timer in self._timers:
            timer.cancel()
        if self._output < 0:
            self._finish()
        else:
            self._timers.append(self._loop.after(OUTPUT_GRACE, self._finish))

    def _finish(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._output >= 0:
            self.notes.append("a process that it left behind still holds its output")
            self._loop.forget(self._output)
            self._office.drain(self._output)
            self._output = -1
        elif group_exists(self.pid) and self.pid in self._office.groups():
            self.notes.append("it left processes behind")
        os.close(self._pidfd)
        self._capture.close()
        self._office.ended(self, self._record())

    def _record(self) -> Record:
        if self._capture.trouble:
            self.notes.append(f"output could not be written: {self._capture.trouble}")
        return {
            "run": self.run,
            "reason": self._reason,
            "message": "",
            "pid": self.pid,
            "exit_code": None,
            "signal": None,
            "started_at": self.started_at,
            "ended_at": self._ended_at,
            "elapsed_us": int(self._elapsed * 1_000_000),
            "user_us": 0,
            "system_us": 0,
            "max_rss_kb": 0,
            "output_bytes": self._capture.received,
            "dropped_bytes": self._capture.dropped,
            "notes": self.notes,
            "record": self.record,
            **self._outcome(),
        }

    def _close_output(self) -> None:
        self._loop.forget(self._output)
        os.close(self._output)
        self._output = -1


def now() -> int:
    """The time in µs since the epoch."""
    return time.time_ns() // 1000
