"""Every command that the README and the user guide show does what they say, in the order in which they show it."""

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nodes import Machine, Machines, Outcome, free_port

ROOT = Path(__file__).parents[2]
INVITE = re.compile(r"ATSN1-[\w-]+")
CRONTAB = "SHELL=/bin/sh\n17 3 * * * root test -x /usr/sbin/anacron || run-parts /etc/cron.daily\n"


@dataclass(frozen=True)
class Line:
    """One line of a console block: on which machine, what is typed, and how it exits."""

    host: str
    words: tuple[str, ...]
    code: int


def lines_of(page: str) -> Iterator[Line]:
    """The commands of ours in a page's console blocks; `exit code N` in a comment is what a command exits with."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            found = re.fullmatch(r"(\w+)\$ +(atsn .*?)(?:  # (.*))?", line)
            if found is None:
                assert re.match(r"\$ (make|git|python3|export) ", line), (
                    f"{page} shows what nobody tests: {line}"
                )
                continue
            code = re.search(r"exit code (\d)", found[3] or "")
            yield Line(found[1], tuple(shlex.split(found[2])[1:]), int(code[1]) if code else 0)


class Stage:
    """The machines of a page, and what stands for things of the outside world on it."""

    def __init__(self, make_node: Machines, directory: Path) -> None:
        self._make_node, self._directory = make_node, directory
        self._machines: dict[str, Machine] = {}
        self._invite = ""
        (directory / "crontab").write_text(CRONTAB)

    def play(self, line: Line) -> None:
        """Type a line, and check that it exits as the page says."""
        if line.words[0] == "init":
            self._make(line)
            return
        machine = self._machines[line.host]
        if line.words in (("serve",), ("service", "install")):
            machine.serve()
            return
        outcome = machine.process(*(self._real(word) for word in line.words))
        # What the doctor finds is the machine's matter as well: whether it can send mail, for one.
        fine = {0, 1} if line.words[0] == "doctor" else {line.code}
        assert outcome.code in fine, f"{line}\n{outcome.out}\n{outcome.err}"
        self._remember(outcome)

    def _make(self, line: Line) -> None:
        assert line.words[1:3] == ("--name", line.host)
        machine = self._make_node(line.host, listen=False)
        if "--listen" in line.words:
            machine.configure("listen", f"127.0.0.1:{free_port()}")
        self._machines[line.host] = machine

    def _real(self, word: str) -> str:
        here = {
            "/etc/crontab": str(self._directory / "crontab"),
            "ATSN1-…": self._invite,
            "hq.tar": str(self._directory / "hq.tar"),
        }
        return here.get(word, word)

    def _remember(self, outcome: Outcome) -> None:
        if found := INVITE.search(outcome.out):
            self._invite = found[0]


AS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="tasks run as nobody on the nodes of the guide: root's"
)


@pytest.mark.parametrize("page", ["README.md", pytest.param("docs/guide.md", marks=AS_ROOT)])
def test_the_commands_of_a_page_work_in_their_order(page: str, make_node: Machines, tmp_path: Path) -> None:
    stage, played = Stage(make_node, tmp_path), 0
    for line in lines_of(page):
        stage.play(line)
        played += 1
    assert played >= 10, "the page has lost its commands"
