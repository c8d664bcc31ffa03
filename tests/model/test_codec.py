"""The canonical form: one content has one sequence of bytes, and nothing else is taken for it."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atsn_tui.errors import BadInput
from atsn_tui.model import codec, text
from atsn_tui.model.record import Record
from atsn_tui.model.settings import Credential, Settings
from atsn_tui.model.task import Command, Email, Http, Options, Task
from tests import strategies
from tests.strategies import GROUP_ID, TASK_IDS, few_examples

ID = TASK_IDS[0]
TASK = Task(name="backup", action=Command(command="df -h"))


def reversed_deep(value: Any) -> Any:
    """The same builtin value with every dictionary in the opposite order."""
    if isinstance(value, dict):
        return {key: reversed_deep(value[key]) for key in reversed(value)}
    if isinstance(value, list | tuple):
        return [reversed_deep(each) for each in value]
    return value


@few_examples
@given(strategies.tasks())
def test_a_task_comes_back_as_it_was(task: Task) -> None:
    assert codec.decode_task(codec.encode(task)) == task


@few_examples
@given(strategies.settings())
def test_settings_come_back_as_they_were(settings: Settings) -> None:
    assert codec.decode_settings(codec.encode(settings)) == settings


@few_examples
@given(strategies.tasks())
def test_the_order_in_which_a_task_was_written_down_does_not_show(task: Task) -> None:
    other = msgspec.convert(reversed_deep(msgspec.to_builtins(task)), Task)
    assert codec.encode(other) == codec.encode(task)


@few_examples
@given(strategies.settings())
def test_the_order_in_which_settings_were_written_down_does_not_show(settings: Settings) -> None:
    other = msgspec.convert(reversed_deep(msgspec.to_builtins(settings)), Settings)
    assert codec.encode(other) == codec.encode(settings)


@few_examples
@given(strategies.tasks(), strategies.tasks())
def test_only_equal_contents_have_equal_bytes(one: Task, other: Task) -> None:
    assert (codec.encode(one) == codec.encode(other)) == (one == other)


def test_every_field_is_present_and_in_order() -> None:
    keys = list(msgspec.msgpack.decode(codec.encode(TASK)))
    assert keys == sorted(Task.__struct_fields__)


def test_the_bytes_stay_as_they_are_from_version_to_version() -> None:
    # If this fails, the canonical form has changed: raise FORMAT, or nodes will see changes that nobody made.
    settings = Settings(name="Replicated tasks")
    assert codec.fingerprint(codec.encode(TASK)).hex()[:16] == "4c8c5c527c715464"
    assert codec.fingerprint(codec.encode(settings)).hex()[:16] == "c25c539e34a47dec"


@pytest.mark.parametrize(
    "content",
    [
        msgspec.structs.replace(TASK, options=Options(retries=-1)),
        msgspec.structs.replace(TASK, options=Options(umask="99")),
        Task(name="a", action=Http(url="http://x", method="BREW")),  # type: ignore[arg-type]
    ],
)
def test_content_that_was_built_wrongly_is_not_encoded(content: Task) -> None:
    with pytest.raises(BadInput):
        codec.encode(content)


def test_a_record_that_is_too_large_is_refused_by_name_and_size() -> None:
    long = "x" * text.MAX_TEXT
    task = Task(name="huge", action=Command(argv=tuple([long] * 11)))
    with pytest.raises(BadInput, match=r"'huge' takes 11\d+ bytes: at most 1000000 are allowed"):
        codec.encode(task)
    assert len(codec.encode(Task(name="large", action=Command(argv=tuple([long] * 9))))) < codec.MAX_BODY


@pytest.mark.parametrize(("decode", "body"), [
    (codec.decode_task, b""),
    (codec.decode_task, b"\xc1"),
    (codec.decode_task, codec.encode(TASK)[:-1]),
    (codec.decode_task, codec.encode(TASK) + b"\xc0"),
    (codec.decode_task, codec.encode(Settings(name="a"))),
    (codec.decode_task, msgspec.msgpack.encode([1, 2])),
    (codec.decode_settings, codec.encode(TASK)),
    (codec.decode_settings, b"\x81\xa4name\xa0"),
    (codec.decode_settings, b"\x81\xa4name\xa1\x80"),
    (codec.decode_settings, b"\x91" * 100_000),
])  # fmt: skip
def test_bytes_that_are_no_record_are_bad_input(decode: Any, body: bytes) -> None:
    with pytest.raises(BadInput, match=r"not a (task|settings) record"):
        decode(body)


@few_examples
@given(st.binary(max_size=200))
def test_no_bytes_make_decoding_fail_otherwise(body: bytes) -> None:
    for decode in (codec.decode_task, codec.decode_settings):
        with contextlib.suppress(BadInput):
            decode(body)


def forged(content: Any, modified: int = 1) -> Record:
    """A record of these builtins as they are, with a fingerprint that fits."""
    body = msgspec.msgpack.encode(content)
    return Record(ID, modified, body, codec.fingerprint(body))


def test_a_record_from_elsewhere_is_taken_if_its_bytes_are_canonical() -> None:
    record = codec.record(ID, 5, TASK)
    assert codec.verify(record, Task) == TASK
    settings = Settings(name="a", credentials={"b": Credential(secret="s")})
    assert codec.verify(codec.record(GROUP_ID, 5, settings), Settings) == settings


CONTENT: dict[str, Any] = dict(sorted(msgspec.to_builtins(TASK).items()))


@pytest.mark.parametrize("content", [
    dict(reversed(CONTENT.items())),
    {key: value for key, value in CONTENT.items() if key != "notes"},
    CONTENT | {"action": {"command": "df -h", "type": "command"}},
    CONTENT | {"surprise": 1},
    CONTENT | {"name": ""},
    CONTENT | {"enabled": 1},
])  # fmt: skip
def test_another_form_of_the_same_content_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        codec.verify(forged(content), Task)


def test_longer_forms_of_numbers_are_refused() -> None:
    body = codec.encode(TASK)
    at = body.index(b"\xaakill_after") + len("\xaakill_after")
    assert body[at] == 10
    for longer in (b"\xcc\x0a", b"\xcd\x00\x0a", b"\xd0\x0a", b"\xca\x41\x20\x00\x00"):
        other = body[:at] + longer + body[at + 1 :]
        with pytest.raises(BadInput):
            codec.verify(Record(ID, 1, other, codec.fingerprint(other)), Task)


def test_a_key_that_stands_there_twice_is_refused() -> None:
    body = codec.encode(TASK)
    assert body[0] == 0xDE or body[0] >> 4 == 8
    twice = b"\xde" + (len(CONTENT) + 1).to_bytes(2, "big") + b"\xa5notes\xa0" + body[3:]
    with pytest.raises(BadInput):
        codec.verify(Record(ID, 1, twice, codec.fingerprint(twice)), Task)


def test_a_wrong_fingerprint_is_refused() -> None:
    record = codec.record(ID, 5, TASK)
    for fingerprint in (b"", b"x" * 32, record.fingerprint[:-1], record.fingerprint + b"x"):
        with pytest.raises(
            BadInput, match=f"record {ID} is not in canonical form or its fingerprint is wrong"
        ):
            codec.verify(Record(ID, 5, record.body, fingerprint), Task)


def test_an_oversized_record_is_refused_before_it_is_read() -> None:
    body = b"\x00" * (codec.MAX_BODY + 1)
    with pytest.raises(BadInput, match="takes 1000001 bytes: at most 1000000"):
        codec.verify(Record(ID, 1, body, codec.fingerprint(body)), Task)


def test_settings_are_no_task_and_a_task_is_no_settings() -> None:
    with pytest.raises(BadInput):
        codec.verify(codec.record(ID, 1, TASK), Settings)
    with pytest.raises(BadInput):
        codec.verify(codec.record(ID, 1, Settings(name="a")), Task)


@few_examples
@given(strategies.settings())
def test_hidden_secrets_are_gone_and_all_else_is_there(settings: Settings) -> None:
    hidden = codec.hide_secrets(settings)
    assert all(entry.secret is None for entry in hidden.credentials.values())
    names = {name: Credential(user=entry.user) for name, entry in settings.credentials.items()}
    assert hidden == msgspec.structs.replace(settings, credentials=names)


def test_each_kind_of_action_is_told_apart() -> None:
    actions = (Command(command="a"), Http(url="http://a"), Email(to=("a@b",), subject="a"))
    for action in actions:
        assert codec.decode_task(codec.encode(Task(name="a", action=action))).action == action
