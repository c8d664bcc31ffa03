"""A node from its backup, in an empty place or over the one that is there; and a new identity for a clone."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from atsn_tui.errors import Refused
from atsn_tui.home import birth, keys, locks, restoring
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.home.trouble import explain
from atsn_tui.node.actor import Actor
from atsn_tui.node.backup import archive, boot
from atsn_tui.node.backup.compare import Picture, differences, picture
from atsn_tui.node.backup.old import Old, look, seen
from atsn_tui.node.unlock import Ask, open_store
from atsn_tui.runner.forget import forget_jobs
from atsn_tui.store import restores
from atsn_tui.store.acting import By
from atsn_tui.store.database.connection import to_the_end
from atsn_tui.store.restores import Cleared


class RestoreView(Struct, frozen=True, kw_only=True):
    """What was restored."""

    home: str
    node_id: str
    name: str
    made_at: int
    """When the backup was made, in µs."""
    new_identity: bool
    aside: str | None
    """Where the node that was there is kept."""
    aside_plain: bool
    """It is not encrypted, though the new one is."""
    differs: tuple[str, ...]
    """What is different from the node that was there."""
    runs: int
    requests: int
    mails: int
    """What was on its way when the backup was made, and is not taken up again."""


class _Wish(Struct, frozen=True, kw_only=True):
    home: Home
    passwords: Passwords
    ask: Ask | None
    actor: Actor
    new_identity: bool
    made_at: int
    name: str


async def restore(
    home: Home,
    file: Path,
    actor: Actor,
    passwords: Passwords,
    ask: Ask | None = None,
    *,
    new_identity: bool = False,
) -> RestoreView:
    """Make the node of a backup the one at `home`. It is there whole, or nothing is changed.

    In place of one that is there: that one is kept aside. Refused: it is another node, or somebody has it open.
    BadFile: the backup is damaged. WrongPassword: an encrypted one does not open.
    """
    with archive.opened(file) as (manifest, packed):
        wish = _Wish(
            home=home,
            passwords=passwords,
            ask=ask,
            actor=actor,
            new_identity=new_identity,
            made_at=manifest.at,
            name=manifest.name,
        )
        if not home.holds_something():
            with birth.place(home.path, home.config_file.name, home.open_lock) as draft:
                await asyncio.to_thread(archive.unpack, file, manifest, packed, draft)
                after, cleared = await _take_up(wish, draft, None)
            return _view(wish, after, cleared)
        if home.config_file.exists() or restoring.pending(home.path):
            home.check()
        with _no_service(home), _alone(home) as (lock, stage):
            old = await look(home, passwords, lock, boot.present().id)
            if old.picture is not None and old.picture.node_id != manifest.node_id:
                raise Refused(
                    f"{file} is a backup of another node, {manifest.name}, and {home.path} holds {old.name}: "
                    "restore it in an empty place with --home DIR"
                )
            await asyncio.to_thread(archive.unpack, file, manifest, packed, stage)
            return await _replace(wish, stage, old, "restore")


async def renew(home: Home, actor: Actor, passwords: Passwords, ask: Ask | None = None) -> RestoreView:
    """Make the node at `home`, a clone of another one, a node of its own: new ids and keys; it is held.

    Refused: somebody has it open.
    """
    home.check()
    with _no_service(home), _alone(home) as (lock, stage):
        config = load(home.config_file)
        wish = _Wish(
            home=home,
            passwords=passwords,
            ask=ask,
            actor=actor,
            new_identity=True,
            made_at=time.time_ns() // 1000,
            name=config.name,
        )
        store = await open_store(home, config, passwords, ask, lock)
        try:
            old = await seen(home, store, config.name, boot.present().id)
            await store.copy(stage / home.database.name)
        finally:
            await store.close()
        try:
            shutil.copyfile(home.config_file, stage / home.config_file.name)
        except OSError as error:
            raise explain("cannot copy", home.config_file, error) from error
        return await _replace(wish, stage, old, "new-identity")


@contextmanager
def _no_service(home: Home) -> Iterator[None]:
    """Meanwhile no service starts, and no second restore; one that was killed on its way is finished."""
    with locks.exclusive(home.service_lock, told="the node's service must be stopped first: "):
        restoring.finish(home.path, home.open_lock)
        yield


@contextmanager
def _alone(home: Home) -> Iterator[tuple[locks.Lock, Path]]:
    """The lock, and a place to gather a node in, while nobody else has the one open that is there."""
    with locks.exclusive(home.open_lock, told="nobody else may have the node open meanwhile, but ") as lock:
        stage = restoring.begin(home.path)
        try:
            yield lock, stage
        finally:
            restoring.drop(home.path)


async def _replace(wish: _Wish, stage: Path, old: Old, why: str) -> RestoreView:
    after, cleared = await _take_up(wish, stage, old)
    differs = (
        differences(old.picture, after)
        if old.picture is not None
        else (f"the node that was there cannot be read: {old.trouble}",)
    )
    now = time.time_ns() // 1000
    if wish.new_identity:
        await asyncio.to_thread(forget_jobs, wish.home.path)
    aside = await asyncio.to_thread(restoring.put_aside, wish.home.path, now, why)
    await to_the_end(asyncio.ensure_future(asyncio.to_thread(restoring.commit, wish.home.path)))
    plain = after.encrypted and old.picture is not None and not old.encrypted
    return _view(wish, after, cleared, aside=aside, aside_plain=plain, differs=differs)


async def _take_up(wish: _Wish, place: Path, old: Old | None) -> tuple[Picture, Cleared]:
    """Make the gathered files a node that goes on from now."""
    draft = Home(place)
    if wish.new_identity:
        keys.make(draft.client_key)
        keys.make(draft.host_key)
    store = await open_store(draft, load(draft.config_file), wish.passwords, wish.ask)
    store.by = By(wish.actor.who, wish.actor.source)
    try:
        now, booted = time.time_ns() // 1000, boot.present()
        spent = booted if boot.is_spent(booted, wish.made_at, old) else None
        cleared = await store.write(
            lambda db: restores.take_up(
                db, wish.made_at, now, new_identity=wish.new_identity, name=wish.name, spent=spent
            )
        )
        after = await picture(draft, store)
        await store.settle()
    finally:
        await store.close()
    return after, cleared


def _view(
    wish: _Wish,
    after: Picture,
    cleared: Cleared,
    *,
    aside: Path | None = None,
    aside_plain: bool = False,
    differs: tuple[str, ...] = (),
) -> RestoreView:
    return RestoreView(
        home=str(wish.home.path),
        node_id=after.node_id,
        name=after.name,
        made_at=wish.made_at,
        new_identity=wish.new_identity,
        aside=None if aside is None else str(aside),
        aside_plain=aside_plain,
        differs=differs,
        runs=cleared.runs,
        requests=cleared.requests,
        mails=cleared.mails,
    )
