"""A change of the past, an undo, and the audit log, as pages."""

from collections.abc import Iterable, Sequence

from atsn_tui.console.lists.document import GAP, Block, Cells, Fact, Words
from atsn_tui.console.look.plain import fit, visible
from atsn_tui.console.look.states import op_sign
from atsn_tui.console.look.times import Clock
from atsn_tui.console.main.history_list import past_sign
from atsn_tui.console.preview.describe_change import describe_fields
from atsn_tui.model.result import ChangeView
from atsn_tui.node.past.views import AuditView, ChangeDetails, UndoView

_SHOWN = 40
"""Changes that are shown in full."""


def describe_past(details: ChangeDetails, clock: Clock) -> list[Block]:
    """One change with all its fields."""
    change = details.change
    sign = past_sign(change)
    blocks: list[Block] = [
        Cells([(f"{sign.glyph} {sign.word}", sign.role), (f", {change.summary}", "ink")]),
        Fact("When", clock.both(change.at)),
        Fact("Who", change.who),
        Fact("From", change.source),
    ]
    return [*blocks, GAP, *_changes(details.changes)]


def describe_undo(view: UndoView) -> list[Block]:
    """What an undo would change."""
    blocks: list[Block] = []
    for note in view.notes:
        blocks += [Words(f"{note[:1].upper()}{note[1:]}.", "warn", lead="! "), GAP]
    return [*blocks, *_changes(view.changes)]


def describe_log(entries: Sequence[AuditView], clock: Clock) -> list[Block]:
    """The latest entries of the audit log."""
    return [_entry(entry, clock) for entry in entries] or [Words("The log is empty.", "muted")]


def _entry(entry: AuditView, clock: Clock) -> Block:
    what = f"{entry.name}: {entry.summary}" if entry.name and entry.summary else entry.name or entry.summary
    return Cells(
        [
            (f"{entry.number:>5}  ", "muted"),
            (f"{clock.brief(entry.at)}  ", "ink"),
            (f"{fit(visible(entry.who), 10)}  ", "ink"),
            (f"{fit(visible(entry.action), 16)}  ", "accent"),
            (visible(what), "muted"),
        ],
        cut=True,
    )


def _changes(changes: Sequence[ChangeView]) -> Iterable[Block]:
    for change in changes[:_SHOWN]:
        sign = op_sign(change.op)
        settings = " settings" if change.op == "settings" else ""
        yield Cells(
            [
                (f"{sign.glyph} ", sign.role),
                (visible(change.name), "strong"),
                (f"{settings}  {change.why}", "muted"),
            ]
        )
        yield from describe_fields(change)
        yield GAP
    if len(changes) > _SHOWN:
        yield Words(f"and {len(changes) - _SHOWN} more", "muted")
