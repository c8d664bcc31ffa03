"""The published JSON Schema of snapshots."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from atsn_tui.formats.schema import schema, schema_text
from atsn_tui.formats.snapshot import Snapshot, TaskEntry, dump
from tests.strategies import GROUP_ID, TASK_IDS, dates, few_examples, settings, tasks

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "snapshot.schema.json"
WRITE = "from atsn_tui.formats.schema import schema_text; print(schema_text(), end='')"

VALIDATOR = Draft202012Validator(schema())
MINIMAL: dict[str, Any] = {
    "format": "atsn-snapshot",
    "version": 1,
    "group": {"id": GROUP_ID},
    "settings": {"name": "g", "modified_at": "2026-11-22T12:00:00.000000Z"},
}


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_published_file_is_the_one_that_the_types_make() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), (
        f'write it anew: python -c "{WRITE}" > {PUBLISHED.name}'
    )


@few_examples
@given(tasks(), settings(), dates())
def test_every_snapshot_fits_it(task: Any, content: Any, date: int) -> None:
    snapshot = Snapshot(
        group_id=GROUP_ID,
        replicated=True,
        settings=content,
        settings_modified=date,
        tasks=(TaskEntry(TASK_IDS[0], date, task),),
    )
    for secrets in (False, True):
        VALIDATOR.validate(json.loads(dump(snapshot, secrets=secrets)))


def test_a_minimal_file_fits_it() -> None:
    VALIDATOR.validate(MINIMAL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"format": "other"},
        {"extra": 1},
        {"group": {}},
        {"settings": {"name": "g"}},
        {"settings": MINIMAL["settings"] | {"credentials": {"a": {"secret": {"omitted": False}}}}},
        {"tasks": [{"name": "no id"}]},
        {"tasks": {}},
    ],
)
def test_what_an_import_refuses_does_not_fit_it(wrong: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(MINIMAL | wrong)
