"""Importing a crontab in the console: what is left out is told first, and what each job runs, and as whom."""

from pathlib import Path

from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.forms.form import Form
from tests.console.test_real_node import console_on
from tests.nodes import Machines

CRONTAB = """\
0 3 * * * root /usr/local/bin/backup --all
nonsense here
*/5 * * * * www-data curl -s http://x/
"""


async def test_a_crontab_is_shown_with_commands_and_users_and_what_cannot_be_used_above_them(
    make_node: Machines, tmp_path: Path
) -> None:
    path = tmp_path / "crontab"
    path.write_text(CRONTAB)
    async with console_on(await make_node.make("hq", listen=False)) as (driver, _):
        await driver.until(lambda: driver.shows("Import a crontab"))
        await driver.press("i")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.type(str(path))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm) and driver.shows("to add"))
        assert driver.shows("/usr/local/bin/backup --all  as root", "curl -s http://x/  as www-data")
        assert driver.text.index("1 line cannot be used") < driver.text.index("2 tasks to add")
        await driver.press("y")
        await driver.until(lambda: "Imported 2 new tasks, switched off; 1 line left out." in driver.toasts)
