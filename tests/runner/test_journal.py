"""The journal: what it says after any of its lines is the last, whole or torn."""

import json
from pathlib import Path

import pytest

from atsn_tui.runner.keeper import journal as module
from atsn_tui.runner.keeper.journal import Journal
from atsn_tui.runner.places import journal_file


def write_start(journal: Journal, run: str) -> None:
    """As a child does."""
    with open(journal.file, "ab", closefd=False) as file:
        file.write(journal.start(run, {"boot": "b"}) + b'1 (x) S"}')


def end(run: str, code: int = 0) -> bytes:
    """The end of a run."""
    return json.dumps({"run": run, "exit_code": code}).encode()


def test_starts_ends_and_acknowledgements_are_found_again(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    for run in ("a", "b", "c"):
        write_start(journal, run)
    journal.end(end("b", 3))
    journal.end(end("c"))
    journal.acknowledge(["c"])
    starts, ends = Journal(str(tmp_path)).load()
    assert starts == {"a": {"start": "a", "boot": "b", "stat": "1 (x) S"}}
    assert ends == {"b": {"run": "b", "exit_code": 3}}


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    write_start(journal, "a")
    path = Path(journal_file(str(tmp_path)))
    before = path.read_bytes()
    journal.end(end("a", 3))
    after = path.read_bytes()
    for size in range(len(before), len(after)):
        path.write_bytes(after[:size])
        write_start(journal, "b")
        starts, ends = journal.load()
        assert (sorted(starts), ends) == (["a", "b"], {})
    path.write_bytes(after)
    assert journal.load() == ({}, {"a": {"run": "a", "exit_code": 3}})


def test_strange_lines_are_left_out(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    Path(journal_file(str(tmp_path))).write_bytes(
        b'\n[1]\n"x"\n{"end": 1}\n{"start": 2}\n\xff\n{"other": "x"}\n'
    )
    assert journal.load() == ({}, {})


def test_it_is_written_anew_with_what_is_needed_when_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 5000)
    journal = Journal(str(tmp_path))
    write_start(journal, "alive")
    journal.end(end("waits", 3))
    for number in range(200):
        write_start(journal, f"r{number}")
        journal.end(end(f"r{number}"))
        journal.acknowledge([f"r{number}"])
        if journal.long:
            journal.shrink({"alive": {"boot": "b", "stat": "1 (x) S"}}, [end("waits", 3)])
    assert Path(journal_file(str(tmp_path))).stat().st_size < 20_000
    starts, ends = Journal(str(tmp_path)).load()
    assert starts == {"alive": {"start": "alive", "boot": "b", "stat": "1 (x) S"}}
    assert ends == {"waits": {"run": "waits", "exit_code": 3}}
