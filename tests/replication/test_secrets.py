"""Secrets: who may only push never sees one, and no diff shows one."""

from typing import Any

import msgspec
import pytest

from atsn_tui.model import codec
from atsn_tui.model.peer import Grant
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import FieldChange
from atsn_tui.model.settings import Credential
from tests.replication.world import GROUP, NAMES, Host, World

SECRET, OTHER = "correct-horse-battery", "staple-of-the-secondary"


def seen_by(world: World, secret: str, receiver: str) -> list[str]:
    """The kinds of messages with that secret that were sent to a node."""
    return [
        type(world.line.decode(frame)).__name__
        for sender, frame in world.line.frames
        if sender != receiver and secret.encode() in frame
    ]


def fields(changes: tuple[Any, ...]) -> list[FieldChange]:
    """The fields of the settings' change."""
    return [field for change in changes if change.op == "settings" for field in change.fields]


async def test_a_secret_travels_with_its_settings(hq: Host, web1: Host) -> None:
    await hq.set(credentials={"db": Credential(user="root", secret=SECRET)})
    await hq.link(web1, "push", "strict")
    await hq.states()
    assert (await web1.settings()).credentials == {"db": Credential(user="root", secret=SECRET)}
    assert await web1.digest() == await hq.digest()


@pytest.mark.parametrize("mode", ["easy", "strict"])
async def test_who_may_only_push_sees_no_secret_in_any_frame(
    world: World, mode: Mode, hq: Host, web1: Host
) -> None:
    await web1.write("mine")
    await web1.set(
        credentials={
            "db": Credential(user="root", secret=OTHER),
            "ftp": Credential(secret=OTHER + " too"),
        },
        modified=5,
    )
    await hq.set(credentials={"db": Credential(user="root", secret=SECRET)})
    link = await hq.link(web1, "push", mode)
    found = (await hq.diff())[0]
    far = await hq.remote(web1)
    bodies = await far.bodies(GROUP, [GROUP])
    assert codec.decode_settings(bodies[GROUP].body).credentials["db"] == Credential(user="root")
    assert await hq.states(modes={link.id: "strict"}) == ["applied"]
    assert seen_by(world, OTHER, "hq") == []
    assert seen_by(world, SECRET, "web1") != []
    assert OTHER not in msgspec.json.encode(found).decode()


async def test_the_record_with_withheld_secrets_keeps_its_true_fingerprint(hq: Host, web1: Host) -> None:
    await web1.write("mine")
    await web1.set(credentials={"db": Credential(secret=OTHER)})
    row = await web1.group()
    assert row is not None
    record = (await (await hq.remote(web1)).bodies(GROUP, [GROUP]))[GROUP]
    assert record.row == row.settings.row
    assert codec.fingerprint(record.body) != record.fingerprint


async def test_who_may_pull_gets_the_secret(world: World, hq: Host, web1: Host) -> None:
    await hq.grant(web1, Grant("pull", GROUP))
    await world.acquaint(web1, hq)
    await hq.set(credentials={"db": Credential(user="root", secret=SECRET)})
    await web1.link(hq, "pull", "strict")
    assert await web1.states() == ["applied"]
    assert (await web1.settings()).credentials["db"].secret == SECRET
    assert seen_by(world, SECRET, "web1") == ["Bodies"]


async def test_a_push_grant_is_none_for_pulling(world: World, hq: Host, web1: Host) -> None:
    await world.acquaint(web1, hq, "push", "status")
    await hq.set(credentials={"db": Credential(user="root", secret=SECRET)})
    await web1.link(hq, "pull", "strict")
    result = (await web1.cycle()).links[0]
    assert result.state == "refused"
    assert result.error is not None
    assert "hq does not grant web1 pull for group" in result.error.message
    assert f"atsn peer set web1 --grant 'push,status,pull:{NAMES[GROUP]}'" in result.error.message
    assert seen_by(world, SECRET, "web1") == []


CASES = [
    # the credential before and after, and how that is shown
    (None, Credential(user="u", secret=SECRET), [("user", None, "u"), ("secret", None, "changed")]),
    (Credential(secret=OTHER), Credential(secret=SECRET), [("secret", "hidden", "changed")]),
    (Credential(), Credential(secret=SECRET), [("secret", "hidden", "changed")]),
    (Credential(secret=OTHER), Credential(), [("secret", "hidden", "changed")]),
    (Credential(secret=OTHER), None, [("user", "", None), ("secret", "hidden", None)]),
    (Credential(user="a", secret=OTHER), Credential(user="b", secret=OTHER), [("user", "a", "b")]),
]


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize(("before", "after", "shown"), CASES)
async def test_a_diff_shows_that_a_secret_changes_and_never_which(
    world: World,
    direction: str,
    before: Credential | None,
    after: Credential | None,
    shown: list[tuple[str, Any, Any]],
    hq: Host,
    web1: Host,
) -> None:
    await world.acquaint(web1, hq, "pull")
    await web1.write("backup")
    await web1.set(credentials={"db": before} if before else {}, modified=5)
    await hq.set(credentials={"db": after} if after else {})
    own, other = (hq, web1) if direction == "push" else (web1, hq)
    await own.link(other, direction, "strict")  # type: ignore[arg-type]
    result = (await own.diff())[0]
    assert fields(result.changes) == [
        FieldChange(field=f"credentials.db.{name}", before=old, after=new) for name, old, new in shown
    ]
    text = msgspec.json.encode(result).decode()
    assert SECRET not in text
    assert OTHER not in text


async def test_a_conflict_about_a_secret_is_told_where_both_are_known(
    world: World, hq: Host, web1: Host
) -> None:
    await world.acquaint(web1, hq, "pull")
    await web1.write("backup", modified=5)
    await web1.set(credentials={"db": Credential(secret=OTHER)}, modified=7)
    await hq.set(credentials={"db": Credential(secret=SECRET)}, modified=7)
    await web1.link(hq, "pull")
    result = (await web1.diff())[0]
    assert [field.field for field in result.conflicts[0].fields] == ["credentials.db.secret"]
    assert SECRET not in msgspec.json.encode(result).decode()


async def test_no_secret_is_kept_with_what_a_link_remembers(hq: Host, web1: Host) -> None:
    await web1.write("backup")
    await web1.set(credentials={"db": Credential(secret=OTHER)}, modified=5)
    await hq.set(credentials={"db": Credential(secret=SECRET)})
    await hq.link(web1, "push", "strict")
    await hq.cycle(trigger="hand")
    lines = (await hq.dump()).splitlines()
    kept = [line for line in lines if '"link_states"' in line or '"cycles"' in line]
    assert len(kept) >= 2
    assert SECRET.encode().hex() not in "".join(kept).lower()
    assert SECRET not in "".join(kept)
