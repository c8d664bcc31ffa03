"""Environment lines of a crontab: NAME=value, with cron's rules for blanks and quotes."""

import re

_SPACE = "[ \\t\\n\\v\\f\\r]"
_SETTING = re.compile(
    rf"""
    (?: (?P<quote>['"]) (?P<quoted_name> (?: (?!(?P=quote)) [^=] )*+ ) (?P=quote)
      | (?! ['"]) (?P<name> (?: (?!{_SPACE}) [^=] )*+ )
    )
    {_SPACE}*+ = {_SPACE}*+
    (?: (?P<mark>['"]) (?P<quoted_value> (?: (?!(?P=mark)) . )*+ ) (?P=mark) {_SPACE}*+
      | (?! ['"]) (?P<value> .* )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_LOOKS_LIKE_SETTING = re.compile(rf"['\"]?[A-Za-z_]\w*['\"]?{_SPACE}*=", re.ASCII)


def read_setting(line: str) -> tuple[str, str] | None:
    """Name and value of an environment line without its leading blanks; None if it is no such line.

    Name and value may be quoted, each with its own kind of quotes; a quoted value keeps its blanks and
    nothing may follow it. Variables in the value are not expanded: cron does not.
    """
    match = _SETTING.fullmatch(line)
    if match is None:
        return None
    name = match["name"] if match["quote"] is None else match["quoted_name"]
    value = match["value"].rstrip(" \t\n\v\f\r") if match["mark"] is None else match["quoted_value"]
    return name, value


def setting_trouble(line: str) -> str | None:
    """Why a line that looks like NAME=value is none for cron; None if it does not look like one."""
    match = _LOOKS_LIKE_SETTING.match(line)
    if match is None or read_setting(line) is not None:
        return None
    value = line[match.end() :].lstrip()
    if value[:1] in ("'", '"') and value[0] not in value[1:]:
        return "the quote around the value is not closed"
    return "nothing may follow the closing quote of the value"
