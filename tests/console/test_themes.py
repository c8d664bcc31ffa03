"""Themes: complete, legible, and checked when they are loaded."""

from pathlib import Path

import pytest
from rich.color import ColorType
from textual.color import Color

from atsn_tui.console.look.themes import NAMES, Look, folder, load, load_all
from atsn_tui.errors import BadFile

LOOKS = {look.theme.name: look for look in load_all()}
GROUNDS = ("canvas", "panel", "raised", "cursor", "cursor-idle", "field")
INKS = ("ink", "muted", "accent", "good", "warn", "bad")


def color(look: Look, name: str) -> Color:
    return Color.parse(look.theme.primary if name == "accent" else look.theme.variables[name])


def test_there_are_three() -> None:
    assert [look.title for look in LOOKS.values()] == ["Dark", "High contrast", "Light"]


def luminance(shade: Color) -> float:
    """Relative luminance by WCAG 2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shade.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("name", LOOKS)
def test_text_is_legible_on_every_ground(name: str, ink: str) -> None:
    look = LOOKS[name]
    for ground in GROUNDS:
        least = 3.0 if ground in ("cursor", "field") else 4.0
        assert contrast(color(look, ink), color(look, ground)) >= least, ground


@pytest.mark.parametrize("name", ["atsn-dark", "atsn-light"])
def test_colours_are_the_same_in_a_terminal_with_256_of_them(name: str) -> None:
    for key in NAMES:
        value = color(LOOKS[name], key)
        levels = (0x00, 0x5F, 0x87, 0xAF, 0xD7, 0xFF)
        is_cube = all(part in levels for part in value.rgb)
        is_gray = len(set(value.rgb)) == 1 and (value.r - 8) % 10 == 0
        assert is_cube or is_gray, key


def test_high_contrast_needs_16_colours_only() -> None:
    from rich.color import Color as RichColor
    from rich.color import ColorSystem

    for key in NAMES:
        rich = RichColor.from_rgb(*color(LOOKS["atsn-high-contrast"], key).rgb)
        assert rich.downgrade(ColorSystem.STANDARD).type == ColorType.STANDARD
        assert all(part in (0, 85, 170, 255) for part in color(LOOKS["atsn-high-contrast"], key).rgb), key


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('bad = "#ff8787"', 'bad = "reddish"', "colors.bad = 'reddish' is no colour"),
        ('bad = "#ff8787"', "", "colors.bad is missing"),
        ('bad = "#ff8787"', 'bad = "#ff8787"\nworse = "#000000"', "colors.worse is unknown"),
        ("dark = true", 'dark = "yes"', "dark"),
        ("dark = true", "dark = true\nbright = 1", "bright"),
        ("[colors]", "[colors", "theme"),
    ],
)
def test_a_bad_theme_names_file_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (folder() / "dark.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(BadFile) as caught:
        load(path)
    assert str(path) in caught.value.message
    assert said in caught.value.message


def test_a_folder_without_themes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="holds no themes"):
        load_all(tmp_path)
