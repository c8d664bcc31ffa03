"""The canonical encoding: one content, one sequence of bytes.

It is msgpack with sorted keys and every field present. A record is encoded once, when it is
written; from then on its bytes are stored, compared and sent as they are.
"""

import hashlib

import msgspec

from atsn_tui.errors import BadInput
from atsn_tui.model.record import Record
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task

FINGERPRINT_BYTES = 32
MAX_BODY = 1_000_000
"""The largest record, in bytes of its canonical form."""

_encoder = msgspec.msgpack.Encoder(order="sorted")
_task_decoder = msgspec.msgpack.Decoder(Task)
_settings_decoder = msgspec.msgpack.Decoder(Settings)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def encode(content: Task | Settings) -> bytes:
    """Canonical bytes. The content is validated; BadInput names the field that is wrong."""
    try:
        body = _encoder.encode(msgspec.convert(msgspec.to_builtins(content), type(content)))
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise BadInput(str(error)) from error
    if len(body) > MAX_BODY:
        raise BadInput(f"{content.name!r} takes {len(body)} bytes: at most {MAX_BODY} are allowed")
    return body


def fingerprint(body: bytes) -> bytes:
    """The hash of a record's canonical content."""
    return hashlib.blake2b(body, digest_size=FINGERPRINT_BYTES, person=b"atsn-record").digest()


def record(identity: str, modified: int, content: Task | Settings) -> Record:
    """A record made from content."""
    body = encode(content)
    return Record(identity, modified, body, fingerprint(body))


def decode_task(body: bytes) -> Task:
    """The task in a canonical body; BadInput if it holds anything else."""
    try:
        return _task_decoder.decode(body)
    except _UNREADABLE as error:
        raise BadInput(f"not a task record: {error}") from error


def decode_settings(body: bytes) -> Settings:
    """The settings in a canonical body; BadInput if it holds anything else."""
    try:
        return _settings_decoder.decode(body)
    except _UNREADABLE as error:
        raise BadInput(f"not a settings record: {error}") from error


def verify(received: Record, kind: type[Task] | type[Settings]) -> Task | Settings:
    """The content of a record from elsewhere; BadInput unless its bytes and fingerprint are ours too."""
    if len(received.body) > MAX_BODY:
        raise BadInput(
            f"record {received.id} takes {len(received.body)} bytes: at most {MAX_BODY} are allowed"
        )
    content = decode_task(received.body) if kind is Task else decode_settings(received.body)
    if _encoder.encode(content) != received.body or fingerprint(received.body) != received.fingerprint:
        raise BadInput(f"record {received.id} is not in canonical form or its fingerprint is wrong")
    return content


def hide_secrets(settings: Settings) -> Settings:
    """The same settings with every secret emptied."""
    hidden = {
        name: msgspec.structs.replace(entry, secret=None) for name, entry in settings.credentials.items()
    }
    return msgspec.structs.replace(settings, credentials=hidden)
