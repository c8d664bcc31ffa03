"""The keeper's beginning and end."""

import errno
import fcntl
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import suppress

from atsn_tui.runner.keeper.keeper import Keeper
from atsn_tui.runner.places import keeper_lock, keeper_log, keeper_socket

ANOTHER_LIVES = 3
"""The exit code if this home has a keeper already."""

LINGER = 10.0
"""Seconds that a keeper stays when there is nothing to do and no service."""

_TAKEN = 3
_MOST_FILES = 65_536
_MAX_LOG = 65_536


def main(arguments: list[str]) -> int:
    """Become the keeper of the home that is named first. Returns, in the first process, when it can be spoken to.

    A second argument is the time to linger, in seconds.
    """
    home = arguments[0]
    linger = float(arguments[1]) if len(arguments) > 1 else LINGER
    _tidy()
    try:
        check_system()
        lock = _lock(keeper_lock(home))
        if lock is None:
            return ANOTHER_LIVES
        listener = _listen(keeper_socket(home))
        log = _open_log(keeper_log(home))
    except OSError as error:
        print(": ".join(filter(None, (error.filename, error.strerror))), file=sys.stderr)
        return 1
    if os.fork() != 0:
        return 0
    _detach(log)
    _serve(home, linger, listener, lock)
    return 0


def check_system() -> None:
    """Raise OSError if the system lacks what we cannot do without."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (OSError, AttributeError) as error:
        raise OSError(errno.ENOSYS, "jobs can only be followed on Linux 5.3 or later") from error


def _serve(home: str, linger: float, listener: socket.socket, lock: int) -> None:
    os.ftruncate(lock, 0)
    os.write(lock, b"%d\n" % os.getpid())
    keeper = Keeper(home, linger, _raise_limit())
    wake = _catch_signals()
    keeper.loop.watch(wake, lambda _: _hear_signals(keeper, wake))
    keeper.recover()
    keeper.loop.watch(listener.fileno(), lambda _: keeper.welcome(listener))
    gc.collect()
    gc.freeze()  # so that children do not touch, and copy, the pages of all that will stay
    while not keeper.leaving:
        keeper.loop.turn()
    keeper.loop.forget(listener.fileno())
    with suppress(OSError):
        os.unlink(keeper_socket(home))
    listener.close()
    os.close(lock)
    while keeper.busy:
        keeper.loop.turn()


def _tidy() -> None:
    """Hold on to nothing that we were started with. File 3 stays taken: a child uses that number."""
    os.umask(0o077)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing != _TAKEN:
        os.dup2(nothing, _TAKEN, inheritable=False)
    os.closerange(_TAKEN + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _lock(path: str) -> int | None:
    """The lock, which stays ours until we end; None if another keeper has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    return lock


def _listen(path: str) -> socket.socket:
    """The socket, in place of one that a dead keeper left."""
    if os.path.lexists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # By its bare name, because the path of a socket must be short and that of a home need not be.
    os.chdir(os.path.dirname(path))
    listener.bind(os.path.basename(path))
    os.chdir("/")
    listener.listen(16)
    listener.setblocking(False)
    return listener


def _open_log(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    log = os.open(path, flags, 0o600)
    if os.fstat(log).st_size > _MAX_LOG:
        os.ftruncate(log, 0)
    return log


def _detach(log: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(nothing)
    os.close(log)
    try:
        with open("/proc/self/comm", "w") as file:
            file.write("atsn-keeper")
    except OSError:
        return


def _raise_limit() -> tuple[int, int]:
    """Allow ourselves as many open files as we may have. The limits as they were are for the jobs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    return soft, hard


def _catch_signals() -> int:
    """The file on which signals arrive. None is ignored or blocked, so that jobs begin with a clean slate."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in signal.valid_signals():
        if number not in (signal.SIGKILL, signal.SIGSTOP) and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return reader


def _hear_signals(keeper: Keeper, wake: int) -> None:
    if signal.SIGTERM in os.read(wake, 1024):
        keeper.retire()
