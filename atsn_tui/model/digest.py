"""The digest of a group: one hash for settings and tasks, cheap to keep up to date.

The tasks are spread over 256 buckets by a hash of their id. A change recomputes its own bucket's
hash and the hash over all buckets; two nodes that differ compare buckets to find where.
"""

import hashlib
from collections.abc import Iterable, Sequence
from operator import attrgetter
from struct import Struct

from atsn_tui.model.record import Row
from atsn_tui.model.version import FORMAT

BUCKETS = 256
BUCKET_BYTES = 16
DIGEST_BYTES = 32
MARK_BYTES = 8

_by_id = attrgetter("id")
_pack_length = Struct(">H").pack
_pack_date = Struct(">q").pack


def bucket_of(task_id: str) -> int:
    """The bucket of a task, from 0 to 255."""
    return hashlib.blake2b(task_id.encode(), digest_size=1, person=b"atsn-bucket").digest()[0]


def bucket_hash(rows: Iterable[Row]) -> bytes:
    """The hash of one bucket's rows, in any order."""
    content = b"".join([_row_bytes(row) for row in sorted(rows, key=_by_id)])
    return hashlib.blake2b(content, digest_size=BUCKET_BYTES, person=b"atsn-rows").digest()


def bucket_hashes(rows: Iterable[Row]) -> list[bytes]:
    """The hashes of all buckets."""
    buckets: list[list[Row]] = [[] for _ in range(BUCKETS)]
    for row in rows:
        buckets[bucket_of(row.id)].append(row)
    return [bucket_hash(bucket) if bucket else _EMPTY for bucket in buckets]


def group_digest(group_id: str, settings: Row, buckets: Sequence[bytes]) -> bytes:
    """The digest of a group from its settings' row and its 256 bucket hashes."""
    hasher = hashlib.blake2b(digest_size=DIGEST_BYTES, person=b"atsn-group")
    hasher.update(FORMAT.to_bytes(4, "big"))
    hasher.update(group_id.encode())
    hasher.update(_row_bytes(settings))
    for value in buckets:
        hasher.update(value)
    return hasher.digest()


def mark(row: Row) -> bytes:
    """A few bytes that tell a row from any other, but for an accident or an attack: what relies on it must check."""
    return hashlib.blake2b(_row_bytes(row), digest_size=MARK_BYTES, person=b"atsn-mark").digest()


def _row_bytes(row: Row) -> bytes:
    identity = row.id.encode()
    return b"%b%b%b%b" % (_pack_length(len(identity)), identity, _pack_date(row.modified), row.fingerprint)


_EMPTY = bucket_hash(())
