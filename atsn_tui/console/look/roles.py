"""The few roles that text can play; a theme gives each its colour."""

from typing import Literal, get_args

Role = Literal["ink", "strong", "muted", "faint", "accent", "title", "good", "warn", "bad"]

ROLES: tuple[Role, ...] = get_args(Role)

Cell = tuple[str, Role]
"""A piece of text in one role."""

Line = list[Cell]
"""One line on the screen, from left to right."""

ROLE_STYLES: dict[Role, str] = {
    "ink": "$ink",
    "strong": "$ink bold",
    "muted": "$muted",
    "faint": "$faint",
    "accent": "$accent",
    "title": "$accent bold",
    "good": "$good",
    "warn": "$warn",
    "bad": "$bad",
}
"""The same roles as styles of Textual's Content, for widgets that render no lines of their own."""
