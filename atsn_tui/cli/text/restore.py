"""What a restore did, in words."""

from rich.console import Console

from atsn_tui.cli.text.clean import clean
from atsn_tui.model.dates import format_date
from atsn_tui.node.backup.restore import RestoreView

_CLEARED = (("runs", "runs that were on their way"), ("requests", "requests"), ("mails", "mails that waited"))


def print_restored(console: Console, done: RestoreView) -> None:
    """Print what came back, what is different, and what is to do."""
    made = format_date(done.made_at)[:16].replace("T", " ")
    _say(console, f"Node {done.name} is restored in {done.home}, from a backup of {made} UTC")
    for line in done.differs:
        _say(console, f"  {line}")
    if done.aside is not None:
        _say(console, f"The node that was there is kept in {done.aside}")
    cleared = [f"{getattr(done, key)} {what}" for key, what in _CLEARED if getattr(done, key)]
    if cleared:
        _say(console, f"Not taken up again: {', '.join(cleared)}")
    _say(console, "What was due between the backup and now does not run, for it may have run already.")
    if done.new_identity:
        _say(
            console,
            "It has new ids and keys: make it known to its peers. Its tasks are held until: atsn release",
        )
    else:
        _say(
            console,
            "Peers that it pushes to, or that pull from it, hold what it sends until a person allows it: "
            "atsn replicate --allow-restored",
        )


def _say(console: Console, line: str) -> None:
    console.print(clean(line), soft_wrap=True)
