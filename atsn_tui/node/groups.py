"""The groups of a node."""

import sqlite3
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from atsn_tui.errors import BadInput
from atsn_tui.model import codec, dates, text
from atsn_tui.model.settings import Settings
from atsn_tui.model.trust import origin_after
from atsn_tui.node.core import Core
from atsn_tui.node.lookup import find_group
from atsn_tui.node.peers.grants import move_grants
from atsn_tui.node.tasks.fields import change_settings, flag
from atsn_tui.node.tasks.validate import check_mail_server, check_settings
from atsn_tui.node.views import GroupView
from atsn_tui.store import changes, groups, intake, links, peers, standby
from atsn_tui.store.groups import GroupRow

REPLICATED = "replicated"
RUN_HERE = "run_here"
"""Keys of a group that are not part of its settings and do not travel."""


class Groups:
    """Ask for groups and change them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self) -> "list[GroupView]":
        """All groups, by name."""
        return await self._core.store.read(lambda db: [view(db, row) for row in groups.list_groups(db)])

    async def get(self, group: str) -> GroupView:
        """The group with that id or name."""
        return await self._core.store.read(lambda db: view(db, find_group(db, group)))

    async def add(self, name: str, replicated: bool = True) -> GroupView:
        """Make an empty group."""
        core, group_id = self._core, text.new_id()
        settings = codec.record(group_id, core.now(), _named(name))
        entry = core.entry("created")

        def write(db: sqlite3.Connection) -> GroupView:
            groups.create_group(db, settings, replicated, core.origin(), entry)
            return _view_of(db, group_id)

        return await core.store.write(write)

    async def change(self, group: str, values: Mapping[str, str]) -> GroupView:
        """Change settings by dotted keys; all or none.

        `replicated=false` makes the group local; `run_here=no` keeps it on this node as a standby.
        """
        core = self._core
        values = dict(values)
        wish = values.pop(REPLICATED, None)
        replicated = None if wish is None else flag(REPLICATED, wish)
        here = values.pop(RUN_HERE, None)
        run_here = None if here is None else flag(RUN_HERE, here)

        def write(db: sqlite3.Connection) -> GroupView:
            row = find_group(db, group)
            before = codec.decode_settings(row.settings.body)
            after = change_settings(before, values)
            check_settings(after)
            if after.email.server != before.email.server:
                check_mail_server(after)
            if after != before:
                record = codec.record(row.id, dates.next_date(core.now(), row.settings.modified), after)
                edit = changes.Edit(row.id, record, origin_after(before, after, row.origin, core.origin()))
                changes.commit(db, row.id, [edit], core.entry("settings: " + ", ".join(sorted(values))))
            if replicated is not None:
                groups.set_replicated(db, row.id, replicated)
            if run_here is not None:
                standby.put(db, row.id, replace(standby.get(db, row.id), standby=not run_here))
            return _view_of(db, row.id)

        return await core.store.write(write)

    async def remove(self, group: str) -> None:
        """Remove a group with its tasks and its links on this node; peers keep theirs."""
        core = self._core

        def write(db: sqlite3.Connection) -> None:
            row = find_group(db, group)
            for link in links.list_links(db, group_id=row.id):
                links.remove(db, link.id)
            groups.remove_group(db, row.id, core.entry("removed"))

        await core.store.write(write)

    async def adopt(self, group: str, group_id: str) -> GroupView:
        """Give a group another id, so that it becomes one with the peer's group that has it.

        Links to it and grants for it go along.
        """
        core = self._core
        try:
            text.check_id(group_id)
        except ValueError as error:
            raise BadInput(str(error)) from error

        def write(db: sqlite3.Connection) -> GroupView:
            row = find_group(db, group)
            if row.id != group_id:
                groups.rename_id(db, row.id, group_id, core.entry(f"adopted id {group_id}"))
                move_grants(db, row.id, group_id)
            return _view_of(db, group_id)

        return await core.store.write(write)

    async def release(self, group: str) -> GroupView:
        """No longer follow the primary that keeps this group as a strict copy."""

        def write(db: sqlite3.Connection) -> GroupView:
            row = find_group(db, group)
            groups.set_follow(db, row.id, None)
            return _view_of(db, row.id)

        return await self._core.store.write(write)


def view(db: sqlite3.Connection, row: GroupRow) -> GroupView:
    """A group as front ends see it."""
    primary = peers.get(db, row.follows.peer_id) if row.follows else None
    return GroupView(
        id=row.id,
        name=row.name,
        replicated=row.replicated,
        digest=row.digest.hex(),
        tasks=row.tasks,
        settings=shown_settings(codec.decode_settings(row.settings.body)),
        settings_modified_at=dates.format_date(row.settings.modified),
        run_here=not standby.get(db, row.id).standby,
        kept_by=primary.name if primary else None,
        intake_paused=_intake(db, row.id),
    )


def _intake(db: sqlite3.Connection, group_id: str) -> str | None:
    pause = intake.get(db, group_id)
    return None if pause is None else f"since {dates.format_date(pause.at)} by {pause.who}"


def shown_settings(settings: Settings) -> "dict[str, object]":
    """Settings as nested fields, in which a secret only says that there is one."""
    shown: dict[str, object] = msgspec.to_builtins(settings)
    shown["credentials"] = {
        name: {"user": entry.user, "secret": None if entry.secret is None else {"omitted": True}}
        for name, entry in settings.credentials.items()
    }
    return shown


def _view_of(db: sqlite3.Connection, group_id: str) -> GroupView:
    row = groups.get_group(db, group_id)
    if row is None:
        raise BadInput(f"group {group_id} is gone")
    return view(db, row)


def _named(name: str) -> Settings:
    try:
        return Settings(name=name)
    except ValueError as error:
        raise BadInput(str(error)) from error
