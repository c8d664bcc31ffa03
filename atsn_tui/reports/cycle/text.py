"""A report about a cycle, as plain text."""

from atsn_tui.reports.cycle.told import Told, ToldChange, ToldField, ToldLink

_WIDTH = 100


def cycle_text(told: Told) -> str:
    """The whole text, for a mail."""
    troubles = "".join(f"! config.toml: {trouble}\n" for trouble in told.troubles)
    return f"{told.headline}\n\n{cycle_lines(told)}\n{troubles}-- \n{told.footer}\n"


def cycle_lines(told: Told) -> str:
    """The report without greeting and footer, for a file."""
    return "\n".join([f"{told.summary}\n", *map(_link, told.links)])


def _link(link: ToldLink) -> str:
    lines = [f"{link.glyph} {link.heading}  {link.state}"]
    for change in link.changes:
        lines += _change(change)
    if link.more:
        lines.append(f"  {link.more}")
    lines += [f"  note: {note}" for note in link.notes]
    for error in link.errors:
        first, *rest = error.split("\n")
        lines += [f"  ! {first}", *(f"    {line}" for line in rest)]
    if link.mend:
        lines.append(f"  next: {link.mend}")
    return "\n".join(lines) + "\n"


def _change(change: ToldChange) -> list[str]:
    lines = [f"  {change.line}"]
    for field in change.fields:
        lines += _field(field)
    return lines


def _field(field: ToldField) -> list[str]:
    after = field.after.split("\n")
    before = [] if field.before is None else field.before.split("\n")
    if len(after) == 1 and len(before) <= 1:
        values = field.after if field.before is None else f"{field.before} → {field.after}"
        if len(field.name) + len(values) <= _WIDTH:
            return [f"      {field.name}  {values}"]
    return [
        f"      {field.name}",
        *(f"        − {line}" for line in before),
        *(f"        + {line}" for line in after),
    ]
