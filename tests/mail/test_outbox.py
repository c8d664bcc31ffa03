"""The queue: every message is sent once, or given up with a reason; nobody waits for a slow server."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import AtsnError, BadInput, NotFound
from atsn_tui.mail.errors import PermanentMailError, Refusal, TemporaryMailError
from atsn_tui.mail.memory import MemorySender
from atsn_tui.mail.outbox.fate import MAX_WAITING, after_error, after_sending, enqueue
from atsn_tui.mail.outbox.memory import MemoryOutboxStore
from atsn_tui.mail.outbox.outbox import LEASE, Outbox
from atsn_tui.mail.outbox.retry import DELAY, FIRST_DELAYS, MAX_AGE, MAX_ATTEMPTS, REST, next_try
from atsn_tui.mail.sender import Sender, send_to_all
from atsn_tui.model.mail import Message, Outgoing
from tests.mail.letters import letter
from tests.mail.post_office import post_office

START = 1_800_000_000_000_000


class Clock:
    """The time, as the test says."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> int:
        return self.time


class Post:
    """An outbox with a sender in memory for each route, and what it told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MemoryOutboxStore()
        self.senders: dict[str, Sender] = {"node": MemorySender()}
        self.troubles: list[AtsnError] = []
        self.changes: list[Outgoing] = []
        self.changed = asyncio.Event()
        self.outbox = Outbox(
            self.store, self.sender, now=self.clock, on_change=self._changed, on_trouble=self.troubles.append
        )

    async def sender(self, route: str) -> Sender:
        if route not in self.senders:
            raise NotFound(f"no group has the id {route}")
        return self.senders[route]

    def _changed(self, item: Outgoing) -> None:
        self.changes.append(item)
        self.changed.set()

    async def until(self, fits: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not fits():
                self.changed.clear()
                await self.changed.wait()

    @property
    def memory(self) -> MemorySender:
        sender = self.senders["node"]
        assert isinstance(sender, MemorySender)
        return sender

    def only(self) -> Outgoing:
        [item] = self.store.items.values()
        return item


class Hanging:
    """A server that takes a message only once it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.sent: list[Message] = []
        self.at_once = self.most_at_once = 0

    async def send(self, message: Message) -> tuple[Refusal, ...]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.set()
        try:
            await self.go_on.wait()
        finally:
            self.at_once -= 1
        self.sent.append(message)
        return ()


@pytest.fixture
def post() -> Post:
    return Post()


# When it is tried again


def test_tries_get_rarer_and_end_after_about_three_days() -> None:
    delays = []
    attempts, moment = 1, START
    while (then := next_try(attempts, moment)) is not None:
        delays.append(then - moment)
        attempts, moment = attempts + 1, then
    assert delays == [*FIRST_DELAYS, *[DELAY] * (MAX_ATTEMPTS - 1 - len(FIRST_DELAYS))]
    assert delays == sorted(delays)
    assert 2.8 < (moment - START) / 86_400_000_000 < 3.2


@given(st.lists(st.sampled_from(["sent", "away", "later", "never", "partly", "bug"]), max_size=100))
def test_every_message_comes_to_an_end(outcomes: list[str]) -> None:
    """It is sent or failed in the end; it never waits in the past, and whoever got it is not sent it again."""
    item = enqueue(letter(to=["a@x.org", "b@x.org"]), "node", START, waiting=0)
    busy = Refusal(address="b@x.org", reason="450 busy", temporary=True)
    now = START
    for outcome in [*outcomes, *["away"] * MAX_ATTEMPTS]:
        if item.state != "waiting":
            break
        now = max(now, item.next_at)
        if outcome == "sent":
            item = after_sending(item, (), now)
        elif outcome == "partly":
            item = after_sending(item, (busy,), now)
            assert item.message.recipients == ("b@x.org",)
        elif outcome == "never":
            item = after_error(item, PermanentMailError("spam"), now)
        elif outcome == "bug":
            item = after_error(item, AtsnError("our fault"), now)
        else:
            item = after_error(item, TemporaryMailError("away"), now)
        assert item.state != "waiting" or item.next_at > now
    assert item.state in ("sent", "failed")
    assert item.ended_at == now
    assert (item.error is None) == (item.state == "sent")


async def test_a_message_is_sent_and_its_content_forgotten(post: Post) -> None:
    sent = letter()
    kept = await post.outbox.put(sent, "node", about="run 7")
    assert kept.state == "waiting"
    await post.outbox.send_due()
    assert post.memory.sent == [sent]
    item = post.only()
    assert (item.state, item.attempts, item.ended_at, item.about) == ("sent", 1, START, "run 7")
    assert item.message.content == b""
    assert post.changes == [item]


async def test_while_the_server_is_away_it_waits_and_then_goes(post: Post) -> None:
    post.memory.away = "mail server mail.example.org:587 cannot be reached"
    await post.outbox.put(letter(), "node")
    for attempts, delay in enumerate(FIRST_DELAYS, 1):
        await post.outbox.send_due()
        item = post.only()
        assert (item.state, item.attempts, item.error) == ("waiting", attempts, post.memory.away)
        assert item.next_at == post.clock.time + delay
        post.clock.time = item.next_at - 1
        await post.outbox.send_due()
        assert post.only().attempts == attempts
        post.clock.time += 1
    post.memory.away = None
    await post.outbox.send_due()
    assert len(post.memory.sent) == 1
    assert (post.only().state, post.only().error) == ("sent", None)


async def test_after_the_last_try_it_is_given_up_with_the_reason_and_kept(post: Post) -> None:
    post.memory.away = "the server is away"
    await post.outbox.put(letter(), "node")
    while post.only().state == "waiting":
        post.clock.time = max(post.clock.time, post.only().next_at)
        await post.outbox.send_due()
    item = post.only()
    assert item.error is not None
    assert item.error.startswith("given up after ")
    assert item.error.endswith("the server is away")
    assert item.message.content
    assert item.ended_at is not None
    assert item.ended_at - START >= MAX_AGE - 2 * DELAY


async def test_a_message_that_is_refused_for_good_is_not_tried_again(post: Post) -> None:
    post.memory.refuse = {"ops@example.org"}
    await post.outbox.put(letter(), "node")
    await post.outbox.send_due()
    item = post.only()
    assert (item.state, item.attempts) == ("failed", 1)
    assert item.refused == ("ops@example.org: refused here",)


async def test_only_those_who_lack_it_are_tried_again(post: Post) -> None:
    post.memory.refuse, post.memory.postpone = {"gone@x.org"}, {"busy@x.org"}
    await post.outbox.put(letter(to=["ops@x.org", "gone@x.org", "busy@x.org"]), "node")
    await post.outbox.send_due()
    item = post.only()
    assert (item.state, item.message.recipients) == ("waiting", ("busy@x.org",))
    assert item.error == "busy@x.org: refused here"
    post.memory.postpone.clear()
    post.clock.time = item.next_at
    await post.outbox.send_due()
    assert (post.only().state, post.only().refused) == ("sent", ("gone@x.org: refused here",))
    assert [sent.recipients for sent in post.memory.sent][1:] == [("busy@x.org",)]


async def test_when_nobody_took_it_those_refused_for_good_are_dropped(post: Post) -> None:
    post.memory.refuse, post.memory.postpone = {"gone@x.org"}, {"busy@x.org"}
    await post.outbox.put(letter(to=["gone@x.org", "busy@x.org"]), "node")
    await post.outbox.send_due()
    assert post.only().message.recipients == ("busy@x.org",)
    assert post.only().refused == ("gone@x.org: refused here",)


async def test_settings_are_looked_up_anew_at_every_try(post: Post) -> None:
    await post.outbox.put(letter(), "g1")
    await post.outbox.send_due()
    assert post.only().error == "no group has the id g1"
    post.senders["g1"] = mended = MemorySender()
    post.clock.time = post.only().next_at
    await post.outbox.send_due()
    assert len(mended.sent) == 1


async def test_while_a_server_is_away_it_is_asked_once_for_all(post: Post) -> None:
    tries = 0

    class Away:
        async def send(self, message: Message) -> tuple[Refusal, ...]:
            nonlocal tries
            tries += 1
            raise TemporaryMailError("away", server_wide=True)

    post.senders["node"] = Away()
    for number in range(20):
        await post.outbox.put(letter(identity=str(number)), "node")
    await post.outbox.send_due()
    assert tries == 1
    post.clock.time += REST
    await post.outbox.send_due()
    assert tries == 2
    post.senders["node"] = MemorySender()
    post.clock.time += FIRST_DELAYS[0] + REST
    await post.outbox.send_due()
    assert len(post.memory.sent) == 20


async def test_trouble_with_one_message_does_not_hold_up_the_next(post: Post) -> None:
    post.memory.postpone = {"busy@x.org"}
    await post.outbox.put(letter(to=["busy@x.org"]), "node")
    await post.outbox.put(letter(), "node")
    await post.outbox.send_due()
    assert len(post.memory.sent) == 1


async def test_a_clock_that_is_set_back_does_not_stop_the_mail(post: Post) -> None:
    post.memory.away = "away"
    await post.outbox.put(letter(), "node")
    await post.outbox.send_due()
    post.memory.away = None
    post.clock.time -= 10 * REST
    await post.outbox.put(letter(), "node")
    await post.outbox.send_due()
    assert len(post.memory.sent) == 1


async def test_a_full_queue_takes_no_more_but_records_it(post: Post) -> None:
    item = enqueue(letter(), "node", START, waiting=MAX_WAITING)
    assert (item.state, item.message.content, item.ended_at) == ("failed", b"", START)
    assert item.error == "5,000 mails wait already: mend what keeps them from being sent"
    assert enqueue(letter(), "node", START, waiting=MAX_WAITING - 1).state == "waiting"


async def test_a_fault_of_ours_is_told_and_does_not_end_the_queue(post: Post) -> None:
    class Broken:
        async def send(self, message: Message) -> tuple[Refusal, ...]:
            raise ZeroDivisionError("oops")

    post.senders["bad"] = Broken()
    await post.outbox.put(letter(), "bad")
    await post.outbox.put(letter(), "node")
    await post.outbox.send_due()
    assert len(post.memory.sent) == 1
    [trouble] = post.troubles
    assert "by a fault of ours: ZeroDivisionError('oops')" in str(trouble)
    assert isinstance(trouble.__cause__, ZeroDivisionError)
    assert {item.state for item in post.store.items.values()} == {"sent", "waiting"}


# At work


async def running(post: Post, work: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.create_task(post.outbox.run())
    try:
        async with asyncio.timeout(30):
            await work()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_what_is_put_in_goes_out_by_itself(post: Post) -> None:
    async def work() -> None:
        await post.outbox.put(letter(), "node")
        await post.until(lambda: len(post.memory.sent) == 1)
        await post.outbox.put(letter(), "node")
        await post.until(lambda: len(post.memory.sent) == 2)

    await running(post, work)


async def test_what_was_put_in_before_the_start_goes_out(post: Post) -> None:
    await post.outbox.put(letter(), "node")
    await running(post, lambda: post.until(lambda: len(post.memory.sent) == 1))


async def test_a_slow_server_delays_only_its_own_mail_and_nobody_who_puts(post: Post) -> None:
    slow = Hanging()
    post.senders["slow"] = slow

    async def work() -> None:
        for number in range(3):
            await post.outbox.put(letter(identity=str(number)), "slow")
        await slow.begun.wait()
        await post.outbox.put(letter(), "node")
        await post.until(lambda: len(post.memory.sent) == 1)
        assert slow.sent == []
        slow.go_on.set()
        await post.until(lambda: len(slow.sent) == 3)
        assert slow.most_at_once == 1
        assert [sent.message_id.partition("@")[0] for sent in slow.sent] == ["<0", "<1", "<2"]

    await running(post, work)


async def test_stopping_breaks_off_and_leaves_the_message_for_the_next_start(post: Post) -> None:
    slow = Hanging()
    post.senders["slow"] = slow

    async def work() -> None:
        await post.outbox.put(letter(), "slow")
        await slow.begun.wait()

    await running(post, work)
    assert (post.only().state, post.only().attempts, post.only().next_at) == ("waiting", 0, START)
    slow.go_on.set()
    await running(post, lambda: post.until(lambda: len(slow.sent) == 1))


async def test_stopping_while_the_result_is_kept_does_not_send_twice(post: Post) -> None:
    keeping, go_on = asyncio.Event(), asyncio.Event()
    save = post.store.save

    async def slow_save(item: Outgoing) -> None:
        if item.state == "sent":
            keeping.set()
            await go_on.wait()
        await save(item)

    await post.outbox.put(letter(), "node")
    post.store.save = slow_save  # type: ignore[method-assign]
    task = asyncio.create_task(post.outbox.run())
    await keeping.wait()
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(task, return_exceptions=True)
    assert post.only().state == "sent"


async def test_two_processes_on_one_queue_send_everything_once(post: Post) -> None:
    other = Outbox(post.store, post.sender, now=post.clock)
    for number in range(50):
        await post.outbox.put(letter(identity=str(number)), "node")
    await asyncio.gather(post.outbox.send_due(), other.send_due())
    assert len({sent.message_id for sent in post.memory.sent}) == len(post.memory.sent) == 50


async def test_what_a_dead_process_had_taken_is_sent_in_the_end(post: Post) -> None:
    await post.outbox.put(letter(), "node")
    assert await post.store.claim(post.clock.time, post.clock.time + LEASE, ())
    await post.outbox.send_due()
    assert post.memory.sent == []
    post.clock.time += LEASE
    await post.outbox.send_due()
    assert len(post.memory.sent) == 1


@pytest.mark.parametrize("error", [BadInput("the disk is full"), ZeroDivisionError("a fault of ours")])
async def test_a_store_that_fails_is_told_and_tried_again(post: Post, error: Exception) -> None:
    claim = post.store.claim
    broken = True

    async def failing(*given: object) -> Outgoing | None:
        if broken:
            raise error
        return await claim(*given)  # type: ignore[arg-type]

    post.store.claim = failing  # type: ignore[method-assign, assignment]
    told = asyncio.Event()
    outbox = Outbox(
        post.store, post.sender, now=post.clock, on_change=post._changed, on_trouble=lambda _: told.set()
    )
    post.outbox = outbox

    async def work() -> None:
        nonlocal broken
        await outbox.put(letter(), "node")
        await told.wait()
        broken = False
        outbox.wake()
        await post.until(lambda: len(post.memory.sent) == 1)

    await running(post, work)


async def test_a_real_server_that_comes_back_gets_every_mail_once(post: Post) -> None:
    from atsn_tui.mail.server import Server
    from atsn_tui.mail.smtp import Smtp

    async with post_office() as office:
        post.senders["node"] = Smtp(Server(host="127.0.0.1", port=office.port, security="none"))
        office.answers = {"DATA": "451 not now"}
        for number in range(5):
            await post.outbox.put(letter(identity=str(number)), "node")
        await post.outbox.send_due()
        assert office.envelopes == []
        office.answers.clear()
        post.clock.time += FIRST_DELAYS[0]
        await post.outbox.send_due()
        assert len(office.envelopes) == 5
    assert {item.state for item in post.store.items.values()} == {"sent"}


async def test_sending_to_all_makes_one_refused_recipient_an_error() -> None:
    sender = MemorySender(refuse={"gone@x.org"})
    await send_to_all(sender, letter())
    with pytest.raises(PermanentMailError, match=r"gone@x\.org: refused here"):
        await send_to_all(sender, letter(to=["ops@x.org", "gone@x.org"]))
