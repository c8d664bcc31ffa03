"""A machine with crontabs below a directory of one's own, and a node on it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from atsn_tui.home import crontab_files
from atsn_tui.home.crontab_files import SystemCrontab, UserCrontab
from atsn_tui.node.node import Node
from atsn_tui.node.takeover import moment
from tests.nodes import Machine, Machines
from tests.programs import need

ME = pwd.getpwuid(os.geteuid()).pw_name

TABLE = f"""\
# Save the database
MAILTO=ops@example.org
0 3 * * * {ME} /usr/bin/backup --all

*/5 * * * *   {ME}   /usr/bin/poll --mark "#"
61 * * * * {ME} never
# the end
"""

_CRONTAB = """\
#!/bin/sh
# What crontab(1) is told, and an error for what it would refuse.
user=$(id -un)
[ "$1" = -u ] && user=$2 && shift 2
case "$user" in stranger) echo "crontab:  user \\`$user' unknown" >&2; exit 1;; esac
if [ "$1" = -l ]; then
    [ -f "{spool}/$user" ] || {{ echo "no crontab for $user" >&2; exit 1; }}
    cat "{spool}/$user"
else
    [ -f "{spool}/slowly" ] && touch "{spool}/begun" && while [ -f "{spool}/slowly" ]; do sleep 0.02; done
    if grep -q refuse "$1"; then echo "errors in crontab file, can't install." >&2; exit 1; fi
    cp "$1" "{spool}/.new" && mv "{spool}/.new" "{spool}/$user"
fi
"""


@dataclass
class Cron:
    """The crontabs of a machine."""

    root: Path

    @property
    def site(self) -> SystemCrontab:
        """A file in cron.d."""
        return SystemCrontab(self.root / "etc" / "cron.d" / "site")

    @property
    def own(self) -> UserCrontab:
        """The crontab of whoever runs the tests."""
        return UserCrontab(ME)

    @property
    def spool(self) -> Path:
        """Where the stand-in of crontab(1) keeps the crontabs of users."""
        return self.root / "spool"

    def write(self, text: str, name: str = "site") -> SystemCrontab:
        """Write a file in cron.d."""
        path = self.root / "etc" / "cron.d" / name
        path.write_text(text)
        return SystemCrontab(path)

    def write_own(self, text: str) -> UserCrontab:
        """Write the crontab of whoever runs the tests."""
        (self.spool / ME).write_text(text)
        return self.own


def make_cron(root: Path) -> Cron:
    """A machine without crontabs, with a stand-in of crontab(1) on it."""
    made = Cron(root)
    (root / "etc" / "cron.d").mkdir(parents=True)
    made.spool.mkdir()
    (root / "bin").mkdir()
    (root / "bin" / "crontab").write_text(_CRONTAB.format(spool=made.spool))
    (root / "bin" / "crontab").chmod(0o755)
    return made


def use(cron: Cron, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process take those crontabs for the machine's, and any moment for a good one to change them."""
    monkeypatch.setenv("PATH", f"{cron.root / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(crontab_files, "SYSTEM_CRONTAB", cron.root / "etc" / "crontab")
    monkeypatch.setattr(crontab_files, "SYSTEM_CRONTABS", cron.root / "etc" / "cron.d")
    monkeypatch.setattr(crontab_files, "USER_CRONTABS", (cron.spool,))
    monkeypatch.setattr(moment, "FIRST", 0)
    monkeypatch.setattr(moment, "LAST", 60)


@pytest.fixture
def cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cron:
    """A machine without crontabs."""
    made = make_cron(tmp_path / "machine")
    use(made, monkeypatch)
    return made


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A node that nobody touches; a copy of it is made faster than a new one."""
    return Machines(tmp_path_factory.mktemp("fresh"))("hq", listen=False)


@pytest.fixture
def hq(fresh: Machine, cron: Cron, tmp_path: Path) -> Machine:
    """A node of one's own on that machine."""
    home = tmp_path / "hq"
    shutil.copytree(fresh.home, home)
    return Machine("hq", home, fresh.identity)


@pytest.fixture
async def node(hq: Machine) -> AsyncIterator[Node]:
    """The same node, open."""
    async with hq.open() as opened:
        yield opened


@pytest.fixture(scope="session")
def stranger() -> Iterator[str]:
    """A user of the system for these tests alone, for whom the real crontab(1) works."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a user to test the real crontab(1) with")
    need("crontab", "useradd", "userdel")
    name = f"atsn-test-{os.getpid()}"
    subprocess.run(["useradd", "--system", "--no-create-home", name], check=True, capture_output=True)
    yield name
    subprocess.run(["crontab", "-u", name, "-r"], check=False, capture_output=True)
    subprocess.run(["userdel", name], check=False, capture_output=True)
