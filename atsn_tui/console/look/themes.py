"""The themes: TOML files, checked colour by colour when they are loaded."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from textual.color import Color, ColorParseError
from textual.theme import Theme

from atsn_tui.errors import BadFile

NAMES = (
    "canvas",
    "panel",
    "raised",
    "field",
    "cursor",
    "cursor-idle",
    "ink",
    "muted",
    "faint",
    "accent",
    "good",
    "warn",
    "bad",
)
"""The colours that every theme gives, no more and no less."""

DEFAULTS = {name: "#808080" for name in NAMES if name != "accent"}
"""Our own variables, for the moment before a theme of ours is set."""

_PLAIN, _FEW = "atsn-dark", "atsn-high-contrast"


class ThemeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a theme file holds."""

    name: str
    title: str
    dark: bool
    colors: dict[str, str]


class Look(NamedTuple):
    """A theme and what people call it."""

    title: str
    theme: Theme


def folder() -> Path:
    """Where the themes are: inside an installed package, or at the root of a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent / "themes"


def load_all(where: Path | None = None) -> list[Look]:
    """All themes of a folder, by file name; BadFile names file and key."""
    where = folder() if where is None else where
    files = sorted(where.glob("*.toml"))
    if not files:
        raise BadFile(f"{where} holds no themes: install atsn-tui again")
    return [load(path) for path in files]


def first_theme(wanted: str | None, looks: Sequence[Look], color_system: str | None) -> str:
    """The wanted theme; else, with 16 colours only, the one that needs no more."""
    names = [look.theme.name for look in looks]
    if wanted in names:
        return str(wanted)
    return _FEW if color_system == "standard" and _FEW in names else _PLAIN


def load(path: Path) -> Look:
    """The theme in a file; BadFile names the file and the key that is wrong."""
    try:
        content = msgspec.convert(tomllib.loads(path.read_text("utf-8")), ThemeFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadFile(f"theme {path}: {error}") from error
    for key in sorted(set(content.colors) ^ set(NAMES)):
        raise BadFile(f"theme {path}: colors.{key} is {'unknown' if key in content.colors else 'missing'}")
    for key, value in content.colors.items():
        try:
            Color.parse(value)
        except ColorParseError as error:
            raise BadFile(
                f'theme {path}: colors.{key} = {value!r} is no colour: write it as "#5fd7d7"'
            ) from error
    return Look(content.title, _theme(content))


def _theme(content: ThemeFile) -> Theme:
    colors = content.colors
    return Theme(
        name=content.name,
        dark=content.dark,
        primary=colors["accent"],
        secondary=colors["accent"],
        accent=colors["accent"],
        foreground=colors["ink"],
        background=colors["canvas"],
        surface=colors["raised"],
        panel=colors["panel"],
        success=colors["good"],
        warning=colors["warn"],
        error=colors["bad"],
        variables={**{key: value for key, value in colors.items() if key != "accent"}, **_parts(colors)},
    )


def _parts(colors: dict[str, str]) -> dict[str, str]:
    """The variables by which Textual's own widgets are coloured."""
    return {
        "text": colors["ink"],
        "text-muted": colors["muted"],
        "text-disabled": colors["muted"],
        "border": colors["accent"],
        "border-blurred": colors["faint"],
        "scrollbar": colors["faint"],
        "scrollbar-hover": colors["muted"],
        "scrollbar-active": colors["accent"],
        "scrollbar-background": colors["canvas"],
        "scrollbar-background-hover": colors["canvas"],
        "scrollbar-background-active": colors["canvas"],
        "scrollbar-corner-color": colors["canvas"],
        "block-cursor-background": colors["cursor"],
        "block-cursor-foreground": colors["ink"],
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": colors["cursor-idle"],
        "block-cursor-blurred-foreground": colors["ink"],
        "input-cursor-background": colors["ink"],
        "input-cursor-foreground": colors["canvas"],
        "input-selection-background": colors["faint"],
    }
