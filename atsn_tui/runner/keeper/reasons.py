"""Why a job could not begin, put so that a person can act on it."""

import errno
import os

from atsn_tui.runner.keeper.job import Job


def not_started(job: Job, step: str, number: int, detail: str = "") -> str:
    """The message for a step of the child, or of the keeper, that failed with this error number."""
    said = detail or (os.strerror(number) if number else "unknown error")
    match step, number:
        case "directory", errno.ENOENT:
            return f"directory {job.directory} is missing on this node: make it, or give the task another"
        case "directory", errno.EACCES:
            return f"{job.account} may not enter the directory {job.directory}"
        case "directory", _:
            return f"cannot enter the directory {job.directory}: {said}"
        case "nice", errno.EACCES | errno.EPERM:
            return f"nice {job.nice} is refused: only root may raise a task's priority"
        case "account", errno.EPERM:
            return f"cannot run as {job.account}: this node's service does not run as root"
        case "account", errno.EAGAIN:
            return f"cannot run as {job.account}: that user has too many processes"
        case "account", _:
            return f"cannot run as {job.account}: {said}"
        case "fork", _:
            return f"no process could be started: {said} (see the limits on processes and memory)"
        case "files", errno.EMFILE | errno.ENFILE:
            return f"no process could be started: {said} (raise the service's limit, LimitNOFILE)"
        case _:
            return _program(job, step, number, said)


def _program(job: Job, step: str, number: int, said: str) -> str:
    searched = "/" not in job.program
    match step, number:
        case "program", errno.ENOENT if searched:
            return f"program {job.program} is not in PATH ({job.environment.get('PATH', os.defpath)})"
        case "program", errno.ENOENT:
            return f"program {job.program} is missing on this node"
        case "program", errno.EACCES if searched:
            return f"program {job.program} was found in PATH, but {job.account} may not execute it"
        case "program", errno.EACCES:
            return f"{job.account} may not execute {job.program}"
        case "program", errno.ELIBACC:
            return f"{job.program} names an interpreter, in its first line, that is missing on this node"
        case "program", errno.ENOEXEC:
            return (
                f"{job.program} is neither a program for this machine nor a script with an interpreter (#!) "
                "in its first line"
            )
        case "program", errno.E2BIG:
            return f"{job.program} cannot be given so long a command and environment"
        case "program", _:
            return f"cannot execute {job.program}: {said}"
        case _:
            return f"the run could not be prepared ({step}): {said}"


def note(job: Job, step: str, number: int) -> str:
    """The remark for a step that did not go as usual."""
    said = os.strerror(number)
    if step == "directory":
        return f"{job.directory} could not be entered ({said}); the task ran in {job.fallback}"
    return f"the run's process could not be written down ({said}); it would be lost if the keeper died"
