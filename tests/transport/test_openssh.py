"""What OpenSSH's own client can and cannot do with our server."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from atsn_tui.home import keys
from atsn_tui.transport.frames import encode
from tests.programs import need
from tests.transport.site import Site


@dataclass
class Outcome:
    code: int | None
    output: bytes
    errors: str


class OpenSsh:
    """The real client, with our client key unless told otherwise, and without any of the user's files."""

    def __init__(self, there: Site) -> None:
        self.there = there
        self.known_hosts = there.path / "known_hosts"
        self.known_hosts.write_text(f"[127.0.0.1]:{there.server.address.port} {there.host_key}\n")

    async def run(
        self, *arguments: str, key: Path | None = None, user: str = "atsn", sends: bytes = b""
    ) -> Outcome:
        key = key or self.there.path / "client_key"
        process = await asyncio.create_subprocess_exec(
            "ssh", "-F", "none", "-p", str(self.there.server.address.port), "-l", user, "-i", str(key),
            "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "GlobalKnownHostsFile=none",
            "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
            "-o", "NumberOfPasswordPrompts=1", "-o", "BatchMode=yes", *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(20):
                output, errors = await process.communicate(sends)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Outcome(process.returncode, output, errors.decode())


@pytest.fixture
def ssh(echoing: Site) -> OpenSsh:
    need("ssh")
    return OpenSsh(echoing)


@pytest.mark.parametrize("user", ["atsn", "root", "Zürich"])
async def test_the_right_key_reaches_our_subsystem_under_any_user_name(ssh: OpenSsh, user: str) -> None:
    messages = [b"hello", bytes(100_000), b""]
    frames = b"".join(map(encode, messages))
    outcome = await ssh.run("-s", "127.0.0.1", "atsn", user=user, sends=frames)
    assert outcome.output == frames, outcome.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("127.0.0.1", "id"),
        ("127.0.0.1",),
        ("-tt", "127.0.0.1"),
        ("-s", "127.0.0.1", "sftp"),
        ("-W", "127.0.0.1:22", "127.0.0.1"),
        ("-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22", "127.0.0.1"),
    ],
)
async def test_the_right_key_reaches_nothing_else(ssh: OpenSsh, arguments: tuple[str, ...]) -> None:
    outcome = await ssh.run(*arguments)
    assert outcome.code == 255
    assert outcome.output == b""
    assert "denied (" not in outcome.errors


@pytest.mark.parametrize(
    "method", ["password", "keyboard-interactive", "hostbased", "none", "gssapi-with-mic"]
)
async def test_no_other_way_of_logging_in_is_offered(ssh: OpenSsh, method: str) -> None:
    outcome = await ssh.run("-o", f"PreferredAuthentications={method}", "-s", "127.0.0.1", "atsn")
    assert outcome.code == 255
    assert "Permission denied (publickey)." in outcome.errors
    assert ssh.there.asked == []


async def test_an_unknown_key_is_denied(ssh: OpenSsh) -> None:
    keys.make(ssh.there.path / "other_key")
    outcome = await ssh.run("-s", "127.0.0.1", "atsn", key=ssh.there.path / "other_key")
    assert outcome.code == 255
    assert "Permission denied (publickey)." in outcome.errors
    assert ssh.there.asked
