"""What has the focus shows without colours: by a mark, and by its weight."""

from atsn_tui.console.forms.form import Form
from tests.console import sample
from tests.console.desks import console


async def test_only_the_field_with_the_focus_has_a_mark() -> None:
    async with console(sample.site()) as driver:
        await driver.press("e")
        await driver.until(lambda: isinstance(driver.app.screen, Form) and driver.shows("▸ Name"))
        await driver.press("tab")
        await driver.until(lambda: driver.shows("▸ Kind", "  Name"))
        assert not driver.shows("▸ Name")


async def test_the_list_with_the_focus_has_another_bar_than_the_others() -> None:
    async with console(sample.site()) as driver:
        assert driver.shows("▌▾ Replicated tasks", "¦● clean-tmp")
        await driver.press("tab")
        await driver.until(lambda: driver.shows("¦▾ Replicated tasks", "▌● clean-tmp"))
