"""A process that has the program loaded and forks `atsn` processes in an instant.

Starting Python and loading the program takes a second on a slow machine, and these tests start hundreds.
Each request is a connection on a Unix socket: the words, the environment and the directory as JSON, with the files
for output, errors and perhaps input; the answer is the new process's id, and its exit status when it has ended. If the
input is a terminal, it becomes the new process's own. A forked process is an ordinary one: no thread, loop or database
existed before the fork.
"""

import array
import contextlib
import ctypes
import fcntl
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import sys
import tempfile
import termios
import time
from pathlib import Path

PRELOADED = (
    "atsn_tui.cli.verbs.channel",
    "atsn_tui.cli.verbs.serve",
    "atsn_tui.cli.verbs.replicate",
    "atsn_tui.cli.verbs.task",
    "atsn_tui.cli.replication",
    "atsn_tui.cli.text.results",
    "atsn_tui.cli.link_options",
    "atsn_tui.node.files.files",
    "atsn_tui.node.links.replication",
    "atsn_tui.service.channel",
    "atsn_tui.service.daemon",
    "croniter",
)
_PR_SET_PDEATHSIG = 1
_MAX_REQUEST = 100_000


def main(path: Path) -> None:
    """Answer requests until killed, or until standard input ends as it does when the parent does.

    It is not told by its parent's death: that of the thread which started it would do.
    """
    _load(path.with_name("no-node"))
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin.fileno()], [], [])
            if listener not in ready:
                return
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    _serve(connection)


def _load(nowhere: Path) -> None:
    """Load what the commands need; one is run as far as it comes without a node, to load what Typer needs."""
    for name in PRELOADED:
        importlib.import_module(name)
    from atsn_tui.cli.main import main as atsn

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for words in (["replicate", "--yes", "--json"], ["task", "list", "x"]):
            assert atsn(["--home", str(nowhere), *words]) == 2


def _serve(connection: socket.socket) -> None:
    """Fork once more, tell the new process's id, wait for its end, and tell that."""
    _die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    fds = array.array("i")
    data, extra, _, _ = connection.recvmsg(_MAX_REQUEST, socket.CMSG_LEN(3 * fds.itemsize))
    for _, _, part in extra:
        fds.frombytes(part)
    process = os.fork()
    if process == 0:
        connection.close()
        words, environ, directory = json.loads(data)
        os.environ.clear()
        os.environ.update(environ)
        time.tzset()
        tempfile.tempdir = None  # It belongs to the environment.
        os.chdir(directory)
        _run(words, *fds)
    connection.sendall(f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(words: list[str], out: int, err: int, given: int | None = None) -> None:
    _die_with_parent()
    given = os.open(os.devnull, os.O_RDONLY) if given is None else given
    for source, target in ((given, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
        os.close(source)
    os.setsid()
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
    code = 99
    try:
        from atsn_tui.cli.main import main as atsn

        code = atsn(words)
        sys.stdout.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
