"""The kinds of schedule. `text` is the normal form: parsing it gives the same schedule again."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from atsn_tui.schedule.fields import Field


class Cron(Struct, frozen=True):
    """Points of the wall clock, as cron names them."""

    text: str
    second: Field
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    @property
    def fields(self) -> tuple[Field, ...]:
        """All six, from the second on."""
        return (self.second, self.minute, self.hour, self.day, self.month, self.weekday)

    @property
    def fixed(self) -> bool:
        """Whether hour and minute are fixed: such a job runs exactly once however the clock is changed."""
        return not (self.hour.wild or self.minute.wild)

    @property
    def random(self) -> bool:
        """Whether a seed decides about a part of it."""
        return any(field.random for field in self.fields)


class Every(Struct, frozen=True):
    """Equal lengths of elapsed time, counted from 1970-01-01 00:00 UTC."""

    text: str
    seconds: int


class At(Struct, frozen=True):
    """Once, at a time of the wall clock."""

    text: str
    wall: datetime
    """Without a zone: it is the task's."""


class Startup(Struct, frozen=True):
    """When the service starts."""

    text: str
    delay: int = 0
    """Seconds after the start."""
    once_per_boot: bool = False
    """`@reboot`: only at its first start since the machine booted."""


class After(Struct, frozen=True):
    """When another task of the group ended."""

    text: str
    task: str
    """Its name or FOLDER/NAME, as it was written."""
    on: Literal["success", "failure", "any"] = "success"


class Manual(Struct, frozen=True):
    """Only when a person asks for it."""

    text: str = "manual"


Schedule = Cron | Every | At | Startup | After | Manual
"""Any of them. Only the first three have times of their own."""
