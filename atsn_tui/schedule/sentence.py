"""Schedules in a few words, short enough for a column of a table."""

from collections.abc import Iterable

from atsn_tui.errors import BadInput
from atsn_tui.schedule.cron_sentence import cron_sentence
from atsn_tui.schedule.kinds import After, At, Cron, Every, Manual, Schedule, Startup
from atsn_tui.schedule.parse import parse
from atsn_tui.schedule.phrases import every, length


def sentence(schedule: Schedule) -> str:
    """Such as `daily at 03:00`, `every 15 min` or `after nightly-backup`; mostly 13 to 40 columns."""
    match schedule:
        case Cron():
            return cron_sentence(schedule)
        case Every(seconds=seconds):
            return every(seconds)
        case At(text=text):
            return f"once, {text.removeprefix('at ')}"
        case Startup(delay=delay, once_per_boot=once):
            event = "reboot" if once else "startup"
            return f"{length(delay)} after {event}" if delay else f"at {event}"
        case After(task=task, on=on):
            return f"after {task}" + {"success": "", "failure": " fails", "any": " ends"}[on]
        case Manual():
            return "by hand"


def sentence_all(texts: Iterable[str]) -> str:
    """Several schedules of one task in one line; what cannot be read stands as it was written."""
    words: list[str] = []
    for text in texts:
        try:
            words.append(sentence(parse(text)))
        except BadInput:
            words.append(text)
    return "; ".join(dict.fromkeys(words)) or "by hand"
