"""Ed25519 keys in OpenSSH's own files and lines, as ssh-keygen makes and reads them.

Public lines are checked without `cryptography`: it takes 25 ms to import and is needed for private keys only.
"""

import base64
import binascii
import hashlib
import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from atsn_tui.errors import BadFile, BadInput, NotFound, Refused
from atsn_tui.home.atomic import write_atomically
from atsn_tui.home.trouble import explain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KIND = "ssh-ed25519"
"""The one type of key that nodes use."""

_PREFIX = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
_OTHER_KINDS = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_HOW = "a node shows its keys with: atsn identity"


def make(path: Path) -> str:
    """Make a key, write the private half to `path` (mode 0600) and return the public line."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    write_atomically(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return _line(key)


def read(path: Path) -> bytes:
    """The private key file's bytes. Refused if others than its owner can read it, BadFile if it is no key."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(65_536)
    except FileNotFoundError as error:
        raise NotFound(f"the key {path} is missing: bring it back from a backup") from error
    except OSError as error:
        raise explain("cannot read the key", path, error) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(f"others may use the key {path}: close it with: chmod 600 {shlex.quote(str(path))}")
    _load(path, data)
    return data


def public_line(path: Path) -> str:
    """The public half of the private key in `path`, as `ssh-ed25519 AAAA…`."""
    return _line(_load(path, read(path)))


def check_public_key(text: str) -> str:
    """`text` as `ssh-ed25519 AAAA…`, without its comment. If it is no such key, BadInput says what it is."""
    if "PRIVATE KEY" in text:
        raise BadInput(
            f"this is a private key, which must never leave its machine: give the public one ({_HOW})"
        )
    words = text.split()
    if not words or len(text.strip().splitlines()) > 1:
        raise BadInput(f"{text.strip()[:60]!r} is no public key: give one line, {KIND} AAAA… ({_HOW})")
    if words[0] != KIND:
        raise BadInput(_wrong_start(words))
    if len(words) < 2:
        raise BadInput(f"the public key ends after {KIND}: put the whole line in quotes")
    return f"{KIND} {_check_blob(words[1])}"


def fingerprint(line: str) -> str:
    """The SHA-256 fingerprint of a public line, as ssh-keygen -l shows it. BadInput if it is no key."""
    blob = base64.b64decode(check_public_key(line).split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _check_blob(encoded: str) -> str:
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"the public key {_short(encoded)} is damaged (no base64): copy it again") from error
    if not blob.startswith(_PREFIX) or len(blob) != len(_PREFIX) + 32:
        raise BadInput(f"the public key {_short(encoded)} is cut or damaged: copy the whole line again")
    return base64.b64encode(blob).decode()


def _wrong_start(words: list[str]) -> str:
    if words[0].startswith(_OTHER_KINDS):
        return f"{words[0]} keys are not used between nodes: give an {KIND} key ({_HOW})"
    if KIND in words:
        return f"the public key begins with {words[0]!r}: leave out what stands before {KIND}"
    return f"{words[0][:60]!r} begins no public key: it must begin with {KIND} ({_HOW})"


def _short(encoded: str) -> str:
    return encoded if len(encoded) <= 24 else f"{encoded[:20]}…"


def _load(path: Path, data: bytes) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        key = load_ssh_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadFile(f"{path} is no private key without a passphrase: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadFile(f"{path} holds a key of another type: nodes use {KIND}")
    return key


def _line(key: "Ed25519PrivateKey") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
