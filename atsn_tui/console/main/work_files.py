"""Importing a file: where it is, what would come of it, and then the import itself."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from textual.screen import Screen

from atsn_tui.console.desk import Desk
from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.forms.fields import Field
from atsn_tui.console.forms.form import Checked, Form, Values
from atsn_tui.console.lists.document import GAP, Block, Cells, Words
from atsn_tui.console.look.plain import shorten, visible
from atsn_tui.console.look.roles import Line, Role
from atsn_tui.console.look.schedules import in_words
from atsn_tui.console.look.states import applied, op_sign
from atsn_tui.errors import BadFile
from atsn_tui.model.words import plural
from atsn_tui.node.files.views import CrontabImport, ImportedLine
from atsn_tui.node.views import GroupView

_NEW = ""
_COMMAND_CELLS = 60
_HINT = "/etc/crontab, or what crontab -l prints, in a file"


async def import_file(
    screen: Screen[None], desk: Desk, groups: Sequence[GroupView], group: GroupView | None
) -> None:
    """Ask for a file, show what would come of it, and import it."""

    async def save(values: Values) -> None:
        path, data = await asyncio.to_thread(_read, values["path"])
        into = values["into"] or None
        kind = desk.node.files.detect(data, path.name)
        if kind == "snapshot":
            await _import_snapshot(screen, desk, path, data, into)
        else:
            await _import_crontab(screen, desk, path, data, into, kind == "system-crontab")

    choices = [(_NEW, "a new group"), *((each.id, each.name) for each in groups)]
    fields = [
        Field(key="path", label="File", hint=_HINT),
        Field(
            key="into", label="Into", kind="choice", choices=tuple(choices), value=group.id if group else _NEW
        ),
    ]
    intro = "A crontab, or a snapshot that atsn export wrote. Nothing is changed before you have seen what would come."
    await screen.app.push_screen_wait(Form("Import", fields, _check, save, intro=intro, verb="Preview"))


def _check(values: Values) -> Checked:
    return Checked() if values["path"] else Checked(wrong={"path": "no file yet: type its path"})


def _read(typed: str) -> tuple[Path, bytes]:
    path = Path(typed).expanduser()
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise BadFile(f"cannot read {path}: {error.strerror or error}") from error


async def _import_crontab(
    screen: Screen[None], desk: Desk, path: Path, data: bytes, into: str | None, system: bool
) -> None:
    files = desk.node.files
    found = await files.import_crontab(str(path), data, into, system=system, dry_run=True)
    question = Confirm(f"Import {path.name} into {found.group}?", crontab_blocks(found), "Import")
    if await screen.app.push_screen_wait(question):
        done = await files.import_crontab(str(path), data, into, system=system)
        desk.tell(screen, _told(done))


def crontab_blocks(found: CrontabImport) -> list[Block]:
    """What would come of a crontab."""
    blocks: list[Block] = []
    if found.rejected:
        blocks.append(Words(f"{plural(len(found.rejected), 'line')} cannot be used", "warn", lead="▲ "))
        blocks += [Words(f"line {each.line}: {each.why}", "muted", indent=2) for each in found.rejected]
        blocks.append(GAP)
    blocks += _lines("to add", "good", found.added)
    blocks += _lines("to change", "accent", found.updated)
    blocks += _lines("kept, though its line is gone", "muted", found.vanished)
    if found.unchanged:
        blocks += [Words(f"{plural(len(found.unchanged), 'task')} as before", "muted"), GAP]
    if found.deleted_here:
        count = plural(len(found.deleted_here), "task")
        blocks += [Words(f"{count} left out, because deleted here", "muted"), GAP]
    if not (found.added or found.updated):
        blocks += [Words("Nothing new comes of this file."), GAP]
    return [*blocks, Words("New tasks arrive switched off, because cron still runs the originals.", "muted")]


def _told(done: CrontabImport) -> str:
    """What was imported, and what was not."""
    off = "" if done.enabled or not done.added else ", switched off"
    parts = [f"Imported {plural(len(done.added), 'new task')}{off}"]
    if done.updated:
        parts.append(f"{len(done.updated)} changed")
    if done.rejected:
        parts.append(f"{plural(len(done.rejected), 'line')} left out")
    return "; ".join(parts) + "."


def _lines(what: str, role: Role, lines: Sequence[ImportedLine]) -> list[Block]:
    if not lines:
        return []
    listed: list[Block] = []
    for each in lines:
        user = each.user or "the group's account"
        room = _COMMAND_CELLS - cell_len(user)
        listed += [
            Cells([(f"  {each.task}", "ink"), (f"   {in_words(each.schedule)}", "muted")]),
            Words(f"{shorten(visible(each.command), room)}  as {visible(user)}", "muted", indent=4),
        ]
    return [Words(f"{plural(len(lines), 'task')} {what}", role), *listed, GAP]


async def _import_snapshot(
    screen: Screen[None], desk: Desk, path: Path, data: bytes, into: str | None
) -> None:
    files = desk.node.files
    found = await files.import_snapshot(str(path), data, into, dry_run=True)
    blocks: list[Block] = []
    for change in found.result.changes:
        sign = op_sign(change.op)
        cells: Line = [(f"{sign.glyph} ", sign.role), (change.name, "ink"), (f"   {change.why}", "muted")]
        blocks.append(Cells(cells))
    if not blocks:
        blocks.append(Words("The file holds nothing new."))
    if found.omitted:
        blocks += [
            GAP,
            Words(f"Without their secrets, to be typed later: {', '.join(found.omitted)}", "warn"),
        ]
    if await screen.app.push_screen_wait(
        Confirm(f"Import {path.name} into {found.group}?", blocks, "Import")
    ):
        done = await files.import_snapshot(str(path), data, into)
        desk.tell(screen, f"Imported into {done.group}: {applied(done.result.applied)}.")
