"""What happens between fork and exec.

A fork is cheap, but every page of the keeper that the child touches is copied. So the keeper lays out beforehand what
the child has to do, as plain calls, and the child just goes through them: a child that thinks costs twice as much.
"""

import errno
import os
import resource
from collections.abc import Callable
from typing import Any, NoReturn

from atsn_tui.runner.keeper.job import Job

_STATUS = 3
"""The status file's number in the child. The keeper's own files are all higher, see `main`."""

_STAT = b"/proc/self/stat"
_ENOUGH = 256
"""Bytes of that file that hold all which identifies a process."""

Step = tuple[str, Callable[..., Any], tuple[Any, ...]]
"""Its name, for messages, and a call."""


class Child:
    """The way of a fresh child to the job's program. Made before the fork.

    `files` are standard input, standard output, and where the keeper is told what fails; that closes when the
    program begins. `journal` is a file and a line to be completed there, so that the process is found again.
    `open_files` are the limits that the job gets.
    """

    def __init__(
        self, job: Job, files: tuple[int, int, int], journal: tuple[int, bytes], open_files: tuple[int, int]
    ) -> None:
        self._status = files[2]
        self._journal, self._start = journal
        self._keeper = os.getpid()
        self._files = _files(*files)
        self._limits = _limits(job, open_files)
        self._directory = os.fsencode(job.directory)
        self._fallback = job.fallback
        self._programs = [os.fsencode(path) for path in _candidates(job)]
        self._arguments = [os.fsencode(word) for word in job.argv]
        self._environment = {os.fsencode(name): os.fsencode(value) for name, value in job.environment.items()}

    def become(self) -> NoReturn:
        """Turn this process into the job, or end it."""
        name = "start"
        try:
            self._sign()
            for step in self._files:
                name = step[0]
                step[1](*step[2])
            self._status = _STATUS
            for step in self._limits:
                name = step[0]
                step[1](*step[2])
            name = "directory"
            self._enter()
            name = "program"
            self._execute()
        except BaseException as error:
            number = error.errno if isinstance(error, OSError) and error.errno else 0
            self._tell("fail", name, number, "" if number else repr(error))
        finally:
            os._exit(127)

    def _sign(self) -> None:
        """Write down which process this is. Without a keeper nobody would know of us, and nothing may begin."""
        try:
            stat = os.read(os.open(_STAT, os.O_RDONLY), _ENOUGH)
            os.write(self._journal, self._start + stat[:-1] + b'"}')
        except OSError as error:
            self._tell("note", "start", error.errno or 0)
        if os.getppid() != self._keeper:
            os._exit(127)

    def _enter(self) -> None:
        """The directory, by the rights of the account."""
        try:
            os.chdir(self._directory)
        except OSError as error:
            if self._fallback is None:
                raise
            os.chdir(self._fallback)
            self._tell("note", "directory", error.errno or 0)

    def _execute(self) -> None:
        """Be the program. It returns only by an error."""
        denied = False
        for path in self._programs:
            try:
                os.execve(path, self._arguments, self._environment)  # noqa: S606 - that is the point
            except OSError as error:
                if error.errno == errno.ENOENT and os.path.exists(path):
                    raise OSError(errno.ELIBACC, "") from error
                if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EACCES) or len(self._programs) == 1:
                    raise
                denied = denied or error.errno == errno.EACCES
        raise OSError(errno.EACCES if denied else errno.ENOENT, "")

    def _tell(self, kind: str, name: str, number: int, detail: str = "") -> None:
        line = f"{kind}\t{name}\t{number}\t{' '.join(detail.split())[:500]}\n"
        os.write(self._status, line.encode(errors="replace"))


def _files(stdin: int, stdout: int, status: int) -> list[Step]:
    """A session, and files 0 to 3."""
    return [
        ("files", os.setsid, ()),
        ("files", os.dup2, (stdin, 0)),
        ("files", os.dup2, (stdout, 1)),
        ("files", os.dup2, (stdout, 2)),
        ("files", os.dup2, (status, _STATUS, False)),
    ]


def _limits(job: Job, open_files: tuple[int, int]) -> list[Step]:
    """No more files; limits, priority, umask and account."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    steps: list[Step] = [
        ("files", os.closerange, (_STATUS + 1, most)),
        ("files", resource.setrlimit, (resource.RLIMIT_NOFILE, open_files)),
    ]
    if job.nice is not None:
        steps.append(("nice", os.setpriority, (os.PRIO_PROCESS, 0, job.nice)))
    steps.append(("files", os.umask, (job.umask,)))
    if job.uid is not None and job.gid is not None:
        steps += [
            ("account", os.setgroups, (job.groups,)),
            ("account", os.setresgid, (job.gid, job.gid, job.gid)),
            ("account", os.setresuid, (job.uid, job.uid, job.uid)),
        ]
    return steps


def _candidates(job: Job) -> list[str]:
    """Where the program may be."""
    if "/" in job.program:
        return [job.program]
    path = job.environment.get("PATH", os.defpath)
    return [f"{directory or '.'}/{job.program}" for directory in path.split(":")]
