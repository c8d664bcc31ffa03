"""Files in and out: crontabs and snapshots."""

from collections.abc import Collection
from typing import Literal

from atsn_tui.formats.detect import detect
from atsn_tui.model.plan import Mode
from atsn_tui.node.core import Core
from atsn_tui.node.files.crontabs import import_crontab
from atsn_tui.node.files.snapshots import export, import_snapshot
from atsn_tui.node.files.views import CrontabImport, SnapshotImport

Format = Literal["crontab", "system-crontab", "snapshot"]


class Files:
    """Import files into a node, and export its groups."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def detect(self, data: bytes, name: str) -> Format:
        """What a file is, judged by its name and content."""
        return detect(data, name)

    async def export(self, group: str, secrets: bool = False) -> str:
        """A group as the text of a snapshot; secrets are left out unless asked for."""
        return await export(self._core, group, secrets=secrets)

    async def import_crontab(
        self,
        source: str,
        data: bytes,
        into: str | None = None,
        *,
        system: bool = False,
        enable: bool = False,
        folder: str = "",
        dry_run: bool = False,
        run_as: str | None = None,
        aliases: Collection[str] = (),
    ) -> CrontabImport:
        """Import a crontab. `source` is its absolute path: by it, or an alias, a later import knows the same file.

        `run_as` is the user whose crontab it is, if that is known.
        """
        return await import_crontab(
            self._core,
            source,
            data,
            into,
            system=system,
            enable=enable,
            folder=folder,
            dry_run=dry_run,
            run_as=run_as,
            aliases=aliases,
        )

    async def import_snapshot(
        self, source: str, data: bytes, into: str | None = None, *, mode: Mode = "easy", dry_run: bool = False
    ) -> SnapshotImport:
        """Merge a snapshot into a group, or make the group that it describes."""
        return await import_snapshot(self._core, source, data, into, mode=mode, dry_run=dry_run)
