"""The machine's own time zone."""

import os
from collections.abc import Mapping
from pathlib import Path

from atsn_tui.schedule.zones import zone_exists

LOCALTIME = Path("/etc/localtime")
_MARK = "zoneinfo/"


def local_zone(environ: Mapping[str, str]) -> str:
    """The zone's name, such as Europe/Berlin: that of TZ, else of /etc/localtime, else UTC."""
    for name in (environ.get("TZ", "").lstrip(":"), _linked()):
        if name and zone_exists(name):
            return name
    return "UTC"


def _linked() -> str:
    try:
        target = os.path.realpath(LOCALTIME)
    except OSError:
        return ""
    return target.partition(_MARK)[2]
