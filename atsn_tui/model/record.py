"""Records: what is stored, compared and sent. A record's body is its canonical content."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from atsn_tui.model.dates import Micros

Fingerprint = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""The hash of a record's content."""


class Row(Struct, frozen=True, array_like=True):
    """What a merge compares of a record: never its content."""

    id: str
    modified: Micros
    fingerprint: Fingerprint


class Record(Struct, frozen=True, array_like=True):
    """A task or a group's settings as they are stored and sent. The settings' id is the group's."""

    id: str
    modified: Micros
    body: bytes
    fingerprint: Fingerprint

    @property
    def row(self) -> Row:
        """The record without its content."""
        return Row(self.id, self.modified, self.fingerprint)


class Origin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a record's last change to what runs, and as whom, came from. It never travels."""

    kind: Literal["local", "peer"] = "local"
    who: str = ""
    """The local user, or the peer's name."""
    node_id: str | None = None
    direction: Literal["push", "pull"] | None = None


class Head(Struct, frozen=True, array_like=True):
    """The state of a group on one node, in a few bytes."""

    store_id: str
    sequence: int
    digest: bytes
