"""Each state as a glyph and words, never as colour alone."""

from rich.text import Text

_STYLES: dict[str, tuple[str, str, str]] = {
    "in_sync": ("●", "in sync", "green"),
    "applied": ("✓", "applied", "green"),
    "differs": ("▲", "differs", "yellow"),
    "behind": ("▲", "behind", "yellow"),
    "held": ("‖", "held", "yellow"),
    "moved": ("▲", "moved", "yellow"),
    "unknown": ("○", "unknown", ""),
    "offline": ("○", "offline", "red"),
    "unreachable": ("○", "unreachable", "red"),
    "refused": ("✗", "refused", "red"),
    "version_mismatch": ("✗", "other version", "red"),
    "failed": ("✗", "failed", "red"),
}


def state(name: str | None, count: int = 0) -> Text:
    """The state of a peer or a link; `count` is how many changes it is behind."""
    if name is None:
        return Text("○ never run")
    glyph, words, style = _STYLES[name]
    if name in ("behind", "differs") and count:
        words = f"{count} behind"
    return Text(f"{glyph} {words}", style=style)
