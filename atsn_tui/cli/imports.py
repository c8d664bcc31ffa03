"""Importing files: read them all, then bring them in one by one."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from atsn_tui.cli.command import Call
from atsn_tui.cli.exits import exit_code
from atsn_tui.cli.stdin import read_stdin
from atsn_tui.cli.text.imports import print_import
from atsn_tui.errors import AtsnError, BadFile, BadInput
from atsn_tui.model.plan import Mode
from atsn_tui.node.node import Node
from atsn_tui.node.views import CrontabImport, SnapshotImport

STDIN = "-"
"""The file name that means standard input."""

Kind = Literal["crontab", "system-crontab", "snapshot"]
Outcome = CrontabImport | SnapshotImport


class Import(Struct, frozen=True, kw_only=True):
    """How to import, whatever the file."""

    into: str | None
    kind: Kind | None
    mode: Mode
    enable: bool
    dry_run: bool
    folder: str


class Source(Struct, frozen=True):
    """A file that was read: as it was named, its absolute path, its content."""

    name: str
    path: str
    data: bytes


def read_files(names: Sequence[str]) -> list[Source]:
    """The files, read; BadFile if one cannot be read."""
    if list(names).count(STDIN) > 1:
        raise BadInput("standard input can be read once only: name - once")
    return [_read(name) for name in names]


async def import_files(call: Call, node: Node, sources: Sequence[Source], wish: Import) -> int:
    """Import the files in order; the exit code, which for a dry run is that of a diff."""
    done: list[tuple[Source, Outcome]] = []
    for source in sources:
        try:
            done.append((source, await _import(node, source, wish)))
        except AtsnError as error:
            raise _named(error, source, [earlier.name for earlier, _ in done]) from error
    forms = [_form(source, outcome) for source, outcome in done]
    call.answer({"imports": forms}, lambda console: print_import(console, [outcome for _, outcome in done]))
    if not call.as_json:
        for source, outcome in done:
            _warn(call, source, outcome)
    return _exit_code([outcome for _, outcome in done]) if wish.dry_run else 0


async def _import(node: Node, source: Source, wish: Import) -> Outcome:
    kind = wish.kind or node.files.detect(source.data, source.path)
    if kind == "snapshot":
        return await node.files.import_snapshot(
            source.path, source.data, wish.into, mode=wish.mode, dry_run=wish.dry_run
        )
    return await node.files.import_crontab(
        source.path,
        source.data,
        wish.into,
        system=kind == "system-crontab",
        enable=wish.enable,
        folder=wish.folder,
        dry_run=wish.dry_run,
    )


def _read(name: str) -> Source:
    try:
        if name == STDIN:
            return Source("standard input", "stdin", read_stdin())
        return Source(name, os.path.abspath(name), Path(name).read_bytes())
    except OSError as error:
        raise BadFile(f"cannot read {name}: {error.strerror or error}") from error


def _named(error: AtsnError, source: Source, done: Sequence[str]) -> AtsnError:
    message = error.message if source.path in error.message else f"{source.name}: {error.message}"
    before = f"\nThese were imported before it: {', '.join(done)}" if done else ""
    return type(error)(f"{message}{before}")


def _warn(call: Call, source: Source, outcome: Outcome) -> None:
    if isinstance(outcome, CrontabImport):
        for line in outcome.rejected:
            call.warn(f"{source.name}, line {line.line} is left out: {line.why}\n  {line.text}")
    for name in outcome.omitted if isinstance(outcome, SnapshotImport) else ():
        call.warn(
            f"the secret of {name} is in neither the file nor this node; give it with:\n"
            f"  atsn group set {outcome.group_id} credentials.{name}.secret=@FILE"
        )


def _form(source: Source, outcome: Outcome) -> dict[str, Any]:
    form = {"file": source.path, "format": "snapshot", **msgspec.to_builtins(outcome)}
    form.pop("source", None)
    return form


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    codes = [
        int(bool(outcome.added or outcome.updated))
        if isinstance(outcome, CrontabImport)
        else exit_code([outcome.result])
        for outcome in outcomes
    ]
    return max(codes, default=0)
