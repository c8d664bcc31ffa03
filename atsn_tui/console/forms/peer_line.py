"""A pasted `atsn peer add …` line, as the values of the peer's form."""

import shlex

from atsn_tui.console.forms.form import Values

_OPTIONS = {
    "--key": "key",
    "--address": "address",
    "--host-key": "host_key",
    "--grant": "grants",
    "--from": "allow_from",
}


def read_line(text: str) -> Values | None:
    """What the line says; None if it is no such line, or no whole one."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    start = next((at for at in range(len(words) - 1) if words[at : at + 2] == ["peer", "add"]), None)
    if start is None or "atsn" not in (word.rpartition("/")[2] for word in words[:start]):
        return None
    found: Values = {}
    rest = iter(words[start + 2 :])
    for word in rest:
        option, equals, value = word.partition("=")
        if option in _OPTIONS:
            given = value if equals else next(rest, "")
            key = _OPTIONS[option]
            several = key in ("grants", "allow_from") and key in found
            found[key] = f"{found[key]}, {given}" if several else given
        elif not word.startswith("-"):
            found.setdefault("name", word)
    return found or None
