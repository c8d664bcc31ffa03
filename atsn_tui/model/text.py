"""Rules for the small texts that people and peers give: names, folders, variable names, ids."""

import re
import uuid

MAX_NAME = 200
"""The longest name, in characters."""

MAX_SCHEDULE = 1000
"""The longest schedule, in characters: a crontab may list every minute and every day."""

MAX_TEXT = 100_000
"""The longest command, body or note, in characters."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def check_name(what: str, value: str, limit: int = MAX_NAME) -> None:
    """Raise ValueError unless `value` can be a name: not blank, one line, at most `limit` characters."""
    if not value.strip():
        raise ValueError(f"{what} is empty: give it a name")
    if value != value.strip():
        raise ValueError(f"{what} {value!r} begins or ends with a blank: remove it")
    if len(value) > limit:
        raise ValueError(f"{what} has {len(value)} characters: at most {limit} are allowed")
    check_text(what, value)
    if _CONTROL.search(value):
        raise ValueError(f"{what} {value!r} holds a control character: use printable text on one line")


def check_text(what: str, value: str) -> None:
    """Raise ValueError if `value` is too long, holds a NUL or cannot be written as UTF-8."""
    if len(value) > MAX_TEXT:
        raise ValueError(f"{what} has {len(value)} characters: at most {MAX_TEXT} are allowed")
    if "\0" in value:
        raise ValueError(f"{what} holds a NUL character, which no program can be given")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} is not valid Unicode text: {error.reason}") from error


def check_folder(value: str) -> None:
    """Raise ValueError unless `value` is empty or a path such as `databases/nightly`."""
    if value and any(not part.strip() for part in value.split("/")):
        raise ValueError(f"folder {value!r} is no path: write it as databases or databases/nightly")
    if value:
        check_name("folder", value)


def check_environment(what: str, values: dict[str, str]) -> None:
    """Raise ValueError unless every key is a variable name and every value a text."""
    for key, value in values.items():
        if not _VARIABLE.match(key):
            raise ValueError(
                f"{what} {key!r} is no variable name: use letters, digits and _, as in BACKUP_DIR"
            )
        check_text(f"{what} {key}", value)


def check_id(value: str) -> None:
    """Raise ValueError unless `value` is a UUID in its usual lower-case form."""
    try:
        canonical = str(uuid.UUID(value)) if len(value) <= MAX_NAME else None
    except ValueError:
        canonical = None
    if canonical != value:
        raise ValueError(f"id {value[:60]!r} is no UUID: it looks like 6f1c0d9e-3a52-4c1b-9a65-0d2f6a8b7c11")


def printable(text: str, most: int) -> str:
    """Text from the other side, as it may stand in a message: on one line, at most so many characters."""
    return "".join(char if char.isprintable() else "?" for char in text[:most])


def new_id() -> str:
    """A fresh random UUID."""
    return str(uuid.uuid4())
