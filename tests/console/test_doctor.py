"""The doctor's page: what is wrong stands first, and brackets in it are brackets."""

from atsn_tui.console.dialogs.page import Page
from atsn_tui.node.doctor.check import Examination, Finding
from tests.console import sample
from tests.console.desks import console

FOUND = Examination(
    home="/var/lib/atsn",
    findings=(
        Finding(topic="files", verdict="ok", text="closed to others"),
        Finding(topic="systemd", verdict="warning", text="the unit is disabled", fix="systemctl enable atsn"),
        Finding(topic="tasks", verdict="problem", text="a[/b]: user x is missing", fix="atsn why 'a[/b]'"),
        Finding(topic="cron", verdict="note", text="1 crontab cannot be read"),
    ),
)


async def test_what_is_wrong_stands_first_with_what_to_do() -> None:
    twin = sample.site()
    twin.examination = FOUND
    async with console(twin) as driver:
        await driver.press("D")
        await driver.until(lambda: isinstance(driver.app.screen, Page))
        assert driver.shows("✗ tasks: a[/b]: user x is missing", "→ atsn why 'a[/b]'", "▲ systemd")
        text = driver.text
        assert text.index("✗ tasks") < text.index("▲ systemd") < text.index("✓ files")


async def test_a_sound_node_is_called_so() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("D")
        await driver.until(lambda: driver.shows("✓ Nothing is wrong."))
        await driver.press("escape")
        assert not isinstance(driver.app.screen, Page)
