"""One change, and what a link's result says besides, as a page."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from atsn_tui.console.lists.document import GAP, Block, Cells, Fact, Words
from atsn_tui.console.look.states import applied
from atsn_tui.console.look.times import NOTHING, Clock
from atsn_tui.console.preview.changes import ChangeRow
from atsn_tui.model.result import FieldChange, LinkResult

_SHORT = 18
"""Two values of at most so many cells stand on one line."""

_CUT = 600
"""Longer values are cut, except on a page of their own."""

_LABELS = ("action", "options")


def describe_change(row: ChangeRow, clock: Clock, *, full: bool = False) -> list[Block]:
    """What happens to one record: why, since when, and each field from and to."""
    change = row.change
    blocks: list[Block] = [
        Cells([(f"{row.sign.glyph} {row.sign.word}", row.sign.role), (f", {change.why}", "muted")])
    ]
    if change.modified_at is not None:
        blocks.append(Words(f"changed {clock.both(change.modified_at)}", "muted"))
    if row.conflict:
        blocks.append(
            Words("Both sides changed it at the same moment: edit it on either side to decide.", "warn")
        )
    if change.op == "delete":
        blocks.append(Words("Only the receiver has it, and strict mode makes a full copy.", "muted"))
    blocks.append(GAP)
    for field in change.fields:
        if change.op == "add" and field.field in ("name", "folder"):
            continue  # the title says them
        blocks += _field(field, added=change.op == "add", full=full)
    if full:
        blocks += [GAP, Fact("Id", change.task_id, "muted")]
    return blocks


def _field(field: FieldChange, *, added: bool, full: bool) -> list[Block]:
    label = _label(field.field)
    before, after = _text(field.before, full), _text(field.after, full)
    if added:
        return [Fact(label, after, "good")]
    if "\n" not in before + after and cell_len(before) <= _SHORT and cell_len(after) <= _SHORT:
        return [Fact(label, f"{before} → {after}")]
    return [Words(label, "muted"), Words(before, "bad", lead="  − "), Words(after, "good", lead="  + ")]


def _label(name: str) -> str:
    head, dot, rest = name.partition(".")
    return (rest if dot and head in _LABELS else name).replace("_", " ")


def _text(value: Any, full: bool) -> str:
    text = _plain(value)
    return text if full or len(text) <= _CUT else f"{text[:_CUT]} …"


def _plain(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "empty"
    if isinstance(value, Sequence):
        return "; ".join(str(each) for each in value) or "none"
    return str(value)


def describe_result(result: LinkResult) -> list[Block]:
    """What the receiver says to a link's plan, beside the changes."""
    receiver = result.peer if result.direction == "push" else "this node"
    blocks: list[Block] = []
    if result.notes:
        blocks += [Words(f"What {receiver} says", "title")]
        blocks += [Words(note, lead="· ") for note in result.notes]
    return blocks


def verdict(result: LinkResult) -> list[Block]:
    """The result in sentences, for a link without changes or after an apply."""
    match result.state:
        case "in_sync":
            return [Words(f"Nothing to do: {result.peer} is in sync.", "good")]
        case "applied":
            return [Words(f"Applied: {applied(result.applied)}.", "good")]
        case "moved":
            return [
                Words(
                    "The state changed after the preview; nothing was applied. Press r to look again.", "warn"
                )
            ]
    return []


def warnings(result: LinkResult | None) -> list[Block]:
    """Errors and brakes: what a person must know before anything else about a link."""
    if result is None:
        return []
    blocks: list[Block] = []
    if result.error is not None:
        blocks.append(Words(result.error.message, "warn" if result.state == "moved" else "bad", lead="✕ "))
    held = "Held" if result.state == "held" else "Would be held"
    return [*blocks, *(Words(f"{held}: {brake.text}.", "warn", lead="‖ ") for brake in result.brakes)]
