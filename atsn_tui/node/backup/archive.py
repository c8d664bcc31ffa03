"""A backup's file: a plain tar archive whose first member, `manifest.json`, tells what the others are.

It holds what a node is made of, and nothing else. Any `tar` can list it; every member is checked against its hash.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from atsn_tui.errors import AtsnError, BadFile, BadInput
from atsn_tui.home.atomic import sync_directory
from atsn_tui.home.restoring import NAMES
from atsn_tui.home.trouble import explain
from atsn_tui.model.dates import Micros

MANIFEST = "manifest.json"
VERSION = 1

_LARGEST = 1 << 40
_CHUNK = 1 << 20


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup."""

    size: int
    blake2b: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup is."""

    format: str = "atsn-backup"
    version: int = VERSION
    program: str
    """The version of ATSN that made it."""
    node_id: str
    store_id: str
    name: str
    at: Micros
    """When it was made, in µs since the epoch."""
    encrypted: bool
    """Whether its database is."""
    files: dict[str, Member]


def write(target: Path, source: Path, manifest: Manifest, *, force: bool) -> int:
    """Pack the manifest's files from a directory into `target`, mode 0600; the size of the archive.

    It appears whole or not at all. BadInput: it is there already, unless by `force` it is replaced.
    """
    draft = source / "archive"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                data = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
                _add(archive, MANIFEST, io.BytesIO(data), len(data), manifest.at)
                for name, member in manifest.files.items():
                    with (source / name).open("rb") as part:
                        _add(archive, name, part, member.size, manifest.at)
            file.flush()
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        _publish(draft, target, force)
    except OSError as error:
        raise explain("cannot write", target, error) from error
    return size


def measure(path: Path) -> Member:
    """A file as the manifest names it. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b")
        return Member(os.fstat(file.fileno()).st_size, digest.hexdigest())


def check_free(target: Path, force: bool) -> None:
    """BadInput if the archive cannot be made there."""
    if target.is_dir():
        raise BadInput(f"{target} is a directory: name a file in it, as in {target / 'atsn-backup.tar'}")
    if not target.parent.is_dir():
        raise BadInput(f"{target.parent} is no directory: make it first")
    if os.path.lexists(target) and not force:
        raise BadInput(f"{target} is there already: choose another name, or replace it with --force")


@contextmanager
def opened(path: Path) -> Iterator["tuple[Manifest, tarfile.TarFile]"]:
    """A backup to read. BadFile: it is none, or of a later version."""
    with ExitStack() as stack:
        with _reading(path):
            file = stack.enter_context(path.open("rb"))
            archive = stack.enter_context(tarfile.open(fileobj=file, mode="r:"))
            manifest = _manifest(path, archive)
        yield manifest, archive


def unpack(path: Path, manifest: Manifest, archive: tarfile.TarFile, target: Path) -> None:
    """Write the files of a backup into a directory, mode 0600. BadFile names the one that was changed."""
    for name, member in manifest.files.items():
        with _reading(path):
            stream = _stream(path, archive, name, member)
        digest = hashlib.blake2b()
        try:
            with open(os.open(target / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for chunk in _chunks(path, stream):
                    digest.update(chunk)
                    file.write(chunk)
        except OSError as error:
            raise explain("cannot write", target / name, error) from error
        if digest.hexdigest() != member.blake2b:
            raise _damaged(path, name)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of what goes wrong that it is the backup that cannot be read."""
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise BadFile(f"{path} is no backup of a node, or is cut short: {error}") from error
    except OSError as error:
        raise explain("cannot read", path, error) from error


def _stream(path: Path, archive: tarfile.TarFile, name: str, member: Member) -> IO[bytes]:
    try:
        found = archive.getmember(name)
    except KeyError as error:
        raise BadFile(f"the backup {path} lacks its {name}: use another one") from error
    stream = archive.extractfile(found) if found.isreg() else None
    if stream is None or found.size != member.size:
        raise _damaged(path, name)
    return stream


def _chunks(path: Path, stream: IO[bytes]) -> Iterator[bytes]:
    while True:
        with _reading(path):
            chunk = stream.read(_CHUNK)
        if not chunk:
            return
        yield chunk


def _damaged(path: Path, name: str) -> BadFile:
    return BadFile(f"the backup {path} is damaged: its {name} is not what was saved; use another one")


def _manifest(path: Path, archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    stream = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
    if stream is None or first is None or first.size > _CHUNK:
        raise BadFile(f"{path} is no backup of a node: name one that atsn backup made")
    try:
        manifest = msgspec.json.decode(stream.read(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise BadFile(f"{path} is no backup of a node: {error}") from error
    if manifest.format != "atsn-backup" or manifest.version != VERSION:
        raise BadFile(
            f"{path} was made by ATSN {manifest.program}, in a form that this one does not know: "
            f"use ATSN {manifest.program} or later"
        )
    if set(manifest.files) != set(NAMES) or any(
        not 0 <= each.size < _LARGEST for each in manifest.files.values()
    ):
        raise BadFile(f"{path} is no whole backup: it must hold {', '.join(NAMES)}")
    return manifest


def _add(archive: tarfile.TarFile, name: str, part: IO[bytes], size: int, at: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, at // 1_000_000
    archive.addfile(info, part)


def _publish(draft: Path, target: Path, force: bool) -> None:
    if force:
        os.replace(draft, target)
    else:
        try:
            os.link(draft, target)
        except FileExistsError as error:
            raise BadInput(
                f"{target} is there already: choose another name, or replace it with --force"
            ) from error
        except OSError as error:
            if os.path.lexists(target):
                raise AtsnError(f"{target} cannot be written: {error.strerror}") from error
            os.replace(draft, target)  # A file system without second names.
    sync_directory(target.parent)
