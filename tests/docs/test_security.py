"""Every promise of the security model names tests, and they exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
MODEL = PAGE.partition("## Who attacks")[2].partition("\n## ")[0]
PROMISES = [
    row for row in re.findall(r"^\| (?!promise )(.+) \|$", MODEL, flags=re.MULTILINE) if "---" not in row
]


def test_there_are_promises_against_each_attacker() -> None:
    attackers = re.findall(
        r"^\*\*(.+?)\*\*.*\n(?:.+\n)*\n\| promise \| proven by \|", MODEL, flags=re.MULTILINE
    )
    assert len(attackers) == 8, "seven who attack, and the accident"
    assert MODEL.count("Not promised:") == len(attackers)
    assert len(PROMISES) > 25


@pytest.mark.parametrize("row", PROMISES)
def test_every_promise_names_tests(row: str) -> None:
    promise, _, proof = row.rpartition(" | ")
    assert promise
    assert re.fullmatch(r"`tests/[\w/]+\.py`(, `tests/[\w/]+\.py`)*", proof), row


def test_what_is_named_exists() -> None:
    named = re.findall(r"(?:`|\.\./)(tests/[\w/.]+\.py)`?", PAGE)
    assert len(named) > 50
    assert [name for name in named if not (ROOT / name).is_file()] == []
    for module in re.findall(r"python -m ([\w.]+)", PAGE):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
    for name in set(named):
        if "/test_" in name:
            assert re.search(
                r"^(async )?def test_", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
            ), name
