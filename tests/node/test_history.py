"""The history of a group and undoing it, as front ends meet them."""

import asyncio

import pytest

from atsn_tui.errors import BadInput, Moved, NotFound, Refused
from atsn_tui.home.config_change import change
from atsn_tui.node.actor import Actor
from atsn_tui.node.core import Core
from atsn_tui.node.node import Node
from atsn_tui.service.forgetting import forget_history
from atsn_tui.store import groups
from tests.node.samples import GROUP, a_task, public_key
from tests.nodes import Machine, eventually

DAY = 86_400_000_000


@pytest.fixture
async def group(node: Node) -> str:
    """A group with a task that was changed: three changes."""
    await node.groups.add(GROUP)
    await node.tasks.add(GROUP, a_task())
    await node.tasks.change(f"{GROUP}/backup", {"command": "false"})
    return GROUP


async def test_the_list_tells_who_did_what_from_where(node: Node, group: str) -> None:
    listed = await node.history.list(group)
    assert [(each.number, each.who, each.source, each.summary) for each in listed] == [
        (3, "ada", "test", "changed backup"),
        (2, "ada", "test", "added backup"),
        (1, "ada", "test", "created"),
    ]
    assert [each.number for each in await node.history.list(group, limit=1)] == [3]


async def test_the_list_tells_how_many_records_each_change_added_and_deleted(node: Node, group: str) -> None:
    await node.tasks.remove([f"{group}/backup"])
    listed = await node.history.list(group)
    assert [(each.number, each.records, each.added, each.deleted) for each in listed] == [
        (4, 1, 0, 1), (3, 1, 0, 0), (2, 1, 1, 0), (1, 1, 1, 0),
    ]  # fmt: skip


async def test_one_change_shows_its_fields(node: Node, group: str) -> None:
    shown = await node.history.show(group, 3)
    assert [(each.op, each.name) for each in shown.changes] == [("update", "backup")]
    field = shown.changes[0].fields[0]
    assert (field.field, field.before, field.after) == ("action.command", "true", "false")
    with pytest.raises(NotFound, match="no change 9"):
        await node.history.show(group, 9)


async def test_a_task_has_its_own_history(node: Node, group: str) -> None:
    await node.tasks.add(group, a_task("other"))
    listed = await node.history.of_task(f"{group}/backup")
    assert [each.number for each in listed] == [3, 2]


async def test_two_points_are_compared_either_way(node: Node, group: str) -> None:
    forth = await node.history.between(group, 2, 3)
    back = await node.history.between(group, 3, 2)
    assert (forth.changes[0].fields[0].after, back.changes[0].fields[0].after) == ("false", "true")
    assert (await node.history.between(group, 1)).newer == 3
    with pytest.raises(BadInput, match="1 to 3"):
        await node.history.between(group, 1, 4)


async def test_an_undo_is_a_new_change_and_can_be_undone(node: Node, group: str) -> None:
    shown = await node.history.preview_undo(group)
    assert (shown.to, shown.state, [each.name for each in shown.changes]) == (2, "differs", ["backup"])
    done = await node.history.undo(shown)
    assert (done.state, done.number) == ("applied", 4)
    assert (await node.tasks.get(f"{group}/backup")).task.action.command == "true"  # type: ignore[union-attr]
    assert (await node.history.list(group))[0].kind == "undo"
    await node.history.undo(await node.history.preview_undo(group))
    assert (await node.tasks.get(f"{group}/backup")).task.action.command == "false"  # type: ignore[union-attr]


async def test_what_changed_after_the_preview_is_not_undone(node: Node, group: str) -> None:
    shown = await node.history.preview_undo(group)
    await node.tasks.add(group, a_task("late"))
    with pytest.raises(Moved, match="look again"):
        await node.history.undo(shown)
    assert len(await node.history.list(group)) == 4


async def test_a_group_that_a_peer_keeps_since_the_preview_is_not_undone(node: Node, group: str) -> None:
    shown = await node.history.preview_undo(group)
    peer = await node.peers.add("web1", public_key(1))
    follow = groups.Follow(peer_id=peer.id, node_id="n", at=1)
    group_id = (await node.groups.get(group)).id
    await node.core.store.write(lambda db: groups.set_follow(db, group_id, follow))
    with pytest.raises(Moved, match="look again"):
        await node.history.undo(shown)
    assert (await node.groups.get(group)).intake_paused is None


async def test_a_removed_group_comes_back_as_it_was(node: Node, group: str) -> None:
    was = await node.groups.get(group)
    await node.groups.remove(group)
    shown = await node.history.preview_undo(group)
    assert "replicated" in shown.notes[0]
    await node.history.undo(shown)
    now = await node.groups.get(group)
    assert (now.id, now.tasks, now.replicated) == (was.id, 1, True)


async def test_a_local_group_comes_back_local(node: Node) -> None:
    await node.groups.add("mine", replicated=False)
    await node.groups.remove("mine")
    await node.history.undo(await node.history.preview_undo("mine"))
    assert not (await node.groups.get("mine")).replicated


@pytest.mark.parametrize(("to", "why"), [(0, "before it was made"), (9, "1 to 3")])
async def test_there_is_no_going_back_to_nothing(node: Node, group: str, to: int, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        await node.history.preview_undo(group, to)


async def test_a_name_that_is_taken_meanwhile_is_in_the_way_and_nothing_is_changed(
    node: Node, group: str
) -> None:
    await node.groups.change(group, {"name": "renamed"})
    await node.groups.add(group)
    shown = await node.history.preview_undo("renamed")
    with pytest.raises(BadInput, match="choose another name"):
        await node.history.undo(shown)
    assert len(await node.history.list("renamed")) == 4


async def test_a_state_that_was_forgotten_is_named(node: Node, group: str) -> None:
    await node.audit.prune(-1)
    assert [each.number for each in await node.history.list(group)] == [3]
    with pytest.raises(BadInput, match="forgotten"):
        await node.history.preview_undo(group, 1)
    assert (await node.audit.verify()).intact


async def test_an_undone_secret_works_again_and_is_never_shown(node: Node, group: str) -> None:
    await node.groups.change(group, {"credentials.db.user": "u", "credentials.db.secret": "first-secret"})
    await node.groups.change(group, {"credentials.db.secret": "second-secret"})
    shown = await node.history.preview_undo(group)
    told = repr(
        (
            shown,
            await node.history.show(group, 5),
            await node.history.between(group, 1),
            await node.audit.list(),
        )
    )
    assert "first-secret" not in told
    assert "second-secret" not in told
    assert "credentials.db.secret" in told
    await node.history.undo(shown)
    assert "first-secret" in await node.files.export(group, secrets=True)


async def test_a_released_group_that_was_never_paused_is_told_apart(node: Node, group: str) -> None:
    with pytest.raises(NotFound, match="not held"):
        await node.holds.release(group)


async def test_the_log_filters_by_group_peer_and_time(node: Node, group: str) -> None:
    await node.peers.add("web1", public_key(1))
    await node.peers.remove("web1")
    assert [each.action for each in await node.audit.list(peer="web1")] == ["peer.remove", "peer.add"]
    assert len(await node.audit.list(group=group)) == 3
    assert len(await node.audit.list(group=group, limit=2)) == 2
    assert await node.audit.list(group=group, since="2100-01-01") == []
    assert len(await node.audit.list(group=group, since="1h")) == 3
    with pytest.raises(BadInput, match="no time"):
        await node.audit.list(since="yesterday-ish")


async def test_a_head_that_was_kept_proves_that_nothing_was_cut_off(node: Node, group: str) -> None:
    kept = str(await node.audit.head())
    await node.tasks.add(group, a_task("later"))
    assert (await node.audit.verify(kept)).intact
    number, _, digest = kept.partition(":")
    wrong = await node.audit.verify(f"{number}:{digest[::-1]}")
    assert not wrong.intact
    assert wrong.problems[0].number == int(number)
    with pytest.raises(BadInput, match="NUMBER:HASH"):
        await node.audit.verify("what?")


async def test_a_config_file_edited_by_hand_is_noticed_at_the_next_opening(hq: Machine) -> None:
    path = hq.home / "config.toml"
    async with hq.open() as node:
        assert all(each.action != "config.change" for each in await node.audit.list())
    path.write_text(path.read_text() + '\ntheme = "other"\n[variables]\nKEY = "very-secret-value"\n')
    async with hq.open() as node:
        entry = (await node.audit.list())[0]
        assert (entry.action, entry.who) == ("config.change", "unknown")
        assert entry.source == "config.toml, noticed by ada at test"
        assert entry.after is not None
        assert entry.after["theme"] == "other"
        assert "very-secret-value" not in repr(entry)
        count = len(await node.audit.list())
    async with hq.open() as node:
        assert len(await node.audit.list()) == count


async def test_an_option_that_is_set_here_is_recorded_with_who_did(hq: Machine) -> None:
    async with hq.open() as node:
        await node.options.change({"connect": "no"})
        entry = (await node.audit.list())[0]
        assert (entry.action, entry.who, entry.before, entry.after) == (
            "config.change",
            "ada",
            {"connect": True},
            {"connect": False},
        )


async def test_a_log_that_does_not_verify_is_not_pruned(node: Node, group: str) -> None:
    await node.core.store.write(lambda db: db.execute("UPDATE history SET who = 'mallory'"))
    with pytest.raises(Refused, match="atsn audit --verify"):
        await node.audit.prune(0)


def test_the_person_behind_sudo_is_told_with_account_and_address() -> None:
    actor = Actor.of(
        {"SUDO_USER": "ada", "SUDO_TTY": "/dev/pts/3", "SSH_CONNECTION": "192.0.2.7 1 2 3"}, "cli"
    )
    account = Actor.of({}, "cli").who
    assert actor.who == "ada"
    assert actor.source == f"cli as {account} on /dev/pts/3 from 192.0.2.7"


async def test_the_service_forgets_what_is_older_than_the_options_say(
    hq: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(hq.home / "config.toml", {"history_days": 30})
    async with hq.open() as node:
        await node.groups.add(GROUP)
        await node.groups.change(GROUP, {"name": "renamed"})
        later = node.core.now() + 31 * DAY
        monkeypatch.setattr(Core, "now", lambda core: later)
        forgetting = asyncio.create_task(forget_history(node, pause=0.01))
        await eventually(lambda: _pruned(node))
        forgetting.cancel()
        checked = await node.audit.verify()
        assert (checked.intact, checked.entries) == (True, 1)
        assert [each.number for each in await node.history.list("renamed")] == [2]


async def _pruned(node: Node) -> bool:
    return any(entry.action == "audit.prune" for entry in await node.audit.list())
