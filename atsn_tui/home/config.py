"""`config.toml`: what belongs to this node alone and never travels."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from atsn_tui.errors import BadFile, BadInput, NotFound
from atsn_tui.home.address import parse_address
from atsn_tui.home.password import check_path
from atsn_tui.home.sections import ClockLimits, Count, Heartbeat, NodeMail, Reports, Seconds
from atsn_tui.home.trouble import explain
from atsn_tui.model import text
from atsn_tui.model.choices import with_choices
from atsn_tui.model.nearest import nearest


class BrakeLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on what a peer sends here is held until a person allows it."""

    max_deletions: Count = 5
    """The most deletions that pass in one go."""
    max_share: Annotated[int, Meta(ge=0, le=100)] = 30
    """The largest part of a group, in percent, that may be deleted in one go."""
    min_deletions_for_share: Count = 2
    """`max_share` is looked at from this many deletions on."""
    clock_ahead: Count = 600
    """The most that a modification date may lie in this node's future, in seconds."""


class Timeouts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long peers are waited for, in seconds."""

    connect: Seconds = 10
    """From the first packet until a peer has let us in, and again for opening a channel."""
    answer: Seconds = 60
    """From a request until its answer."""


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a node."""

    name: str
    """What this node is called on screens, in mails and in a task's list of nodes."""
    listen: str | None = None
    """HOST:PORT on which peers may connect, as in 0.0.0.0:8022; without it no port is opened."""
    connect: bool = True
    """Whether this node connects to peers by itself; if false, it only waits for them."""
    tags: tuple[str, ...] = ()
    """Words by which a task chooses the nodes that it runs on, as in tag:web."""
    variables: dict[str, str] = {}
    """Environment variables that every task on this node gets."""
    brake: BrakeLimits = field(default_factory=BrakeLimits)
    """From when on what a peer sends here is held until a person allows it."""
    theme: str | None = None
    """The console's theme; without it the default one."""
    history_days: Count = 0
    """How many days the history and the audit log are kept; 0: for ever."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """How long peers are waited for."""
    reports: Reports = field(default_factory=Reports)
    """Which replication cycles are reported, and where to."""
    mail: NodeMail = field(default_factory=NodeMail)
    """How this node sends its own mail, and which mail servers all mail from here trusts."""
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    """A sign of life to somebody who watches this node from elsewhere."""
    clock: ClockLimits = field(default_factory=ClockLimits)
    """How far apart two clocks may be where the later change wins."""
    password_file: str | None = None
    """The file with the password of an encrypted node: an absolute path, which only its owner may read."""

    def __post_init__(self) -> None:
        text.check_name("name", self.name)
        if self.listen is not None:
            parse_address(self.listen, listening=True)
        if self.password_file is not None:
            check_path(self.password_file)
        for tag in self.tags:
            text.check_name("tag", tag)
        text.check_environment("variables", self.variables)


def load(path: Path) -> Config:
    """The settings in `path`. NotFound or BadFile, which names file and line, or file and key."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"{path} is missing: bring it back from a backup") from error
    except OSError as error:
        raise explain("cannot read", path, error) from error
    return parse(data, path)


def parse(data: bytes, path: Path) -> Config:
    """The settings in the bytes of a config file; `path` is only for BadFile's message."""
    try:
        values = tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadFile(f"{path}, line {line}: not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{path}{_line_of(error, data)}: {_reason(error)}") from error
    _refuse_unknown(values, Config, path, "")
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise BadFile(f"{path}: {_readable(error)}") from error
    except BadInput as error:
        raise BadFile(f"{path}: listen: {error}") from error


def known_keys(kind: type[Struct] = Config, prefix: str = "") -> list[str]:
    """Every key that may stand in the file, with dots, as in `brake.max_deletions`."""
    names: list[str] = []
    for item in msgspec.structs.fields(kind):
        names.append(prefix + item.name)
        if section := _section(item.type):
            names += known_keys(section, f"{prefix}{item.name}.")
    return names


def meant(key: str, known: list[str]) -> str:
    """`: did you mean …?`, or the list of what is known, to end a message with."""
    close = nearest(key, known, 1)
    return f": did you mean {close[0]}?" if close else f": known are {', '.join(known)}"


def _refuse_unknown(values: dict[str, Any], kind: type[Struct], path: Path, prefix: str) -> None:
    known = {item.name: item.type for item in msgspec.structs.fields(kind)}
    for key, value in values.items():
        if key not in known:
            names = [prefix + name for name in known]
            raise BadFile(f"{path}: unknown key {prefix}{key}{meant(prefix + key, names)}")
        section = _section(known[key])
        if section and isinstance(value, dict):
            _refuse_unknown(value, section, path, f"{prefix}{key}.")


def _section(kind: Any) -> type[Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, Struct) else None


def _line_of(error: tomllib.TOMLDecodeError, data: bytes) -> str:
    if found := re.search(r"at line (\d+)", str(error)):
        return f", line {found[1]}"
    return f", line {max(data.count(bytes([10]), 0, len(data.rstrip())) + 1, 1)}"


def _reason(error: tomllib.TOMLDecodeError) -> str:
    return re.sub(r" \(at .*\)$", "", str(error))


def _readable(error: msgspec.ValidationError) -> str:
    """The reason with its key in front, from `REASON - at `$.KEY``."""
    reason, _, place = with_choices(str(error), Config).partition(" - at ")
    key = place.strip("`").removeprefix("$").removeprefix(".")
    return f"{key}: {reason}" if key else reason
