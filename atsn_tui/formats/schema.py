"""The JSON Schema of snapshots, made from the types that read them."""

import json
from typing import Any

import msgspec

from atsn_tui.formats.snapshot_file import SnapshotFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema. It covers fields, types and ranges; an import checks more, such as names and dates."""
    (top,), definitions = msgspec.json.schema_components((SnapshotFile,), ref_template="#/$defs/{name}")
    return {"$schema": DIALECT, "title": "ATSN snapshot", **top, "$defs": definitions}


def schema_text() -> str:
    """The schema as docs/snapshot.schema.json holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
