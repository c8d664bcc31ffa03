"""The app of one verb, or of a family of verbs such as `atsn task …`."""

import typer


def family(summary: str) -> typer.Typer:
    """An app for a family of verbs."""
    return typer.Typer(help=summary, add_completion=False, rich_markup_mode=None)


def single() -> typer.Typer:
    """An app for a verb that stands alone."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)
