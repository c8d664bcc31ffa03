"""What is said before the verb."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Root:
    """The options of `atsn` itself."""

    home: str | None = None
    password_file: str | None = None
