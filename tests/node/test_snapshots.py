"""Snapshots: what is exported comes back as it was, is merged like a pull, and never half."""

import json
from typing import Any

import pytest
from hypothesis import given

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.model import codec, dates
from atsn_tui.model.text import new_id
from atsn_tui.node.node import Node
from tests.node.samples import FROM_PEER, GROUP, a_task, received
from tests.nodes import Machine, Machines
from tests.strategies import few_examples, tasks
from tests.strategies import settings as any_settings

FUTURE = dates.parse_date("2100-01-01T00:00:00Z")


@pytest.fixture
async def filled(node: Node) -> Node:
    await node.groups.add(GROUP)
    for name in ("one", "two", "three"):
        await node.tasks.add(GROUP, a_task(name, folder="x" if name == "two" else ""))
    return node


async def load(node: Node, text: str, into: str | None = None, **options: Any) -> Any:
    return await node.files.import_snapshot("/tmp/group.json", text.encode(), into, **options)


def edited(text: str, **values: Any) -> str:
    """The snapshot with another name, other tasks, and so on, as somebody may edit it by hand."""
    document = json.loads(text)
    for key, value in values.items():
        part, _, name = key.partition("__")
        document[part] = {**document[part], name: value} if name else value
    return json.dumps(document)


async def test_a_group_that_goes_through_a_file_is_the_same_group(filled: Node, make_node: Machines) -> None:
    await filled.groups.change(GROUP, {"email.when": "always", "credentials.db.secret": "hunter2"})
    text = await filled.files.export(GROUP, secrets=True)
    other = await make_node.make("other", listen=False)
    async with other.open() as there:
        outcome = await load(there, text)
        assert (outcome.result.state, outcome.result.applied.added) == ("applied", 3)
        assert await there.groups.get(GROUP) == await filled.groups.get(GROUP)
        assert await there.files.export(GROUP, secrets=True) == text
        again = await load(there, text, GROUP, mode="strict")
        assert again.result.state == "in_sync"
    other.check_sound()


async def test_a_local_group_stays_local(node: Node, make_node: Machines) -> None:
    await node.groups.add("mine", replicated=False)
    text = await node.files.export("mine")
    other = await make_node.make("other", listen=False)
    async with other.open() as there:
        await load(there, text)
        assert not (await there.groups.get("mine")).replicated
        await there.groups.change("mine", {"replicated": "yes"})
        await load(there, text, "mine", mode="strict")
        assert (await there.groups.get("mine")).replicated


async def test_the_same_content_is_the_same_bytes(filled: Node) -> None:
    text = await filled.files.export(GROUP)
    assert await filled.files.export(GROUP) == text
    [task] = [view for view in await filled.tasks.list(GROUP) if view.task.name == "one"]
    await filled.tasks.change(task.id, {"command": "x"})
    assert await filled.files.export(GROUP) != text


@few_examples
@given(any_settings(), tasks())
def test_any_content_goes_through_a_file(settings: Any, task: Any) -> None:
    from atsn_tui.formats import snapshot
    from atsn_tui.formats.snapshot import Snapshot, TaskEntry

    group = Snapshot(
        group_id=new_id(),
        replicated=True,
        settings=settings,
        settings_modified=1,
        tasks=(TaskEntry(new_id(), 2, task),),
    )
    assert snapshot.load(snapshot.dump(group, secrets=True).encode()) == group


async def test_a_group_that_is_here_is_merged_only_on_request(filled: Node, hq: Machine) -> None:
    text = await filled.files.export(GROUP)
    before = hq.dump()
    with pytest.raises(BadInput, match=f"here already, as '{GROUP}': to merge it, add --into"):
        await load(filled, text)
    with pytest.raises(NotFound):
        await load(filled, text, "nothing")
    assert hq.dump() == before


async def test_another_group_of_that_name_is_no_reason_to_mix_them(filled: Node, hq: Machine) -> None:
    text = edited(await filled.files.export(GROUP), group={"id": new_id()}, tasks=[])
    before = hq.dump()
    with pytest.raises(BadInput, match=f"a group named '{GROUP}' already"):
        await load(filled, text)
    assert hq.dump() == before


async def test_an_easy_import_brings_what_is_newer_or_missing(filled: Node) -> None:
    text = await filled.files.export(GROUP)
    one, three, _ = sorted(await filled.tasks.list(GROUP), key=lambda view: view.task.name)
    await filled.tasks.change(one.id, {"command": "newer here"})
    await filled.tasks.remove([three.id])
    mine = await filled.tasks.add(GROUP, a_task("mine"))
    outcome = await load(filled, text, GROUP, mode="easy")
    assert outcome.result.applied.added == 1
    assert [(change.op, change.name) for change in outcome.result.changes] == [("add", "three")]
    assert (await filled.tasks.get(one.id)).task == a_task("one", command="newer here")
    assert (await filled.tasks.get(three.id)).modified_at == three.modified_at
    assert (await filled.tasks.get(mine.id)).task == a_task("mine")


async def test_a_strict_import_makes_the_group_what_the_file_says(filled: Node, hq: Machine) -> None:
    before = await filled.groups.get(GROUP)
    text = await filled.files.export(GROUP)
    one, three, _ = await filled.tasks.list(GROUP)
    await filled.tasks.change(one.id, {"command": "newer here"})
    await filled.tasks.remove([three.id])
    for number in range(20):
        await filled.tasks.add(GROUP, a_task(f"mine {number}"))
    await filled.groups.change(GROUP, {"email.when": "always"})
    told = await load(filled, text, GROUP, mode="strict", dry_run=True)
    done = await load(filled, text, GROUP, mode="strict")
    assert (told.result.state, done.result.state) == ("differs", "applied")
    assert told.result.changes == done.result.changes
    assert (done.result.deletions, done.result.applied.deleted) == (20, 20)
    assert (await filled.groups.get(GROUP)).digest == before.digest
    hq.check_sound()


async def test_a_dry_run_changes_nothing(filled: Node, hq: Machine) -> None:
    text = edited(await filled.files.export(GROUP), tasks=[])
    before = hq.dump()
    told = await load(filled, text, GROUP, mode="strict", dry_run=True)
    assert (told.dry_run, told.result.deletions, told.result.applied.deleted) == (True, 3, 0)
    new = edited(text, group={"id": new_id()}, settings__name="new")
    assert (await load(filled, new, dry_run=True)).result.state == "differs"
    assert hq.dump() == before


async def test_dates_are_taken_as_they_are(filled: Node) -> None:
    document = json.loads(await filled.files.export(GROUP))
    document["tasks"][0]["modified_at"] = dates.format_date(FUTURE)
    document["tasks"][0]["notes"] = "from the future"
    await load(filled, json.dumps(document), GROUP)
    assert (await filled.tasks.get(document["tasks"][0]["id"])).modified_at == dates.format_date(FUTURE)


async def test_a_field_that_is_left_out_has_its_default(filled: Node) -> None:
    task = {"id": new_id(), "name": "short", "action": {"type": "command", "command": "true"}}
    text = edited(
        await filled.files.export(GROUP), tasks=[{**task, "modified_at": "2026-01-01T00:00:00+01:00"}]
    )
    await load(filled, text, GROUP)
    view = await filled.tasks.get(task["id"])  # type: ignore[arg-type]
    assert (view.task.enabled, view.modified_at) == (True, "2025-12-31T23:00:00.000000Z")


async def test_a_secret_that_is_left_out_stays_what_it_is_here(filled: Node) -> None:
    await filled.groups.change(GROUP, {"credentials.db.user": "root", "credentials.db.secret": "hunter2"})
    text = await filled.files.export(GROUP)
    assert "hunter2" not in text
    before = await filled.groups.get(GROUP)
    assert (await load(filled, text, GROUP, mode="strict")).result.state == "in_sync"
    await filled.groups.change(GROUP, {"credentials.db.user": "someone", "credentials.db.secret": "newer"})
    outcome = await load(filled, text, GROUP, mode="strict")
    assert outcome.omitted == ()
    after = await filled.groups.get(GROUP)
    assert (after.settings["credentials"]["db"]["user"], after.settings_modified_at) == (
        "root",
        before.settings_modified_at,
    )
    assert '"newer"' in await filled.files.export(GROUP, secrets=True)


async def test_a_secret_that_nobody_has_is_listed_and_makes_the_settings_older(
    filled: Node, make_node: Machines
) -> None:
    await filled.groups.change(GROUP, {"credentials.db.user": "root", "credentials.db.secret": "hunter2"})
    text, whole = await filled.files.export(GROUP), await filled.files.export(GROUP, secrets=True)
    modified = dates.parse_date((await filled.groups.get(GROUP)).settings_modified_at)
    other = await make_node.make("other", listen=False)
    async with other.open() as there:
        outcome = await load(there, text)
        assert outcome.omitted == ("db",)
        view = await there.groups.get(GROUP)
        assert view.settings_modified_at == dates.format_date(modified - 1)
        assert view.settings["credentials"]["db"] == {"user": "root", "secret": None}
        # The whole settings are newer, so they win wherever the two meet.
        assert (await load(there, whole, GROUP, mode="easy")).result.applied.settings == 1
        assert (await load(there, text, GROUP, mode="easy")).result.state == "in_sync"
        assert (await there.groups.get(GROUP)).digest == (await filled.groups.get(GROUP)).digest


async def test_a_secret_in_a_file_is_never_shown_in_the_result(filled: Node, make_node: Machines) -> None:
    await filled.groups.change(GROUP, {"credentials.db.secret": "hunter2"})
    whole = await filled.files.export(GROUP, secrets=True)
    other = await make_node.make("other", listen=False)
    async with other.open() as there:
        outcome = await load(there, whole, dry_run=True)
        assert "hunter2" not in repr(outcome)
        fields = [field.field for change in outcome.result.changes for field in change.fields]
        assert "credentials.db.secret" in fields


async def test_an_import_decides_who_answers_for_what_runs(filled: Node) -> None:
    task_id = new_id()
    await received(filled, GROUP, codec.record(task_id, 1, a_task("theirs")))
    document = json.loads(await filled.files.export(GROUP))
    [theirs] = [task for task in document["tasks"] if task["id"] == task_id]
    theirs |= {"notes": "seen", "modified_at": "2026-01-01T00:00:00Z"}
    await load(filled, json.dumps(document), GROUP)
    assert (await filled.tasks.get(task_id)).origin == FROM_PEER
    theirs["action"]["command"] = "mine now"
    theirs["modified_at"] = "2026-01-02T00:00:00Z"
    await load(filled, json.dumps(document), GROUP)
    assert (await filled.tasks.get(task_id)).origin.kind == "local"


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"atsn-snapshot"', '"other"'),
        lambda text: text.replace('"name": "two"', '"name": "two", "name": "twice"'),
        lambda text: text.replace('"@hourly"', '"61 * * * *"', 1),
        lambda text: text.replace('"enabled": true', '"enabled": "yes"', 1),
        lambda text: text.replace('"enabled": true', '"enabled": true, "extra": 1', 1),
        lambda text: text.replace('"timezone": null', '"timezone": "Europe/Berln"', 1),
        lambda text: text.replace('"country": null', '"country": "XX"', 1),
        lambda text: edited(text, group={"id": "x"}),
        lambda text: edited(text, tasks=[*json.loads(text)["tasks"], json.loads(text)["tasks"][0]]),
        lambda text: edited(text, settings__modified_at="yesterday"),
        lambda text: edited(text, settings__modified_at="2026-01-01T00:00:00"),
        lambda text: edited(text, settings__name=""),
    ],
)
async def test_a_broken_file_changes_nothing(filled: Node, hq: Machine, broken: Any) -> None:
    text = broken(await filled.files.export(GROUP))
    before = hq.dump()
    for into, mode in ((None, "easy"), (GROUP, "strict"), (GROUP, "easy")):
        with pytest.raises(BadInput):
            await load(filled, text, into, mode=mode)
    with pytest.raises(BadInput):
        await filled.files.import_snapshot("x", text.encode("utf-16"), GROUP)
    assert hq.dump() == before


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_date_that_cannot_be_written_down_again_changes_nothing(
    filled: Node, hq: Machine, moment: str
) -> None:
    document = json.loads(await filled.files.export(GROUP))
    document["tasks"][0]["modified_at"] = moment
    before = hq.dump()
    with pytest.raises(BadInput, match="no date that a change could have"):
        await load(filled, json.dumps(document), GROUP, mode="strict")
    document["group"]["id"], document["settings"]["name"] = new_id(), "new"
    with pytest.raises(BadInput, match="no date that a change could have"):
        await load(filled, json.dumps(document), dry_run=True)
    assert hq.dump() == before


async def test_a_file_edited_by_hand_without_its_date_is_told_how_to_win(filled: Node) -> None:
    text = await filled.files.export(GROUP, secrets=False)
    tasks = [{**each, "notes": "by hand"} for each in json.loads(text)["tasks"]]
    easy = await load(filled, edited(text, tasks=tasks), GROUP, mode="easy")
    assert easy.result.state == "in_sync"
    (note,) = easy.result.notes
    assert note.startswith("3 records are not as here in spite of the same date")
    assert "modified_at" in note
    strict = await load(filled, edited(text, tasks=tasks), GROUP, mode="strict")
    assert (strict.result.applied.updated, strict.result.notes) == (3, ())


async def test_a_file_with_a_circle_is_taken_as_it_is_and_told(filled: Node) -> None:
    text = await filled.files.export(GROUP, secrets=False)
    tasks = [
        {**each, "schedules": ["after three" if each["name"] == "one" else "after one"]}
        for each in json.loads(text)["tasks"]
        if each["name"] != "two"
    ]
    outcome = await load(filled, edited(text, tasks=tasks), GROUP, mode="strict")
    assert outcome.result.state == "applied"
    assert any("circle" in note for note in outcome.result.notes)
