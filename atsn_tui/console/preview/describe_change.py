"""One change, and what a link's result says besides, as a page."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from atsn_tui.console.lists.document import GAP, Block, Cells, Fact, Words
from atsn_tui.console.look.roles import Role
from atsn_tui.console.look.states import Sign, applied
from atsn_tui.console.look.times import NOTHING, Clock
from atsn_tui.console.preview.changes import ChangeRow
from atsn_tui.model.plan import Op
from atsn_tui.model.result import ChangeView, FieldChange, LinkResult
from atsn_tui.node.links.change_words import left_alone_words, overwrites

_SHORT = 18
"""Two values of at most so many cells stand on one line."""

_CUT = 600
"""Longer values are cut, except on a page of their own."""

_LABELS = ("action", "options")


def describe_change(row: ChangeRow, clock: Clock, *, full: bool = False) -> list[Block]:
    """What happens to one record: why, since when, and each field from and to."""
    change = row.change
    role: Role = "bad" if overwrites(change) else "muted"
    blocks: list[Block] = [
        Cells(
            [
                (f"{row.sign.glyph} {row.sign.word}", row.sign.role),
                (f", {row.why}{_from(change, clock)}", role),
            ]
        )
    ]
    if change.modified_at is not None:
        blocks.append(Words(f"changed {clock.both(change.modified_at)}", "muted"))
    if row.conflict:
        blocks.append(
            Words("Both sides changed it at the same moment: edit it on either side to decide.", "warn")
        )
    if change.op == "delete":
        blocks.append(Words("Strict mode makes a full copy. What is lost:", "warn"))
    blocks.append(GAP)
    blocks += describe_fields(change, full=full)
    if full:
        blocks += [GAP, Fact("Id", change.task_id, "muted")]
    return blocks


def describe_fields(change: ChangeView, *, full: bool = False) -> list[Block]:
    """Each field of a change, from and to."""
    blocks: list[Block] = []
    for field in change.fields:
        if change.op in ("add", "delete") and field.field in ("name", "folder"):
            continue  # the title says them
        blocks += _field(field, change.op, full=full)
    return blocks


def _from(change: ChangeView, clock: Clock) -> str:
    """When the version was edited that is lost."""
    if change.replaced_at is None:
        return ""
    if overwrites(change):
        return f" from {clock.ago(change.replaced_at)}"
    return f", last changed {clock.ago(change.replaced_at)}" if change.op == "delete" else ""


def _field(field: FieldChange, op: Op, *, full: bool) -> list[Block]:
    label = _label(field.field)
    before, after = _text(field.before, full), _text(field.after, full)
    if op == "add":
        return [Fact(label, after, "good")]
    if op == "delete":
        return [Fact(f"− {label}", before, "bad")]
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
    """What is not touched, and what the receiver says to a link's plan, beside the changes."""
    receiver = result.peer if result.direction == "push" else "this node"
    blocks: list[Block] = []
    if left := left_alone_words(result):
        blocks.append(Words(f"Easy mode: {left}.", "muted"))
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
            return [Words(f"Applied: {applied(result.applied, result.changes)}.", "good")]
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
        blocks.append(Words(result.error.message, "warn" if result.state == "moved" else "bad", lead="✗ "))
    newer = sum(overwrites(change) for change in result.changes)
    if newer and result.state not in ("applied", "moved"):
        overwritten = (
            "1 change overwrites a newer edit" if newer == 1 else f"{newer:,} changes overwrite newer edits"
        )
        where = f"on {result.peer}" if result.direction == "push" else "here"
        blocks.append(Words(f"{overwritten} {where}.", "bad", lead="! "))
    held = "Held" if result.state == "held" else "Would be held"
    return [*blocks, *(Words(f"{held}: {brake.text}.", "warn", lead="‖ ") for brake in result.brakes)]


_NEXT = {
    "unreachable": "Test the connection with t on the main screen, or skip it here with space.",
    "refused": "Test the connection with t on the main screen, or skip it here with space.",
    "version_mismatch": "Bring both nodes to the same version, or skip it here with space.",
    "failed": "Nothing was changed. Press r on the main screen to look again.",
}
"""What to do next, by the state of a link."""


def describe_link_result(result: LinkResult | None, sign: Sign) -> list[Block]:
    """All that is said of one link: how it stands, errors and brakes in full, and what to do."""
    blocks: list[Block] = [Words(sign.word, sign.role, lead=f"{sign.glyph} "), GAP]
    if result is None:
        return blocks
    blocks += warnings(result)
    blocks += verdict(result)
    if result.state in _NEXT:
        blocks += [GAP, Words(_NEXT[result.state], "muted")]
    besides = describe_result(result)
    return [*blocks, *([GAP] if besides else []), *besides]
