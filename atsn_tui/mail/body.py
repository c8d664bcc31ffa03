"""The body of a message: safe to read and of bounded size."""

from atsn_tui.mail.legible import legible

MAX_BODY = 500_000
"""The most that a text or an HTML body may have, in bytes of UTF-8."""


def text_body(text: str, limit: int = MAX_BODY) -> str:
    """The text as it goes into a mail; what is over `limit` bytes is cut off, and the end says how much."""
    whole = legible(text)
    if not whole.endswith("\n"):
        whole += "\n"
    data = whole.encode()
    if len(data) <= limit:
        return whole
    kept = data[:limit]
    kept = kept[: kept.rfind(b"\n") + 1] or kept
    shown = kept.decode("utf-8", "ignore")
    left_out = len(data) - len(shown.encode())
    end = "" if shown.endswith("\n") else "\n"
    return f"{shown}{end}\n[{left_out:,} bytes more were left out of this mail]\n"


def html_body(html: str, limit: int = MAX_BODY) -> tuple[str | None, str]:
    """The HTML, and nothing to add to the text; or None, and what the text says instead.

    HTML that is too long is left out: half of it would be broken.
    """
    whole = legible(html)
    size = len(whole.encode())
    if size <= limit:
        return whole, ""
    return None, f"\n[the HTML form of this mail was left out: it would have had {size:,} bytes]\n"
