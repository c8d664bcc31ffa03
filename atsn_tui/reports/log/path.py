"""Where a group's log file lies, from its setting with ${VARIABLES} and date patterns."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from atsn_tui.errors import BadInput
from atsn_tui.mail.legible import one_line
from atsn_tui.reports.variables import undefined_in

DATES = {
    "Y": "year, 2026",
    "y": "year, 26",
    "m": "month, 11",
    "b": "month, Nov",
    "d": "day, 22",
    "j": "day of the year, 326",
    "G": "year of the week",
    "V": "week, 47",
    "u": "day of the week, 7 for Sunday",
    "a": "day of the week, Sun",
    "H": "hour, 03",
    "M": "minute, 00",
    "S": "second, 41",
}
"""The date patterns and what they stand for; %% is a percent sign."""

_PART = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})|%(?P<date>.?)", re.ASCII | re.DOTALL)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def log_path(pattern: str, values: Mapping[str, str], moment: datetime) -> Path:
    """The path at that moment, which is in the zone that dates are meant in.

    Variables and dates are replaced once: a percent sign in a value is just one. In the ATSN_… variables, which
    hold names, each / becomes a -. BadInput if a variable is not defined, a pattern is unknown, or no absolute
    path without `..` comes out.
    """
    undefined: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        if found["date"] is not None:
            return _date(found["date"], pattern, moment)
        name = found["name"]
        if name is None:
            return "$"
        if name not in values:
            undefined[name] = None
            return ""
        return values[name].replace("/", "-") if name.startswith("ATSN_") else values[name]

    path = _PART.sub(value, pattern)
    if undefined:
        raise undefined_in("the log path", pattern, tuple(undefined))
    _check(path, pattern)
    return Path(path)


def _date(letter: str, pattern: str, moment: datetime) -> str:
    if letter == "%":
        return "%"
    if letter not in DATES:
        raise BadInput(
            f"the log path {pattern!r}: %{letter} is no date pattern; known are"
            f" {' '.join(f'%{each}' for each in DATES)}, and %% is a percent sign"
        )
    # Month and day in English whatever the locale, so that names do not depend on who starts the service.
    if letter == "b":
        return _MONTHS[moment.month - 1]
    if letter == "a":
        return _DAYS[moment.weekday()]
    return moment.strftime(f"%{letter}")


def _check(path: str, pattern: str) -> None:
    what = f"the log path {one_line(pattern, 200)!r}"
    if path != pattern:
        what += f", here {one_line(path, 200)!r},"
    if not path.startswith("/"):
        raise BadInput(f"{what} is not absolute: write it as /var/log/atsn/%Y-%m.log")
    if path.endswith("/"):
        raise BadInput(f"{what} names a directory: give the file in it a name")
    if ".." in path.split("/"):
        raise BadInput(f"{what} leads upwards with ..: write where it is meant to be")
    if not path.isprintable():
        raise BadInput(f"{what} holds a control character: use printable text")
