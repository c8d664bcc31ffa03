"""Room on the disk: for the database, for output, for log files."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from atsn_tui.home.home import Home
from atsn_tui.host.aside import aside
from atsn_tui.node.doctor.check import Finding

LITTLE, TOO_LITTLE = 200_000_000, 20_000_000
"""Free bytes below which it is told: as a warning, as a problem."""

FEW, TOO_FEW = 2_000, 100
"""The same for files that can still be made."""


class Disk:
    """Free space and inodes of the home."""

    topic = "disk"
    fine = "there is room in the home"

    async def look(self, home: Home) -> Sequence[Finding]:
        """Where there is little room."""
        return await aside(lambda: list(self._room([home.path, home.path / "runs"])))

    def _room(self, places: Sequence[Path]) -> Iterator[Finding]:
        seen: set[int] = set()
        for path in places:
            try:
                device, room = path.stat().st_dev, os.statvfs(path)
            except FileNotFoundError:
                continue
            if device in seen:
                continue
            seen.add(device)
            free = room.f_bavail * room.f_frsize
            if free < LITTLE:
                text = f"only {free // 1_000_000} MB are free for {path}"
                yield self._told(text, free < TOO_LITTLE)
            # Some filesystems count no inodes and say 0 of 0.
            if room.f_files and room.f_favail < FEW:
                yield self._told(
                    f"only {room.f_favail} more files can be made in {path}", room.f_favail < TOO_FEW
                )

    def _told(self, text: str, grave: bool) -> Finding:
        fix = "make room: without it, output is lost and nothing can be saved"
        return Finding(topic=self.topic, verdict="problem" if grave else "warning", text=text, fix=fix)
