"""Schedules: reading them, saying them in words, and computing when they come next.

Nothing here looks at a clock or a file of ours; every question brings its own `after`.
"""

from atsn_tui.schedule.chosen import jitter
from atsn_tui.schedule.holidays import DaysOff, check_holidays, days_off
from atsn_tui.schedule.kinds import After, At, Cron, Every, Manual, Schedule, Startup
from atsn_tui.schedule.parse import parse
from atsn_tui.schedule.sentence import sentence, sentence_all
from atsn_tui.schedule.timetable import Due, Skipped, Timetable, timetable_of
from atsn_tui.schedule.upcoming import next_after, next_times
from atsn_tui.schedule.zones import check_zone

__all__ = [
    "After",
    "At",
    "Cron",
    "DaysOff",
    "Due",
    "Every",
    "Manual",
    "Schedule",
    "Skipped",
    "Startup",
    "Timetable",
    "check_holidays",
    "check_zone",
    "days_off",
    "jitter",
    "next_after",
    "next_times",
    "parse",
    "sentence",
    "sentence_all",
    "timetable_of",
]
