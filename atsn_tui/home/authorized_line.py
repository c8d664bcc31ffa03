"""One line of an authorized_keys file that starts `atsn channel` for one peer, and reading such lines."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from atsn_tui.errors import BadInput
from atsn_tui.model.peer import network_of

_KEY = re.compile(rb"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@._-]+[ \t]+[A-Za-z0-9+/=]+")


@dataclass(frozen=True)
class AuthorizedPeer:
    """What the line is made of."""

    program: Sequence[str]
    """The words that run atsn, the first an absolute path."""
    home: Path
    peer: str
    public_key: str
    fingerprint: str
    networks: Sequence[str] = ()
    """Those that it may come from; none: any."""

    def line(self) -> str:
        """The whole line, without its end. BadInput if it would not stand in one."""
        words = [*self.program, *_tail(self.home, self.peer), "--key", self.fingerprint]
        options = ["restrict", f"command={_quoted(shlex.join(words))}"]
        if self.networks:
            networks = ",".join(str(network_of(network)) for network in self.networks)
            options.append(f"from={_quoted(networks)}")
        line = f"{','.join(options)} {self.public_key} atsn:{self.peer}"
        if not line.isprintable():
            raise BadInput(
                f"no line of an authorized_keys file can name {self.home}: it holds odd characters"
            )
        return line


def peer_of(line: bytes, home: Path) -> str | None:
    """The peer for which the line starts `atsn channel` on the node at `home`; None if it does not."""
    try:
        words = shlex.split(_command(line).decode())
    except (UnicodeDecodeError, ValueError):
        return None
    for at in range(len(words) - 4):
        if words[at : at + 4] == _tail(home, words[at + 4])[:4]:
            return words[at + 4]
    return None


def key_of(line: bytes) -> bytes | None:
    """The type and the key in the line, apart by one blank; None if there is none."""
    text = line.strip()
    if text.startswith(b"#"):
        return None
    found = _KEY.match(text) or _KEY.match(text[_end_of_options(text) :].lstrip())
    return None if found is None else b" ".join(found.group().split())


def _tail(home: Path, peer: str) -> list[str]:
    return ["--home", str(home), "channel", "--peer", peer]


def _quoted(value: str) -> str:
    """A value as sshd reads it: it knows only the escaped double quote, and nothing ends in a backslash here."""
    return '"' + value.replace('"', '\\"') + '"'


def _command(line: bytes) -> bytes:
    """The value of the option command; empty without it."""
    options = line.strip()
    if options.startswith(b"#"):
        return b""
    options = options[: _end_of_options(options)]
    found = re.search(rb'(?:^|,)command="((?:\\"|[^"])*)"', options, re.IGNORECASE)
    return found.group(1).replace(b'\\"', b'"') if found else b""


def _end_of_options(line: bytes) -> int:
    """Where the options at the beginning of the line end, as sshd finds it."""
    at, quoted = 0, False
    while at < len(line) and (quoted or line[at : at + 1] not in (b" ", b"\t")):
        if line[at : at + 2] == b'\\"':
            at += 1
        elif line[at : at + 1] == b'"':
            quoted = not quoted
        at += 1
    return at
