"""`atsn channel` as a process: what it takes from whoever starts it, and how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from atsn_tui.errors import Unreachable
from atsn_tui.host import channel
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.replication import messages
from atsn_tui.replication.messages import Hello
from atsn_tui.transport import memory
from atsn_tui.transport.frames import Decoder, encode
from tests.nodes import Machine, Machines
from tests.openssh.conftest import BEGIN
from tests.processes.forks import Forks

OWN = ("-m", "atsn_tui")
CLIENT = {"SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22"}


@dataclass
class Spoken:
    """A running `atsn channel`, spoken to by hand."""

    process: "subprocess.Popen[bytes]"
    decoder: Decoder = field(default_factory=Decoder)

    def say(self, message: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(encode(messages.encode(message)))  # type: ignore[arg-type]
        self.process.stdin.flush()

    def hear(self) -> bytes:
        assert self.process.stdout is not None
        while (frame := self.decoder.take()) is None:
            data = os.read(self.process.stdout.fileno(), 65_536)
            assert data, self.process.communicate()[1]
            self.decoder.feed(data)
        return frame

    def greet(self, hq: Machine) -> Hello:
        self.say(Hello(
            atsn=PROTOCOL, version=VERSION, node_id=hq.identity["node_id"], name="hq", clock=1_700_000_000_000_000,
        ))  # fmt: skip
        return messages.decode_hello(self.hear())

    def end(self) -> tuple[int, bytes, bytes]:
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def hq(make_node: Machines) -> Machine:
    return make_node("hq", listen=False)


@pytest.fixture
def web1(make_node: Machines, hq: Machine) -> Machine:
    made = make_node("web1", listen=False)
    made.atsn("peer", "add", "hq", "--key", hq.identity["public_key"], "--grant", "push").ok()
    return made


class Starter:
    def __init__(self, web1: Machine, quick: tuple[str, ...]) -> None:
        self.web1 = web1
        self.quick = quick
        self.started: list[Spoken] = []

    def __call__(
        self, *words: str, environ: Mapping[str, str] = CLIENT, program: tuple[str, ...] | None = None
    ) -> Spoken:
        home = str(self.web1.home)
        process = subprocess.Popen(
            [sys.executable, *(program or self.quick), "--home", home, "channel", "--peer", "hq", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **environ},
        )  # fmt: skip
        self.started.append(Spoken(process))
        return self.started[-1]


@pytest.fixture
def start(web1: Machine, zygote: Forks) -> Iterator[Starter]:
    starter = Starter(web1, ("-I", "-S", str(BEGIN), str(zygote.path)))
    yield starter
    for spoken in starter.started:
        spoken.process.kill()
        spoken.process.communicate()


def test_it_ends_with_its_input_and_prints_nothing_but_the_protocol(start: Starter, hq: Machine) -> None:
    spoken = start(program=OWN)
    hello = spoken.greet(hq)
    assert (hello.name, hello.error) == ("web1", None)
    spoken.say(messages.AskGroups())
    assert isinstance(messages.decode_reply(spoken.hear()), messages.Groups)
    assert spoken.end() == (0, b"", b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_on_signals(start: Starter, hq: Machine, number: signal.Signals) -> None:
    spoken = start(program=OWN)
    spoken.greet(hq)
    spoken.process.send_signal(number)
    assert spoken.process.wait(20) == 0
    assert spoken.end() == (0, b"", b"")


def test_what_prints_to_standard_output_cannot_break_the_protocol(
    start: Starter, hq: Machine, tmp_path: Path
) -> None:
    """A library that prints, in Python and past it, and that reads its standard input."""
    program = tmp_path / "noisy.py"
    program.write_text(
        "import os, sys\n"
        "from atsn_tui.replication import server\n"
        "groups = server._Session._groups\n"
        "async def noisy(self, peer):\n"
        "    print('a print'); sys.stdout.flush(); os.write(1, b'a write\\n'); assert os.read(0, 1) == b''\n"
        "    return await groups(self, peer)\n"
        "server._Session._groups = noisy\n"
        "from atsn_tui.cli.main import main\n"
        "sys.exit(main())\n"
    )
    spoken = start(program=(str(program),))
    spoken.greet(hq)
    spoken.say(messages.AskGroups())
    assert isinstance(messages.decode_reply(spoken.hear()), messages.Groups)
    assert spoken.end() == (0, b"", b"a print\na write\n")


@pytest.mark.parametrize("connection", [None, "10.0.0.1;id 1 2 3"])
def test_without_a_client_address_nobody_is_served(
    start: Starter, hq: Machine, connection: str | None
) -> None:
    spoken = start(environ={} if connection is None else {"SSH_CONNECTION": connection})
    hello = spoken.greet(hq)
    assert hello.error is not None
    assert "SSH_CONNECTION is missing" in hello.error["message"]
    spoken.end()


async def test_silence_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "IDLE", 0.01)
    _, far = memory.pair()
    with pytest.raises(Unreachable, match="nothing was asked"):
        await channel._Impatient(far).receive()


def test_garbage_ends_it(start: Starter) -> None:
    spoken = start()
    out, err = spoken.process.communicate(b"GET / HTTP/1.1\r\n\r\n", timeout=20)
    assert spoken.process.returncode == 0
    assert b"HTTP" not in out + err


def test_a_frame_that_is_too_large_ends_it(start: Starter, hq: Machine) -> None:
    spoken = start()
    spoken.greet(hq)
    assert spoken.process.stdin is not None
    spoken.process.stdin.write(b"\x01\x00\x00\x01\x00")
    code, _, err = spoken.end()
    assert code == 3
    assert err.startswith(b"atsn: the peer at 192.0.2.7 broke the rules: a message of 16777217 bytes")


def test_another_key_than_the_one_let_in_is_turned_away(start: Starter, hq: Machine) -> None:
    spoken = start("--key", "SHA256:other")
    hello = spoken.greet(hq)
    assert hello.error is not None
    assert hello.error["code"] == "refused"
    assert hello.error["message"].endswith("atsn peer authorize hq")
    spoken.end()


def test_another_node_behind_the_same_key_is_refused(
    start: Starter, hq: Machine, make_node: Machines
) -> None:
    spoken = start()
    assert spoken.greet(hq).error is None
    spoken.end()
    other = make_node("other", listen=False)
    again = start()
    hello = again.greet(other)
    assert hello.error is not None
    assert "is another node than before" in hello.error["message"]
    again.end()


def test_a_home_that_is_not_there_is_told_on_standard_error(start: Starter, web1: Machine) -> None:
    web1.home = web1.home / "nowhere"
    code, out, err = start().end()
    assert (code, out) == (2, b"")
    assert err.startswith(b"atsn: no node at ")


def test_it_is_not_for_people(web1: Machine) -> None:
    with Path("/dev/null").open("r+b") as null:
        done = subprocess.run(
            [sys.executable, "-m", "atsn_tui", "--home", str(web1.home), "channel", "--peer", "hq"],
            stdin=null, stdout=null, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert b"sshd starts it for a peer that logs in" in done.stderr
