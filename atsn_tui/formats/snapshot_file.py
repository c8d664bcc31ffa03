"""The types behind the snapshot file: the model's own, with ids, dates and omitted secrets beside."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from atsn_tui.model import dates, text
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.model.task import Task

FORMAT = "atsn-snapshot"
VERSION = 1

Identity = Annotated[str, Meta(description="A UUID in lower case.", extra_json_schema={"format": "uuid"})]
Moment = Annotated[
    str,
    Meta(
        description="RFC 3339 with an offset, as in 2026-11-22T08:30:00.000000Z.",
        extra_json_schema={"format": "date-time"},
    ),
]


class SnapshotGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which group this is."""

    id: Identity
    replicated: bool = True

    def __post_init__(self) -> None:
        text.check_id(self.id)


class OmittedSecret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stands for a secret that was not exported; an import keeps the receiver's."""

    omitted: Annotated[bool, Meta(extra_json_schema={"const": True})]

    def __post_init__(self) -> None:
        if not self.omitted:
            raise ValueError('write {"omitted": true}, the secret itself, or null for none')


class SnapshotCredential(Credential, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named user and secret, which tasks and mail refer to by name."""

    secret: str | OmittedSecret | None = None  # type: ignore[assignment]


class SnapshotSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about the group that replicates with it, apart from its tasks."""

    credentials: dict[str, SnapshotCredential] = field(default_factory=dict)  # type: ignore[assignment]
    modified_at: Moment

    def __post_init__(self) -> None:
        super().__post_init__()
        dates.parse_date(self.modified_at)


class SnapshotTask(Task, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task: what runs, when, as whom and under which rules."""

    id: Identity
    modified_at: Moment

    def __post_init__(self) -> None:
        super().__post_init__()
        text.check_id(self.id)
        dates.parse_date(self.modified_at)


class SnapshotFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of scheduled tasks with its settings."""

    format: Literal["atsn-snapshot"]
    version: Literal[1]
    group: SnapshotGroup
    settings: SnapshotSettings
    tasks: tuple[SnapshotTask, ...] = ()
