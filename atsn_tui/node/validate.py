"""The rules that a task or settings must keep before they are saved, beyond their own shape."""

from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Task
from atsn_tui.schedule import check_zone, parse


def check_task(task: Task) -> None:
    """BadInput if a schedule or the time zone cannot be read."""
    for text in task.schedules:
        parse(text)
    if task.timezone is not None:
        check_zone(task.timezone)


def check_settings(settings: Settings) -> None:
    """BadInput if the country or region of the holidays is unknown."""
    if settings.holidays.country is not None or settings.holidays.region is not None:
        from atsn_tui.schedule import check_holidays

        check_holidays(settings.holidays)
