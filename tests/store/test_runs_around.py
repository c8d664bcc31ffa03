"""Holds, standby, requests and the queue of outgoing mail."""

import sqlite3

import pytest

from atsn_tui.errors import BadInput
from atsn_tui.model.mail import Message, Outgoing
from atsn_tui.model.run import GroupHere, Hold, Request
from atsn_tui.store import Store, glance, holds, outbox, requests, standby
from atsn_tui.store.outbox import StoredOutbox
from tests.store.samples import GROUP, OTHER, fill, task, task_id


def test_holds_are_of_a_task_a_group_or_the_node(db: sqlite3.Connection) -> None:
    of_task = Hold(group_id=GROUP, task_id=task_id(1), who="ada", at=1)
    of_group = Hold(group_id=GROUP, until=50, who="ada", at=2)
    of_node = Hold(who="ada", at=3, note="moving house")
    for hold in (of_task, of_group, of_node):
        holds.put(db, hold)
    assert holds.list_holds(db) == [of_node, of_group, of_task]
    assert [hold.active(50) for hold in (of_task, of_group)] == [True, False]
    assert holds.remove(db, GROUP, task_id(1))
    assert not holds.remove(db, GROUP, task_id(1))
    holds.prune(db, 50)
    assert holds.list_holds(db) == [of_node]
    assert holds.remove(db)
    assert not holds.list_holds(db)


def test_a_later_hold_takes_the_place_of_an_earlier_one(db: sqlite3.Connection) -> None:
    holds.put(db, Hold(group_id=GROUP, until=10))
    holds.put(db, Hold(group_id=GROUP, until=20))
    assert [hold.until for hold in holds.list_holds(db)] == [20]


def test_groups_run_here_unless_it_is_said_otherwise(db: sqlite3.Connection) -> None:
    assert standby.get(db, GROUP) == GroupHere()
    standby.put(db, GROUP, GroupHere(standby=True))
    standby.put(db, OTHER, GroupHere(max_parallel=3))
    assert standby.list_here(db) == {GROUP: GroupHere(standby=True), OTHER: GroupHere(max_parallel=3)}
    standby.put(db, GROUP, GroupHere())
    assert standby.list_here(db).keys() == {OTHER}


def ask(number: int, kind: str = "run") -> Request:
    return Request(id=f"q{number}", kind=kind, who="ada", source="cli", at=number)


def test_requests_wait_until_they_are_answered(db: sqlite3.Connection) -> None:
    for request in (ask(1), ask(2, "cycle"), ask(3, "stop")):
        requests.add(db, request)
    with pytest.raises(BadInput, match="q1"):
        requests.add(db, ask(1))
    assert requests.waiting(db, ("run", "stop")) == [ask(1), ask(3, "stop")]
    answered = requests.answer(db, ask(1), "t1 begins")
    assert requests.get(db, "q1") == answered
    assert (answered.state, answered.result) == ("done", "t1 begins")
    assert requests.answer(db, ask(3, "stop"), "no", refused=True).state == "refused"
    assert not requests.waiting(db, ("run", "stop"))
    assert requests.waiting(db, ("cycle",)) == [ask(2, "cycle")]


def test_old_answers_are_forgotten_and_open_requests_are_not(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "KEEP", 3)
    for number in range(1, 8):
        requests.add(db, ask(number))
    for number in range(2, 8):
        requests.answer(db, ask(number), "done")
    assert [number for number in range(1, 8) if requests.get(db, f"q{number}")] == [1, 5, 6, 7]


def test_a_glance_shows_what_decides_about_runs(db: sqlite3.Connection) -> None:
    head = fill(db, task(1))
    hold = Hold(group_id=GROUP)
    holds.put(db, hold)
    standby.put(db, GROUP, GroupHere(standby=True))
    requests.add(db, ask(1))
    requests.add(db, ask(2, "cycle"))
    assert glance.glance(db, ("run", "stop")) == glance.Glance(
        digests={GROUP: head.digest},
        holds=(hold,),
        here={GROUP: GroupHere(standby=True)},
        requests=(ask(1),),
    )


def mail(number: int, next_at: int, route: str = "node", state: str = "waiting") -> Outgoing:
    message = Message(
        message_id=f"<{number}@hq>", sender="a@b", recipients=("c@d",), subject="s", content=b"body"
    )
    return Outgoing(
        id=f"m{number}",
        route=route,
        message=message,
        created_at=number,
        next_at=next_at,
        state=state,  # type: ignore[arg-type]
        ended_at=None if state == "waiting" else number,
    )


async def test_mail_is_claimed_by_one_at_a_time(store: Store) -> None:
    box = StoredOutbox(store)
    for item in (mail(1, 30), mail(2, 10), mail(3, 20, "other"), mail(4, 5, state="sent")):
        await box.save(item)
    assert await box.waiting() == 3
    assert await box.next_at(()) == 10
    assert await box.next_at({"node"}) == 20
    claimed = await box.claim(25, 600, ())
    assert claimed is not None
    assert (claimed.id, claimed.next_at) == ("m2", 600)
    assert await box.claim(25, 600, {"other"}) is None
    assert (await box.claim(25, 600, ())).id == "m3"  # type: ignore[union-attr]
    assert await box.claim(25, 600, ()) is None


def test_what_was_sent_is_forgotten_in_the_end(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "KEEP", 2)
    outbox.save(db, mail(0, 1))
    for number in range(1, 6):
        outbox.save(db, mail(number, 1, state="sent"))
    assert [item.id for item in outbox.list_outgoing(db)] == ["m5", "m4", "m0"]
    assert [item.id for item in outbox.list_outgoing(db, 1)] == ["m5"]
