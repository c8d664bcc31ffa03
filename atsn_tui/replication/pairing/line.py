"""The line that an invite is handed on as: `ATSN1-` and one word of letters, digits, `-` and `_`.

The word is base64url of a check sum (4 bytes) and of the msgpack array of what InviteLine holds.
"""

import base64
import binascii
import hashlib
import secrets

import msgspec
from msgspec import Struct

from atsn_tui.errors import AtsnError, BadInput
from atsn_tui.home.address import parse_address
from atsn_tui.home.keys import KIND, check_public_key

MARK = "ATSN1-"
SECRET_BYTES = 16
"""128 bits: not to be guessed, however many may try."""
MOST_ADDRESSES = 6
_ID_BYTES = 8
_SUM_BYTES = 4
_KEY_START = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
_LONGEST = 4000


class InviteLine(Struct, frozen=True, array_like=True):
    """What the other node needs to join: where to go, whom to expect there, and what to say."""

    addresses: tuple[str, ...]
    """HOST:PORT, the likeliest first."""
    key: bytes
    """The 32 bytes of the inviting node's host key."""
    id_bytes: bytes
    secret: bytes

    @property
    def invite(self) -> str:
        """The id of the invite."""
        return self.id_bytes.hex()

    @property
    def host_key(self) -> str:
        """The host key as `ssh-ed25519 AAAA…`."""
        return f"{KIND} {base64.b64encode(_KEY_START + self.key).decode()}"


def new_line(addresses: tuple[str, ...], host_key: str) -> InviteLine:
    """A line with a fresh id and a fresh secret."""
    blob = base64.b64decode(check_public_key(host_key).split()[1])
    return InviteLine(
        addresses[:MOST_ADDRESSES],
        blob[len(_KEY_START) :],
        secrets.token_bytes(_ID_BYTES),
        secrets.token_bytes(SECRET_BYTES),
    )


def hashed(secret: bytes) -> bytes:
    """What is kept of a secret. It is random and long, so a plain hash is enough."""
    return hashlib.blake2b(secret, digest_size=32, person=b"atsn-invite").digest()


def written(line: InviteLine) -> str:
    """The line as text."""
    body = msgspec.msgpack.encode(line)
    return MARK + base64.urlsafe_b64encode(_sum(body) + body).decode().rstrip("=")


def read(text: str) -> InviteLine:
    """The line in a text; `atsn peer join` before it, blanks and line breaks do not matter. BadInput."""
    _, mark, word = "".join(text.split()).rpartition(MARK)
    if not mark:
        raise BadInput(f"this is no invite: the line begins with {MARK} and is made by atsn peer invite")
    try:
        if len(word) > _LONGEST:
            raise BadInput(_DAMAGED)
        data = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        body = data[_SUM_BYTES:]
        if data[:_SUM_BYTES] != _sum(body):
            raise BadInput(_DAMAGED)
        line = msgspec.msgpack.decode(body, type=InviteLine)
        _check(line)
    except (binascii.Error, ValueError, msgspec.MsgspecError, UnicodeDecodeError, AtsnError) as error:
        raise BadInput(_DAMAGED) from error
    return line


_DAMAGED = "this invite is cut or mistyped: copy the whole line again, it is one word"


def _check(line: InviteLine) -> None:
    if not 0 < len(line.addresses) <= MOST_ADDRESSES:
        raise ValueError("no address")
    for address in line.addresses:
        parse_address(address)
    lengths = (len(line.key), len(line.id_bytes), len(line.secret))
    if lengths != (32, _ID_BYTES, SECRET_BYTES):
        raise ValueError(f"parts of wrong lengths: {lengths}")


def _sum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SUM_BYTES).digest()
