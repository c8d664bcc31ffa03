"""Whether what a peer sent can be true at all. What is not is BadInput, before anything is done with it."""

from collections.abc import Iterable

from atsn_tui.errors import BadInput
from atsn_tui.model.codec import FINGERPRINT_BYTES
from atsn_tui.model.dates import NEWEST, OLDEST
from atsn_tui.model.digest import BUCKET_BYTES, BUCKETS, DIGEST_BYTES, MARK_BYTES
from atsn_tui.model.record import Head, Row
from atsn_tui.model.text import check_id
from atsn_tui.replication.replica import HeadInfo, Outline, Proposal

MAX_PATH = 100
"""The most nodes that a state can have come through."""

MAX_SEQUENCE = 2**63 - 1


def check_uuid(what: str, value: str) -> None:
    """BadInput unless it is a UUID."""
    try:
        check_id(value)
    except ValueError as error:
        raise BadInput(f"{what}: {error}") from error


def check_date(what: str, micros: int) -> None:
    """BadInput unless it is a date that can be written out, and followed by later ones."""
    if not OLDEST <= micros <= NEWEST:
        raise BadInput(f"{what} has no possible date: {micros} microseconds")


def check_row(row: Row) -> None:
    """BadInput unless a record can have that row."""
    check_uuid("a record", row.id)
    check_date(f"record {row.id}", row.modified)
    if len(row.fingerprint) != FINGERPRINT_BYTES:
        raise BadInput(f"record {row.id} has a fingerprint of {len(row.fingerprint)} bytes")


def check_rows(rows: Iterable[Row]) -> None:
    """BadInput unless records can have those rows."""
    for row in rows:
        check_row(row)


def check_outline(group_id: str, outline: Outline) -> None:
    """BadInput unless a group can have that outline."""
    check_row(outline.settings)
    if outline.settings.id != group_id:
        raise BadInput(f"the settings of group {group_id} have the id {outline.settings.id}")
    if [len(bucket) for bucket in outline.buckets] != [BUCKET_BYTES] * BUCKETS:
        raise BadInput(f"the bucket hashes of group {group_id} are not {BUCKETS} of {BUCKET_BYTES} bytes")


def check_info(info: HeadInfo) -> None:
    """BadInput unless a group can stand like that."""
    if info.head is not None:
        check_head(info.head)
    if info.seen is not None:
        check_head(info.seen)
    check_path(info.path)
    if info.restored is not None:
        check_date("a backup", info.restored)


def check_head(head: Head) -> None:
    """BadInput unless a group can have that head."""
    check_uuid("a store", head.store_id)
    if not 0 <= head.sequence <= MAX_SEQUENCE or len(head.digest) != DIGEST_BYTES:
        raise BadInput(f"a head with sequence {head.sequence} and a digest of {len(head.digest)} bytes")


def check_path(path: tuple[str, ...]) -> None:
    """BadInput unless a state can have come through those nodes."""
    if len(path) > MAX_PATH:
        raise BadInput(f"a state that came through {len(path)} nodes: at most {MAX_PATH} are possible")
    for node_id in path:
        check_uuid("a node", node_id)


def marks_in(joined: bytes) -> set[bytes]:
    """The marks that were sent one after the other; BadInput if they cannot be some."""
    if len(joined) % MARK_BYTES:
        raise BadInput(f"marks of {MARK_BYTES} bytes cannot take {len(joined)} together")
    return {joined[at : at + MARK_BYTES] for at in range(0, len(joined), MARK_BYTES)}


def check_proposal(proposal: Proposal) -> None:
    """BadInput unless what stands around the plan can be true; the plan itself is judged by the receiver."""
    check_head(proposal.head)
    check_path(proposal.path)
    check_uuid("a cycle", proposal.cycle)
    check_uuid("a proposal", proposal.id)
    check_uuid("a group", proposal.plan.group_id)
    if proposal.restored is not None:
        check_date("a backup", proposal.restored)
