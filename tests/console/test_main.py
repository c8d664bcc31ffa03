"""The main screen: what it shows, and that it keeps up with the node."""

from msgspec.structs import replace
from textual.widgets._toast import Toast

from tests.console import sample
from tests.console.desks import console
from tests.console.twin import Twin


async def test_shows_node_groups_peers_and_tasks_at_once() -> None:
    async with console(sample.site()) as driver:
        assert driver.shows("ATSN  hq", "● service running", "‖ 1 held", "✗ 2 failed", "‖ 2 waiting")
        assert not driver.shows("behind"), "who waits for a person is not counted twice"
        assert driver.shows("▾ Replicated tasks", "certs", "Local tasks", "local 2")
        assert driver.shows("● web1", "in sync", "‖ web2", "3 waiting", "○ web3", "offline", "‖ web4", "held")
        assert driver.shows("clean-tmp", "daily at 00:00", "14 h")


async def test_columns_without_a_value_show_a_dash() -> None:
    async with console(sample.site()) as driver:
        line = next(line for line in driver.text.splitlines() if "verify-backup" in line)
        assert line.split()[-2:] == ["held", "–"]
        line = next(line for line in driver.text.splitlines() if "clean-tmp" in line)
        assert line.split()[-3:] == ["–", "14", "h"]


async def test_details_follow_what_has_the_focus() -> None:
    async with console(sample.site()) as driver:
        assert driver.shows("Details  Replicated tasks", "on failure to ops@example.org", "→ web1")
        await driver.press("tab")
        assert driver.shows("Details  clean-tmp", "/usr/local/bin/clean-tmp --quiet")
        await driver.press("shift+tab", "G")
        assert driver.shows("Details  web4", "Links with web4", "web4.example:8022")
        await driver.press("tab")
        assert driver.shows("Details  Replicated tasks with web4", "12 of 20 tasks would be deleted")


async def test_a_folder_shows_only_its_tasks_and_those_below() -> None:
    async with console(sample.site()) as driver:
        await driver.press("j", "j")
        names = [view.task.name for view in driver.main.task_pane.list.items]
        assert names == ["nightly-backup", "vacuum", "wal-archive"]


async def test_folding_hides_the_folders_of_a_group() -> None:
    async with console(sample.site()) as driver:
        await driver.press("j", "j", "left")
        assert "databases" not in driver.text.split("Peers")[0]
        await driver.press("right")
        assert driver.shows("▾ Replicated tasks", "databases")


async def test_the_errors_of_a_peer_stand_in_its_details_with_the_command_that_mends_them() -> None:
    async with console(sample.site()) as driver:
        await driver.press("j", "j", "j", "j", "j", "j")
        assert driver.shows("Details  dr")
        assert "atsn peer set dr --host-key" in driver.details


async def test_without_a_service_it_says_that_tasks_do_not_run_and_carries_the_replication() -> None:
    twin = sample.site(running=False)
    async with console(twin) as driver:
        assert driver.shows("○ no service", "Tasks do not run here: no service.", "This console replicates")
        await driver.until(lambda: twin.replication.timers == 1)


async def test_a_silent_scheduler_is_told_here_and_of_a_peer() -> None:
    twin = sample.site()
    twin.silent_since = "2026-11-22T09:25:00.000000Z"
    silent = {"state": "silent", "service": "running", "silent_since": "2026-11-22T09:20:00.000000Z"}
    twin.peer_views["web1"] = replace(twin.peer_views["web1"], **silent)
    async with console(twin) as driver:
        assert driver.shows("✗ scheduler silent", "Tasks do not run here: the scheduler is silent.")
        assert driver.shows("✗ web1", "silent")
        await driver.press("G", "k", "k", "k")
        assert driver.shows("Details  web1")
        assert "no task runs there" in " ".join(driver.details.split())


async def test_what_waits_for_a_person_is_announced_and_opened_with_one_key() -> None:
    async with console(sample.site()) as driver:
        assert driver.shows("Held: web4", "Waits for your yes: web2", "w Open")
        await driver.press("w")
        await driver.until(lambda: driver.shows("what waits for you", "→ web2", "→ web4"))


async def test_enter_on_a_peer_that_waits_opens_exactly_what_waits() -> None:
    async with console(sample.site()) as driver:
        await driver.press("G", "enter")
        await driver.until(lambda: driver.shows("what waits for you with web4", "−12, held"))


async def test_a_change_elsewhere_appears_and_the_cursor_stays_on_its_task() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "j", "j", "j")
        tasks = driver.main.task_pane.list
        before = tasks.current
        assert before is not None
        new = sample.task(50, "aaa-first", "every 1h")
        twin.task_views[new.id] = new
        await twin.changed("", None, sample.GROUP)
        await driver.until(lambda: driver.shows("11 tasks"))
        assert tasks.current is not None
        assert tasks.current.id == before.id
        assert tasks.cursor == 4


async def test_the_cursor_goes_to_a_neighbour_when_its_task_is_deleted_elsewhere() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        await driver.press("tab", "j", "j")
        tasks = driver.main.task_pane.list
        gone = tasks.current
        assert gone is not None
        del twin.task_views[gone.id]
        await twin.changed("", None, sample.GROUP)
        await driver.until(lambda: len(tasks.items) == 9)
        assert tasks.cursor == 2
        assert tasks.current is not None


async def test_a_peer_that_comes_back_changes_its_word() -> None:
    twin = sample.site()
    async with console(twin) as driver:
        twin.peer_views["web3"] = replace(twin.peer_views["web3"], state="in_sync")
        await twin.touch()
        await driver.until(lambda: driver.shows("● web3", "✗ 1 failing") and not driver.shows("○ web3"))


async def test_the_filter_finds_names_commands_and_schedules_and_escape_ends_it() -> None:
    async with console(sample.site()) as driver:
        await driver.press("slash")
        await driver.type("CERT")
        assert driver.shows("2 of 10 tasks", "renew-certs", "rotate-certs")
        await driver.press("enter")
        assert driver.main.task_pane.list.has_focus
        await driver.press("escape")
        assert driver.shows("10 tasks")


async def test_a_filter_that_finds_nothing_says_so() -> None:
    async with console(sample.site()) as driver:
        await driver.press("slash")
        await driver.type("zzz")
        assert driver.shows("No task contains that.")


async def test_text_from_elsewhere_is_never_markup_and_control_characters_are_visible() -> None:
    async with console(sample.site()) as driver:
        await driver.press("j", "j", "j", "j", "j")
        await driver.until(lambda: driver.shows("a[/b]"))
        await driver.press("tab")
        assert driver.shows("echo ␛[31mred␇ [/bold]")
        await driver.press("space", "y", "d")
        assert driver.shows("Delete 1 task from Local tasks?", "a[/b]")


async def test_vim_keys_and_arrows_move_alike() -> None:
    async with console(sample.site()) as driver:
        tasks = driver.main.task_pane.list
        await driver.press("tab", "j", "down", "k", "G")
        assert tasks.cursor == 9
        await driver.press("g")
        assert tasks.cursor == 0


async def test_the_theme_key_goes_round_all_themes() -> None:
    async with console(sample.site()) as driver:
        seen = {driver.app.theme}
        for _ in range(3):
            await driver.press("T")
            seen.add(driver.app.theme)
        assert seen == {"atsn-dark", "atsn-light", "atsn-high-contrast"}


async def test_the_palette_finds_and_runs_an_action() -> None:
    async with console(sample.site()) as driver:
        await driver.press("ctrl+p")
        await driver.type("crontab")
        await driver.until(lambda: driver.shows("Import a crontab") and not driver.shows("Preview the"))
        await driver.press("enter")
        await driver.until(lambda: driver.shows("A crontab, or a snapshot"))


async def test_copying_puts_the_details_on_the_clipboard() -> None:
    async with console(sample.site()) as driver:
        await driver.press("tab", "y")
        assert "/usr/local/bin/clean-tmp --quiet" in driver.app.clipboard


async def test_an_empty_node_offers_ways_to_begin() -> None:
    async with console(Twin()) as driver:
        assert driver.shows(
            "Import a crontab", "Join with a line", "Create a group", "Connect a peer", "See the demo"
        )
        await driver.press("j", "j", "enter")
        await driver.until(lambda: driver.shows("New group"))
        await driver.type("First")
        await driver.press("enter")
        await driver.until(lambda: driver.shows("First", "No tasks here yet: press n to add one."))


async def test_ten_thousand_tasks_draw_only_what_is_seen() -> None:
    twin = sample.site()
    template = sample.task(1, "job", "every 5m")
    for number in range(10_000):
        view = replace(template, id=f"many-{number:05}", task=replace(template.task, name=f"job-{number:05}"))
        twin.task_views[view.id] = view
    async with console(twin) as driver:
        tasks = driver.main.task_pane.list
        drawn: list[str] = []
        draw = tasks.draw

        def counted(item: object, width: int) -> object:
            drawn.append("")
            return draw(item, width)  # type: ignore[arg-type]

        tasks.draw = counted  # type: ignore[method-assign,assignment]
        await driver.press("tab", "G")
        assert tasks.cursor == 10_009
        assert 0 < len(drawn) < 200


async def test_a_toast_covers_whole_lines_to_the_edge_of_the_screen() -> None:
    async with console(sample.site()) as driver:
        driver.app.desk.tell(driver.main, "The link of Replicated tasks with web1 is switched off.")
        await driver.until(lambda: driver.shows("is switched off."))
        assert driver.app.screen.query_one(Toast).region.right == 80
