"""The keeper's memory: who lives, which ends nobody has acknowledged, and who wants to know."""

import json
import os
import socket
import sys
import time

from atsn_tui.model.version import VERSION
from atsn_tui.runner.keeper.drains import Drains
from atsn_tui.runner.keeper.ends import Ends
from atsn_tui.runner.keeper.job import Job
from atsn_tui.runner.keeper.journal import Journal, Record
from atsn_tui.runner.keeper.life import Life
from atsn_tui.runner.keeper.link import Link, Message, may_connect
from atsn_tui.runner.keeper.loop import Loop, Timer
from atsn_tui.runner.keeper.orphan import Orphan, lost
from atsn_tui.runner.keeper.processes import boot_id, living_groups
from atsn_tui.runner.keeper.run import Run
from atsn_tui.runner.places import check_run_id, output_file
from atsn_tui.runner.wire import PROTOCOL

_BATCH = 32
"""Runs that are forked at once: more would keep the first ones from being attended to."""

_MANY = 1000
"""Ends that are told in one message."""

_FRESH = 0.02
"""Seconds for which a look at all processes is good enough."""


class Keeper:
    """Starts and follows runs as a service says. It is the `Office` of its runs."""

    def __init__(self, home: str, linger: float, open_files: tuple[int, int]) -> None:
        self.loop = Loop()
        self.leaving = False
        """No run lives, every end is on disk, and nobody needs us."""
        self._home = home
        self._journal = Journal(home)
        self._ends = Ends(self._journal, self.loop, self._look_whether_to_leave)
        self._drains = Drains(self.loop, self._look_whether_to_leave)
        self._lives: dict[str, Life] = {}
        self._prepared: list[Run] = []
        self._link: Link | None = None
        self._linger = linger
        self._alone_since = time.monotonic()
        self._leave: Timer | None = None
        self._retiring = False
        self._nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._boot = boot_id()
        self._open_files = open_files
        self._pid = os.getpid()
        self._groups: tuple[float, set[int]] = (0.0, set())

    @property
    def busy(self) -> bool:
        """Whether somebody's output still has to be read away."""
        return bool(self._drains)

    def recover(self) -> None:
        """Find the runs that a keeper before us left, alive or not."""
        starts, ends = self._journal.load()
        for run, end in ends.items():
            self._ends.recall(run, json.dumps(end).encode())
        for run, start in starts.items():
            output = output_file(self._home, run)
            try:
                orphan = Orphan(self, run, start, output)
                found = start["boot"] == self._boot and orphan.find()
            except (KeyError, TypeError, ValueError):
                found = False
            if found:
                self._lives[run] = orphan
            else:
                self._ends.add(run, json.dumps(lost(run, start, self._boot, output)).encode())
        self._look_whether_to_leave()

    def welcome(self, listener: socket.socket) -> None:
        """Let a service in."""
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        if may_connect(connection):
            Link(self.loop, connection, self._hear, self._lose)
        else:
            connection.close()

    def retire(self) -> None:
        """Leave as soon as no run lives, whoever is connected."""
        self._retiring = True
        self._look_whether_to_leave()

    def started(self, life: Life) -> None:
        """The program of a run began."""
        if self._link is not None:
            self._tell({"op": "started", "run": life.run, "pid": life.pid, "started_at": life.started_at})

    def ended(self, life: Life, record: Record) -> None:
        """A run is over: keep its end until it is acknowledged."""
        self._lives.pop(life.run, None)
        end = json.dumps(record).encode()
        self._ends.add(life.run, end)
        self._tell_end(end)
        self._look_whether_to_leave()

    def drain(self, pipe: int) -> None:
        """Read away what a process that was left behind still prints."""
        self._drains.add(pipe)

    def groups(self) -> set[int]:
        """The process groups in which anything lives, as of just now."""
        now = time.monotonic()
        if now - self._groups[0] > _FRESH:
            self._groups = (now, living_groups())
        return self._groups[1]

    def _hear(self, link: Link, message: Message) -> None:
        try:
            self._obey(link, message)
        except (KeyError, TypeError, ValueError) as error:
            print(f"a message that cannot be understood: {error!r}", file=sys.stderr)
            link.close()

    def _obey(self, link: Link, message: Message) -> None:
        if message["op"] != "start":
            self._fork()
        match message["op"]:
            case "hello":
                self._greet(link)
            case "retire":
                self.retire()
            case _ if link is not self._link:
                raise ValueError("no hello was said")
            case "start":
                self._order(message)
            case "stop":
                life = self._lives.get(message["run"])
                self._tell({"op": "stopping", "run": message["run"], "found": life is not None})
                if life is not None:
                    life.stop()
            case "acknowledge":
                self._ends.acknowledge(message["runs"])
                self._shrink_journal()
            case unknown:
                raise ValueError(f"unknown request {unknown!r}")

    def _greet(self, link: Link) -> None:
        """The newest service is the one that counts."""
        before, self._link = self._link, link
        if before is not None and before is not link:
            before.close()
        ends = self._ends.all()
        hello: Message = {
            "op": "hello",
            "protocol": PROTOCOL,
            "version": VERSION,
            "pid": self._pid,
            "runs": len(self._lives),
            "living": [
                {
                    "run": life.run,
                    "pid": life.pid,
                    "started_at": life.started_at,
                    "record": life.record,
                }
                for life in self._lives.values()
            ],
            "ends": [json.loads(end) for end in ends[:_MANY]],
        }
        link.tell(json.dumps(hello).encode())
        for end in ends[_MANY:]:
            self._tell_end(end)

    def _order(self, message: Message) -> None:
        try:
            job = Job(message)
        except (KeyError, TypeError, ValueError) as error:
            check_run_id(message["run"])
            record = {"run": message["run"], "reason": "not_started", "message": f"a wrong order: {error!r}"}
            self._ends.add(message["run"], json.dumps(record).encode())
            self._tell_end(json.dumps(record).encode())
        else:
            self._start(job)

    def _start(self, job: Job) -> None:
        """Begin a run, unless that was done before: a service that lost its answer asks again."""
        if (life := self._lives.get(job.run)) is not None:
            if life.executed:
                self.started(life)
        elif (end := self._ends.get(job.run)) is not None:
            self._tell_end(end)
        else:
            run = Run(self, job, output_file(self._home, job.run))
            self._lives[job.run] = run
            if run.prepare(self._nothing, self._journal, self._boot, self._open_files):
                self._prepared.append(run)
            if len(self._prepared) == 1:
                self.loop.at_end(self._fork)
            elif len(self._prepared) >= _BATCH:
                self._fork()

    def _fork(self) -> None:
        runs, self._prepared = self._prepared, []
        for run in runs:
            run.fork()
        for run in runs:
            run.attend()

    def _shrink_journal(self) -> None:
        lives = self._lives.values()
        if self._journal.long and all(life.executed for life in lives):
            self._journal.shrink({life.run: life.start_record() for life in lives}, self._ends.all())

    def _tell(self, message: Message) -> None:
        if self._link is not None:
            self._link.tell(json.dumps(message).encode())

    def _tell_end(self, end: bytes) -> None:
        if self._link is not None:
            self._link.tell(b'{"op": "ended", "end": %b}' % end)

    def _lose(self, link: Link) -> None:
        if link is self._link:
            self._link = None
            self._alone_since = time.monotonic()
            self._look_whether_to_leave()

    def _look_whether_to_leave(self) -> None:
        if self._lives or not self._ends.safe:
            return
        if self._retiring:
            self.leaving = True
            if self._link is not None:
                self._link.close()
        elif self._link is None and not self._drains:
            alone = time.monotonic() - self._alone_since
            if alone >= self._linger:
                self.leaving = True
            else:
                if self._leave is not None:
                    self._leave.cancel()
                self._leave = self.loop.after(self._linger - alone, self._look_whether_to_leave)
