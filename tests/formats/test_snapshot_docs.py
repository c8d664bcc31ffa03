"""The page on the snapshot file says what is so."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from atsn_tui.errors import BadFile
from atsn_tui.formats.schema import schema
from atsn_tui.formats.snapshot import load

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "snapshot-format.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0]


def test_its_example_is_a_snapshot() -> None:
    loaded = load(EXAMPLE.encode())
    assert loaded.omitted == ("smtp",)
    assert [entry.task.path for entry in loaded.tasks] == ["databases/nightly-backup"]
    Draft202012Validator(schema()).validate(json.loads(EXAMPLE))


def test_the_fields_that_it_calls_needed_are_those_that_the_schema_requires() -> None:
    table = dict(
        re.findall(r"^\| (?:each of )?(?:`)?(top|group|settings|tasks)`? \| (.*) \|$", PAGE, re.MULTILINE)
    )
    definitions = schema()["$defs"]
    kinds = {
        "top": "SnapshotFile",
        "group": "SnapshotGroup",
        "settings": "SnapshotSettings",
        "tasks": "SnapshotTask",
    }
    for place, kind in kinds.items():
        assert set(re.findall(r"`(\w+)`", table[place])) == set(definitions[kind]["required"])


def test_the_error_that_it_shows_is_the_one_that_is_raised() -> None:
    document = json.loads(EXAMPLE)
    task = document["tasks"][0]
    document["tasks"] = [
        task | {"id": task["id"][:-1] + str(number), "schedules": [5] if number == 3 else []}
        for number in range(4)
    ]
    with pytest.raises(BadFile) as caught:
        load(json.dumps(document).encode())
    assert caught.value.message.replace("`", "") in PAGE
