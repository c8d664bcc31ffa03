"""`atsn backup`: all that makes a node, in one file, while everything goes on."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from msgspec import Struct

from atsn_tui.home import keys
from atsn_tui.home.restoring import DATABASE, NAMES
from atsn_tui.home.trouble import explain
from atsn_tui.model.version import VERSION
from atsn_tui.node.backup import archive
from atsn_tui.node.core import Core
from atsn_tui.store.database.connection import to_the_end


class BackupView(Struct, frozen=True, kw_only=True):
    """What was saved."""

    file: str
    node_id: str
    name: str
    at: int
    size: int
    """Bytes of the archive."""
    encrypted: bool
    """Whether the database in it is."""


async def backup(core: Core, target: Path, *, force: bool = False) -> BackupView:
    """Write a backup of the node as it is at this moment. BadInput: the file is there already, unless `force`.

    Others may go on writing meanwhile. BadFile: the database is damaged.
    """
    archive.check_free(target, force)
    try:
        place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise explain("cannot write in", target.parent, error) from error
    try:
        at = core.now()
        await core.store.copy(place / DATABASE)
        packing = asyncio.to_thread(_pack, core, place, target, at, force)
        return await to_the_end(asyncio.ensure_future(packing))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _pack(core: Core, place: Path, target: Path, at: int, force: bool) -> BackupView:
    home = core.home
    parts = {path.name: keys.read(path) for path in (home.client_key, home.host_key)}
    try:
        parts[home.config_file.name] = home.config_file.read_bytes()
    except OSError as error:
        raise explain("cannot save", home.config_file, error) from error
    try:
        for name, data in parts.items():
            (place / name).write_bytes(data)
        files = {name: archive.measure(place / name) for name in NAMES}
    except OSError as error:
        raise explain("cannot write", target, error) from error
    manifest = archive.Manifest(
        program=VERSION,
        node_id=core.store.node_id,
        store_id=core.store.store_id,
        name=core.config.name,
        at=at,
        encrypted=core.store.encrypted,
        files=files,
    )
    size = archive.write(target, place, manifest, force=force)
    return BackupView(
        file=str(target),
        node_id=manifest.node_id,
        name=manifest.name,
        at=at,
        size=size,
        encrypted=manifest.encrypted,
    )
