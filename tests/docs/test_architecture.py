"""docs/architecture.md names every layer, folder and table, what a replica does, and nothing that is not there."""

import re
from pathlib import Path

from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.planned import PlannedReplica
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.replication.replica import Replica
from tests.store.samples import memory

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def first_column(heading: str) -> set[str]:
    """The names in the first column of the tables between a heading and the next one."""
    part = PAGE.split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| ([^|]+) \|", part, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_folder_is_named() -> None:
    package = ROOT / "atsn_tui"
    folders = {each.parent.relative_to(package).as_posix() for each in package.rglob("__init__.py")} - {"."}
    assert first_column("# Architecture") == folders | {"errors"}


def test_every_table_is_named() -> None:
    db = memory()
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    db.close()
    assert first_column("## Where things are remembered") == {
        name for name in tables if not name.startswith("sqlite_")
    }


def test_what_a_replica_does_is_named() -> None:
    found = re.search(r"A replica is a small interface \(([^)]+)\)", PAGE)
    assert found is not None
    assert re.findall(r"`(\w+)`", found[1]) == [name for name in vars(Replica) if not name.startswith("_")]


def test_the_implementations_of_a_replica_are_named() -> None:
    for kind in (LocalReplica, RemoteReplica, PlannedReplica):
        assert f"`{kind.__name__}` (" in PAGE
