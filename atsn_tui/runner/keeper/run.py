"""A run that this keeper started."""

import os
import resource
import signal
from contextlib import suppress
from typing import Any

from atsn_tui.runner.keeper import reasons
from atsn_tui.runner.keeper.capture import Capture
from atsn_tui.runner.keeper.child import Child
from atsn_tui.runner.keeper.job import Job
from atsn_tui.runner.keeper.journal import Journal, Record
from atsn_tui.runner.keeper.life import Life, Office
from atsn_tui.runner.keeper.processes import stat_line

_STATUS_SIZE = 8192
_SOON = 0.003
"""Seconds until a run is asked whether its program began: a shorter one needs no waking up for that."""


class Run(Life):
    """From fork to the end of the main process."""

    def __init__(self, office: Office, job: Job, output: str) -> None:
        super().__init__(office, job.run, Capture(output, job.limit, job.secrets), job.record)
        self._job = job
        self._kill_after = job.kill_after
        self._pipe = 0
        self._status = -1
        self._said = b""
        self._failure = ""
        self._exit = 0
        self._boot = ""
        self._files: list[int] = []
        """All that was opened for the fork, ours and the child's."""
        self._error: OSError | None = None
        self._usage: resource.struct_rusage | None = None

    @property
    def deadline(self) -> float | None:
        """When the timeout comes, by the monotonic clock."""
        return None if self._job.timeout is None else self._began + self._job.timeout

    def prepare(self, nothing: int, journal: Journal, boot: str, open_files: tuple[int, int]) -> bool:
        """Lay out all that the fork needs; whether it can be done.

        `nothing` is /dev/null; `open_files` are the limits that the job gets.
        """
        self._boot = boot
        try:
            self._output, output = self._make_output()
            self._status, status = _pipe(self._files)
            stdin = nothing if self._job.stdin is None else _text(self._job.stdin, self._files)
        except OSError as error:
            self._abandon("files", error)
            return False
        start = journal.start(self.run, self._facts())
        self._child = Child(self._job, (stdin, output, status), (journal.file, start), open_files)
        return True

    def fork(self) -> None:
        """Begin. Several runs are forked one right after the other, and only then attended to.

        After each fork every page that is written to has to be copied, so the less is done in between the better.
        """
        try:
            self.pid = os.fork()
        except OSError as error:
            self._error = error
            return
        if self.pid == 0:
            self._child.become()

    def attend(self) -> None:
        """Follow what was forked."""
        try:
            if self._error is not None:
                raise self._error
            self._pidfd = os.pidfd_open(self.pid)
        except OSError as error:
            self._abandon("fork", error)
            return
        for file in self._files:
            if file not in (self._output, self._status):
                os.close(file)
        del self._child
        self._timers.append(self._loop.after(_SOON, self._watch_status))
        self._follow()

    def _watch_status(self) -> None:
        if self._status >= 0:
            self._loop.watch(self._status, self._on_status)

    def start_record(self) -> Record:
        """What the child wrote down, once more."""
        return {**self._facts(), "stat": stat_line(self.pid)}

    def _make_output(self) -> tuple[int, int]:
        """The ends of the pipe that the job prints into.

        The job's end is open for reading too, so that it is not killed by SIGPIPE while a dead keeper is replaced.
        """
        reader, writer = _pipe(self._files)
        self._pipe = os.fstat(reader).st_ino
        both = os.open(f"/proc/self/fd/{writer}", os.O_RDWR | os.O_CLOEXEC)
        self._files.append(both)
        if self._job.uid is not None and self._job.gid is not None:
            with suppress(OSError):
                os.fchown(both, self._job.uid, self._job.gid)  # or the job could not open /dev/stderr
        return reader, both

    def _facts(self) -> Record:
        """What a new keeper has to know to go on."""
        return {
            "boot": self._boot,
            "started_at": self.started_at,
            "deadline": self.deadline,
            "kill_after": self._kill_after,
            "limit": self._job.limit,
            "masked": bool(self._job.secrets),
            "pipe": self._pipe,
            "record": self.record,
        }

    def _abandon(self, step: str, error: OSError) -> None:
        """There is no process, or none that could be followed."""
        if self.pid > 0:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for file in self._files:
            os.close(file)
        self._output = self._status = -1
        self._failure = reasons.not_started(self._job, step, error.errno or 0)
        self._office.ended(self, self._record())

    def _on_status(self, _: int) -> None:
        """The child tells of its steps; the end of that is the beginning of the program, or a failure."""
        data = b"-"
        while self._status >= 0 and data:
            try:
                data = os.read(self._status, _STATUS_SIZE)
            except BlockingIOError:
                return
            self._said += data
        if self._status >= 0:
            self._learn()

    def _learn(self) -> None:
        """Whether the program began, or why not."""
        self._loop.forget(self._status)
        os.close(self._status)
        self._status = -1
        for line in self._said.decode(errors="replace").splitlines():
            kind, step, number, detail = line.split("\t", 3)
            if kind == "note":
                self.notes.append(reasons.note(self._job, step, int(number)))
            else:
                self._failure = reasons.not_started(self._job, step, int(number), detail)
        if not self._failure:
            self.executed = True
            self._office.started(self)

    def _terminate(self, reason: str) -> None:
        self._on_status(0)
        if self.pid > 0 and not self.executed and self._reason == "ended" and not self._ended_at:
            self._reason = reason
            os.kill(self.pid, signal.SIGKILL)  # it hangs before the program: nothing there needs a TERM
        else:
            super()._terminate(reason)

    def _bury(self) -> None:
        self._on_status(0)
        _, self._exit, self._usage = os.wait4(self.pid, 0)

    def _outcome(self) -> dict[str, Any]:
        if self._failure:
            ended_at = self._ended_at or self.started_at
            return {"reason": "not_started", "message": self._failure, "ended_at": ended_at, "pid": None}
        code = os.waitstatus_to_exitcode(self._exit)
        outcome: dict[str, Any] = {"signal": -code} if code < 0 else {"exit_code": code}
        if self._usage is not None:
            outcome["user_us"] = int(self._usage.ru_utime * 1_000_000)
            outcome["system_us"] = int(self._usage.ru_stime * 1_000_000)
            outcome["max_rss_kb"] = self._usage.ru_maxrss
        return outcome


def _pipe(files: list[int]) -> tuple[int, int]:
    """A pipe whose reading end does not block; both ends are added to `files`."""
    ends = os.pipe2(os.O_CLOEXEC)
    files += ends
    os.set_blocking(ends[0], False)
    return ends


def _text(text: str, files: list[int]) -> int:
    """A file in memory that holds `text`."""
    file = os.memfd_create("stdin", os.MFD_CLOEXEC)
    files.append(file)
    data = text.encode(errors="surrogateescape")
    while data:
        data = data[os.write(file, data) :]
    os.lseek(file, 0, os.SEEK_SET)
    return file
