"""Changing things: every change asks what it must ask, and an error of the node never ends the console."""

from typing import cast

import pytest
from textual import events

from atsn_tui.console.dialogs import confirm
from atsn_tui.console.dialogs.confirm import Confirm
from atsn_tui.console.dialogs.dialog import Dialog
from atsn_tui.console.forms.fields import FieldRow
from atsn_tui.console.forms.form import Form
from atsn_tui.console.forms.peer_line import read_line
from atsn_tui.console.main.screen import MainScreen
from atsn_tui.errors import Moved, Refused
from tests.console import sample
from tests.console.desks import console


async def test_space_switches_the_task_off_and_on() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "space")
        await driver.until(lambda: driver.shows("○ clean-tmp"))
        await driver.press("space")
        await driver.until(lambda: driver.shows("● clean-tmp"))
        assert [call for call in twin.calls if call[0] == "tasks.set_enabled"] == [
            ("tasks.set_enabled", (("00000006-3a52-4c1b-9a65-0d2f6a8b7c11",), False)),
            ("tasks.set_enabled", (("00000006-3a52-4c1b-9a65-0d2f6a8b7c11",), True)),
        ]


async def test_marked_tasks_are_switched_together() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "v", "v")
        assert driver.shows("2 marked", "◆ clean-tmp", "◆ old-report")
        await driver.press("space")
        await driver.until(lambda: "2 tasks switched on." in driver.toasts)


async def test_a_deletion_names_the_task_and_says_where_it_travels() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "d")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        assert driver.shows(
            "Delete 1 task from Replicated tasks?",
            "clean-tmp",
            "→ web1 deletes it too with its next round (strict, every 15 min).",
            "→ web2 keeps its copy (easy never deletes).",
            "← dr gives it back",
        )
        await driver.press("n")
        assert not [call for call in twin.calls if call[0] == "tasks.remove"]
        await driver.press("d")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: "Deleted 1 task." in driver.toasts)
        assert not driver.shows("● clean-tmp")


async def test_enter_answers_a_question_only_once_it_could_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = sample.site()
    async with console(twin) as driver:
        monkeypatch.setattr(confirm, "RECENT", 1_000.0)
        await driver.press("tab", "d")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("enter")
        assert isinstance(driver.app.screen, Confirm), "this enter was typed before the question was there"
        await driver.press("n")
        monkeypatch.setattr(confirm, "RECENT", 0.01)
        await driver.press("d")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm) and not driver.app.screen.fresh)
        await driver.press("enter")
        await driver.until(lambda: "Deleted 1 task." in driver.toasts)


async def test_marked_tasks_are_switched_from_the_list_of_groups_too() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "v", "v", "shift+tab", "space")
        await driver.until(lambda: "2 tasks switched on." in driver.toasts)


@pytest.mark.parametrize("key", ["space", "o", "x"])
async def test_a_key_for_tasks_says_what_to_choose_when_pressed_on_a_group(key: str) -> None:
    async with console(sample.site()) as driver:
        await driver.press(key)
        await driver.until(lambda: driver.toasts)
        assert driver.toasts[0].startswith("Choose a task")


async def test_a_key_typed_right_after_tab_means_the_list_that_tab_went_to() -> None:
    async with console(sample.site()) as driver:
        for name, character in (("tab", None), ("d", "d")):
            driver.app.post_message(events.Key(name, character))
        await driver.until(lambda: driver.shows("y Delete"))
        assert driver.shows("Delete 1 task from Replicated tasks?", "clean-tmp")


async def test_a_new_task_is_added_and_selected() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("j", "n")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.type("zz-last")
        await driver.press("tab", "tab")
        await driver.type("true")
        await driver.press("tab")
        await driver.type("every 15m; 0 3 * * *")
        await driver.until(lambda: driver.shows("every 15 min; daily at 03:00", "next: Sun 22 Nov 09:45"))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        (added,) = [value for name, value in twin.calls if name == "tasks.add"]
        assert (added.name, added.folder, added.schedules) == ("zz-last", "certs", ("every 15m", "0 3 * * *"))
        await driver.until(lambda: driver.main.task_pane.list.current.id == "task-zz-last")  # type: ignore[union-attr]


async def test_a_form_shows_the_exact_error_under_its_field_and_saves_nothing() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("n")
        await driver.type("x")
        await driver.press("tab", "tab", "tab")
        await driver.type("61 * * * *")
        assert driver.shows("61")
        shown = driver.text
        await driver.press("enter")
        assert isinstance(driver.app.screen, Form)
        assert "minute" in shown
        assert driver.shows("nothing to run yet")
        assert not [call for call in twin.calls if call[0] == "tasks.add"]


async def test_an_edit_keeps_what_the_form_does_not_show() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", *"jjjjjjj", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.type("-2")
        await driver.press("ctrl+s")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        (task,) = [value for name, value in twin.calls if name == "tasks.replace"]
        assert task.name == "nightly-backup-2"
        assert (task.options.timeout, task.options.retries) == (5400, 2)
        assert task.notes.splitlines() == [
            "Full dump of all clusters.",
            "Ask Anna before you change the target.",
        ]


async def test_a_failed_save_stays_in_the_form_with_its_error() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "e")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        twin.failure = Moved("task 'clean-tmp' was changed by someone else [meanwhile]: look again")
        await driver.type("2")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("was changed by someone else [meanwhile]"))
        await driver.press("escape")
        assert driver.shows("press esc again")
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)


async def test_a_save_that_fails_in_an_unforeseen_way_says_so_in_the_form() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "e")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        twin.failure = RuntimeError("a fault [/b] of ours")
        await driver.press("enter")
        await driver.until(
            lambda: driver.shows("internal error, please report it: RuntimeError: a fault [/b]")
        )
        assert isinstance(driver.app.screen, Form)


async def test_a_limit_that_is_no_number_is_refused_under_its_field() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("G", "tab", "e")
        await driver.until(lambda: isinstance(driver.app.screen, Form) and driver.shows("Hold above"))
        driver.app.screen.query_one("#field-max_deletions", FieldRow).go_there()
        await driver.type("²")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("is no number: type how many"))
        assert isinstance(driver.app.screen, Form)


async def test_an_edit_in_a_kept_group_first_says_that_it_is_overwritten() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("j", "j", "j", "j")
        await driver.until(lambda: driver.shows("kept by hq2", "check-disks"))
        await driver.press("tab", "space")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        assert driver.shows("overwritten with the next replication")
        await driver.press("n")
        assert not [call for call in twin.calls if call[0] == "tasks.set_enabled"]
        await driver.press("space", "y")
        await driver.until(lambda: [call for call in twin.calls if call[0] == "tasks.set_enabled"])


async def test_a_kept_group_can_be_kept_here() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("j", "j", "j", "j", "K")
        await driver.until(lambda: isinstance(driver.app.screen, Confirm))
        await driver.press("y")
        await driver.until(lambda: not driver.shows("kept by hq2"))


@pytest.mark.parametrize("error", [Refused("no [/b] way: ask root"), ValueError("a fault of ours")])
async def test_an_error_is_said_and_stays_readable_until_it_is_put_away(error: Exception) -> None:
    twin = sample.site()
    async with console(twin) as driver:
        twin.failure = error  # type: ignore[assignment]
        await driver.press("tab", "space")
        await driver.until(lambda: str(error) in " ".join(driver.toasts))
        await driver.until(lambda: driver.shows("! Read"))
        await driver.press("exclamation_mark")
        assert driver.shows("Messages", str(error))
        await driver.press("escape")
        assert not driver.shows("! Read")


async def test_a_new_peer_needs_real_keys_and_shows_our_own_line() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("p")
        await driver.until(lambda: driver.shows("atsn peer add hq --key"))
        await driver.press("ctrl+y")
        assert driver.app.clipboard.startswith("atsn peer add hq --key 'ssh-ed25519")
        assert "--address hq.example:8022 --host-key" in driver.app.clipboard
        await driver.type("web9")
        await driver.press("tab")
        await driver.type("nonsense")
        await driver.press("enter")
        assert driver.shows("public key")
        assert not [call for call in twin.calls if call[0] == "peers.add"]


async def test_the_add_menu_leads_to_every_form() -> None:
    async with console(sample.site()) as driver:
        for key, title in (
            ("n", "New task in"),
            ("N", "New group"),
            ("l", "New link"),
            ("p", "Connect a peer"),
        ):
            await driver.press("plus")
            await driver.until(lambda: driver.shows("Link a group with a peer"))
            await driver.press(key)
            await driver.until(lambda title=title: driver.shows(title))  # type: ignore[misc]
            await driver.press("escape")


async def test_a_new_link_is_made_with_what_was_chosen() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("l")
        await driver.until(lambda: driver.shows("New link"))
        await driver.press("right", "right", "tab", "tab", "tab", "right", "tab")
        await driver.type("every 5m")
        await driver.press("tab", "right", "tab")
        await driver.type("3")
        await driver.press("enter")
        await driver.until(lambda: [call for call in twin.calls if call[0] == "links.add"])
        assert twin.calls[-1] == (
            "links.add",
            ("Replicated tasks", "web1", "push", "strict", "every 5m", "ask", 3),
        )


async def test_links_of_a_peer_are_switched_and_deleted() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("G", "tab", "space")
        await driver.until(lambda: driver.shows("○ → Replica", "off"))
        await driver.press("d", "y")
        await driver.until(lambda: driver.shows("No links with this peer yet"))


async def test_a_connection_test_names_the_step_that_failed() -> None:
    async with console(sample.site()) as driver:
        await driver.press("G", "t")
        await driver.until(lambda: driver.shows("✓ connect", "✗ host key failed", "· login: not reached"))


async def test_a_connection_test_shows_that_it_is_under_way_and_covers_nothing() -> None:
    twin = sample.site()
    twin.peers.gate.clear()
    async with console(twin) as driver:
        await driver.press("G", "t")
        await driver.until(lambda: driver.shows("Connection to web4", "… Testing the connection to web4 …"))
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        twin.peers.gate.set()
        await driver.press("t")
        await driver.until(lambda: driver.shows("✓ connect"))
        assert not driver.toasts


async def test_ctrl_c_in_a_form_says_how_to_leave_it() -> None:
    async with console(sample.site()) as driver:
        await driver.press("n")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        await driver.press("ctrl+c")
        await driver.until(lambda: driver.shows("To leave this, press esc."))
        assert isinstance(driver.app.screen, Form)


@pytest.mark.parametrize("keys", [("n",), ("tab", "d"), ("plus",), ("?",)], ids=" ".join)
async def test_a_dialog_leaves_no_shreds_of_the_screen_below_on_a_narrow_one(keys: tuple[str, ...]) -> None:
    async with console(sample.site()) as driver:
        await driver.press(*keys)
        await driver.until(lambda: isinstance(driver.app.screen, Dialog))
        await driver.until(lambda: not driver.shows("service running") and not driver.shows("│"))


async def test_groups_are_created_edited_and_deleted() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("N")
        await driver.type("Zebra")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("Details  Zebra"))
        await driver.press("e")
        await driver.until(lambda: driver.shows("Group Zebra", "Holidays of"))
        await driver.press("tab", "tab")
        await driver.type("/var/log/z.log")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, MainScreen))
        assert ("groups.change", ("group-Zebra", {"log.path": "/var/log/z.log"})) in twin.calls
        await driver.press("d", "y")
        await driver.until(lambda: "Deleted the group Zebra." in driver.toasts)


LINE = (
    "sudo atsn peer add web9 --key 'ssh-ed25519 AAAA1' --address=web9:8022"
    ' --host-key "ssh-ed25519 AAAA2" --grant pull --grant status --from 10.1.0.0/16'
)


async def test_a_pasted_line_fills_the_whole_form_of_a_peer() -> None:
    async with console(sample.site()) as driver:
        await driver.press("p")
        await driver.until(lambda: driver.shows("Connect a peer", "paste the whole line"))
        await driver.press("tab")
        await driver.type(LINE)
        form = driver.app.screen
        assert isinstance(form, Form)
        await driver.until(
            lambda: (
                form.values
                == {
                    "name": "web9",
                    "key": "ssh-ed25519 AAAA1",
                    "address": "web9:8022",
                    "host_key": "ssh-ed25519 AAAA2",
                    "grants": "pull, status",
                    "allow_from": "10.1.0.0/16",
                }
            )
        )


@pytest.mark.parametrize(
    "text",
    ["web9", "atsn peer list", "peer add web9", "atsn peer add", "atsn peer add web9 --key 'ssh-ed", ""],
)
def test_nothing_else_is_taken_for_such_a_line(text: str) -> None:
    assert read_line(text) is None


async def test_a_hint_in_an_empty_field_does_not_look_like_a_value() -> None:
    async with console(sample.site()) as driver:
        await driver.press("p")
        await driver.until(lambda: driver.shows("(ssh-ed25519 AAAA…)", "(anywhere; or 10.1.0.0/16)"))


async def test_only_the_latest_message_covers_the_screen_and_all_can_be_read() -> None:
    async with console(sample.site()) as driver:
        for number in range(5):
            driver.app.desk.tell(driver.app, f"message {number}")
        await driver.until(lambda: driver.shows("message 4"))
        await driver.until(lambda: len(driver.app.screen.query("Toast")) == 1)
        assert driver.toasts == [f"message {number}" for number in range(5)]


async def test_what_is_typed_at_once_goes_on_in_the_next_field_after_tab() -> None:
    async with console(sample.site()) as driver:
        await driver.press("h")
        await driver.until(lambda: isinstance(driver.app.screen, Form))
        form = cast(Form, driver.app.screen)
        for key in ("2", "h", "tab", "d", "i", "s", "k"):
            # As they come in one piece over a slow line; the driver's own keys wait for each other.
            driver.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await driver.until(lambda: "disk" in form.values.values())
        assert "2h" in form.values.values()
