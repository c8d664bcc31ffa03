"""Importing files: read them all, then bring them in one by one."""

import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from atsn_tui.cli.command import Call
from atsn_tui.cli.exits import exit_code
from atsn_tui.cli.stdin import read_stdin
from atsn_tui.cli.text.imports import print_import
from atsn_tui.cli.text.takeover import told_while_waiting
from atsn_tui.errors import AtsnError, BadFile, BadInput
from atsn_tui.home.crontab_files import Place, UserCrontab, own_crontab, place_of
from atsn_tui.model.plan import Mode
from atsn_tui.node.files.views import CrontabImport, SnapshotImport
from atsn_tui.node.node import Node
from atsn_tui.node.takeover.taking import Wish
from atsn_tui.node.takeover.views import TakeOverView

STDIN = "-"
"""The file name that means standard input."""

Kind = Literal["crontab", "system-crontab", "snapshot"]
Outcome = CrontabImport | SnapshotImport | TakeOverView


class Import(Struct, frozen=True, kw_only=True):
    """How to import, whatever the file."""

    into: str | None
    kind: Kind | None
    mode: Mode
    enable: bool
    dry_run: bool
    folder: str
    take_over: bool = False
    without_service: bool = False


class Source(Struct, frozen=True):
    """A file that was read: as it was named, what it is remembered by, its content."""

    name: str
    path: str
    data: bytes
    place: Place | None = None
    """The crontab of this machine that it is, if it is one."""


def read_sources(names: Sequence[str], own: bool, users: Sequence[str]) -> list[Source]:
    """The files and the crontabs of users, read; BadFile, NotFound or Refused if one cannot be read."""
    if list(names).count(STDIN) > 1:
        raise BadInput("standard input can be read once only: name - once")
    if not names and not own and not users:
        raise BadInput("nothing to import: name files, or --crontab for your own crontab, or --user NAME")
    return [*map(_read, names), *map(_read_crontab, crontabs_of(own, users))]


def crontabs_of(own: bool, users: Iterable[str]) -> list[UserCrontab]:
    """The crontabs that --crontab and --user mean, each once."""
    return list(dict.fromkeys([*([own_crontab()] if own else []), *map(UserCrontab, users)]))


def check_taking_over(wish: Import, sources: Sequence[Source]) -> None:
    """BadInput unless all of this can be taken over from cron."""
    if wish.without_service and not wish.take_over:
        raise BadInput("--without-service goes with --take-over only")
    if not wish.take_over:
        return
    if wish.enable or wish.kind is not None:
        raise BadInput(
            "--take-over enables what it takes over, and knows what it reads: leave --enable and --format out"
        )
    for source in sources:
        if source.place is None:
            raise BadInput(
                f"{source.name} is no crontab that cron on this machine reads: take over /etc/crontab, a file in"
                " /etc/cron.d, your own crontab with --crontab, or another user's with --user NAME"
            )


async def import_files(call: Call, node: Node, sources: Sequence[Source], wish: Import) -> int:
    """Import the files in order; the exit code, which for a dry run is that of a diff."""
    done: list[tuple[Source, Outcome]] = []
    for source in sources:
        try:
            done.append((source, await _import(call, node, source, wish)))
        except AtsnError as error:
            raise _named(error, source, [earlier.name for earlier, _ in done]) from error
    forms = [_form(source, outcome) for source, outcome in done]
    call.answer({"imports": forms}, lambda console: print_import(console, [outcome for _, outcome in done]))
    if not call.as_json:
        for source, outcome in done:
            _warn(call, source, outcome)
    return _exit_code([outcome for _, outcome in done]) if wish.dry_run else 0


async def _import(call: Call, node: Node, source: Source, wish: Import) -> Outcome:
    if wish.take_over and source.place is not None:
        return await node.takeover.take(
            source.place,
            Wish(into=wish.into, folder=wish.folder),
            dry_run=wish.dry_run,
            without_service=wish.without_service,
            step=told_while_waiting(call.as_json),
        )
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
        run_as=source.place.user if source.place else None,
        aliases=source.place.aliases if source.place else (),
    )


def _read(name: str) -> Source:
    try:
        if name == STDIN:
            return Source("standard input", "stdin", read_stdin())
        place = place_of(name)
        known_by = place.source if place else os.path.abspath(name)
        return Source(name, known_by, Path(name).read_bytes(), place)
    except OSError as error:
        raise BadFile(f"cannot read {name}: {error.strerror or error}") from error


def _read_crontab(place: UserCrontab) -> Source:
    return Source(f"the {place.source}", place.source, place.read(), place)


def _named(error: AtsnError, source: Source, done: Sequence[str]) -> AtsnError:
    message = error.message if source.path in error.message else f"{source.name}: {error.message}"
    before = f"\nThese were imported before it: {', '.join(done)}" if done else ""
    return type(error)(f"{message}{before}")


def _warn(call: Call, source: Source, outcome: Outcome) -> None:
    imported = outcome.imported if isinstance(outcome, TakeOverView) else outcome
    if isinstance(imported, CrontabImport):
        for line in imported.rejected:
            call.warn(f"{source.name}, line {line.line} is left out: {line.why}\n  {line.text}")
    if isinstance(outcome, SnapshotImport):
        for name in outcome.omitted:
            call.warn(
                f"the secret of {name} is in neither the file nor this node; give it with:\n"
                f"  atsn group set {outcome.group_id} {shlex.quote(f'credentials.{name}.secret')}=@FILE"
            )


def _form(source: Source, outcome: Outcome) -> dict[str, Any]:
    imported = outcome.imported if isinstance(outcome, TakeOverView) else outcome
    form = {"file": source.path, "format": "snapshot", **msgspec.to_builtins(imported)}
    for inner in ("source", "ids"):
        form.pop(inner, None)
    if isinstance(outcome, TakeOverView):
        parts = msgspec.structs.asdict(outcome)
        kept = ("taken", "already", "left", "backup", "unsure")
        form["take_over"] = msgspec.to_builtins({key: parts[key] for key in kept})
    return form


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    return max(map(_code, outcomes), default=0)


def _code(outcome: Outcome) -> int:
    match outcome:
        case SnapshotImport():
            return exit_code([outcome.result])
        case TakeOverView():
            return int(bool(outcome.taken or _code(outcome.imported)))
        case CrontabImport():
            return int(bool(outcome.added or outcome.updated))
