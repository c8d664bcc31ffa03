"""The user's own ssh configuration leads the way; the pin decides who is there."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from atsn_tui.home import keys
from tests.nodes import Machine, wait_until
from tests.openssh.conftest import MakeSshd, meet
from tests.openssh.sshd import Sshd


@pytest.fixture
def config(own_home: Path) -> Path:
    path = own_home / ".ssh" / "config"
    path.touch(mode=0o600)
    return path


@pytest.fixture
def pair(hq: Machine, web1: Machine, sshd: Sshd) -> Machine:
    """hq, which knows web1 under an alias that nothing but ~/.ssh/config explains."""
    meet(hq, web1, sshd)
    hq.atsn("peer", "set", "web1", "--address", "ssh://customer-a").ok()
    return hq


def seen(hq: Machine) -> dict[str, tuple[bool | None, str]]:
    steps = hq.atsn("peer", "test", "web1", "--json").json["steps"]
    return {step["name"]: (step["ok"], step["detail"]) for step in steps}


def works(hq: Machine) -> bool:
    return all(ok for ok, _ in seen(hq).values())


def refusal(hq: Machine) -> tuple[str, str]:
    return next((name, detail) for name, (ok, detail) in seen(hq).items() if ok is False)


def alias(sshd: Sshd, *lines: str) -> str:
    own = ("HostName 127.0.0.1", f"Port {sshd.port}", f"User {sshd.user}", *lines)
    return "Host customer-a\n" + "".join(f"  {line}\n" for line in own)


def test_an_alias(pair: Machine, config: Path, sshd: Sshd) -> None:
    config.write_text(alias(sshd))
    assert works(pair)
    pair.atsn("peer", "set", "web1", "--address", f"ssh://customer-a:{sshd.port + 1}").ok()
    assert refusal(pair)[0] == "connection"  # What the address says comes first.


def test_what_would_open_a_terminal_or_run_something_else_is_left_alone(
    pair: Machine, config: Path, sshd: Sshd
) -> None:
    config.write_text(
        alias(
            sshd, "RemoteCommand uptime", "RequestTTY force", "ForwardAgent yes", "SetEnv PYTHONPATH=/tmp",
            "StrictHostKeyChecking no", "UserKnownHostsFile /dev/null", "Compression yes",
            "Ciphers aes256-ctr", "MACs hmac-sha2-512", "CertificateFile ~/no-such-cert.pub",
        )
    )  # fmt: skip
    assert works(pair)


def test_the_pin_counts_and_no_configuration_weakens_it(
    pair: Machine, web1: Machine, config: Path, sshd: Sshd
) -> None:
    pair.atsn("peer", "set", "web1", "--host-key", web1.identity["host_key"]).ok()
    config.write_text(alias(sshd, "StrictHostKeyChecking no", "UserKnownHostsFile none"))
    assert refusal(pair)[0] == "host key"


@pytest.mark.parametrize("line", ["Port many", "Host", "ProxyJump a b"])
def test_a_configuration_that_cannot_be_read_is_named(
    pair: Machine, config: Path, sshd: Sshd, line: str
) -> None:
    config.write_text(f"Host *\n  {line}\n")
    outcome = pair.atsn("peer", "test", "web1", "--json")
    assert str(config) in outcome.json["steps"][1]["detail"]
    pair.atsn("group", "add", "ops").ok()
    pair.atsn("link", "add", "ops", "web1", "--push").ok()
    assert pair.atsn("replicate", "--yes", "--json").json["links"][0]["error"]["code"] == "bad_input"


def test_a_configuration_that_others_could_have_written_is_refused(
    pair: Machine, config: Path, sshd: Sshd
) -> None:
    config.write_text(alias(sshd))
    config.chmod(0o666)
    assert "close it with: chmod go-w" in refusal(pair)[1]


def jump(bastion: Sshd) -> str:
    return f"Host bastion\n  HostName 127.0.0.1\n  Port {bastion.port}\n  User {bastion.user}\n"


def test_through_a_host_on_the_way(
    pair: Machine, config: Path, sshd: Sshd, make_sshd: MakeSshd, own_home: Path
) -> None:
    bastion = make_sshd("bastion")
    config.write_text(alias(sshd, "ProxyJump bastion") + jump(bastion))
    name, told = refusal(pair)
    assert name == "proxy"
    assert "your known_hosts does not have" in told
    assert told.endswith("logging in once by hand: ssh bastion")

    known = own_home / ".ssh" / "known_hosts"
    known.write_text(f"[127.0.0.1]:{bastion.port} {bastion.host_key}\n")
    name, told = refusal(pair)
    assert name == "proxy"
    assert "bastion, on the way to web1 (ssh://customer-a), does not let us in" in told

    own = keys.make(own_home / ".ssh" / "id_ed25519")
    bastion.let_in(f"restrict,port-forwarding {own}")
    found = seen(pair)
    assert [name for name, (ok, _) in found.items() if ok][:6] == [
        "address", "proxy", "connection", "host key", "login", "command",
    ]  # fmt: skip
    assert found["proxy"][1] == "through bastion"

    bastion.stop()
    name, told = refusal(pair)
    assert name == "proxy"
    assert "nothing listens on that port" in told


def test_this_nodes_own_key_is_offered_on_the_way(
    pair: Machine, config: Path, sshd: Sshd, make_sshd: MakeSshd, own_home: Path
) -> None:
    bastion = make_sshd("bastion")
    bastion.let_in(f"restrict,port-forwarding {pair.identity['public_key']}")
    (own_home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{bastion.port} {bastion.host_key}\n")
    # A ProxyJump for every host, the jump host among them, is no circle.
    config.write_text(alias(sshd) + jump(bastion) + "Host *\n  ProxyJump bastion\n")
    assert works(pair)
    sshd.stop()
    name, told = refusal(pair)
    assert name == "connection"
    assert "cannot be reached from bastion" in told


def test_jumps_in_a_circle_end(pair: Machine, config: Path, sshd: Sshd) -> None:
    config.write_text(alias(sshd, "ProxyJump a") + "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n")
    assert "goes in circles" in refusal(pair)[1]


def test_through_a_proxy_command(pair: Machine, config: Path, sshd: Sshd, make_sshd: MakeSshd) -> None:
    bastion = make_sshd("bastion")
    bastion.let_in(f"restrict,port-forwarding {pair.identity['public_key']}")
    options = "-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes"
    command = f"ssh {options} -i {pair.home}/client_key -p {bastion.port} -W %h:%p {bastion.user}@127.0.0.1"
    config.write_text(alias(sshd, f"ProxyCommand {command}"))
    assert works(pair)
    config.write_text(alias(sshd, "ProxyCommand /no/such/program"))
    assert "ProxyCommand cannot be started" in refusal(pair)[1]


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    wait_until(socket.exists)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield socket
    process.terminate()
    process.wait()


def test_a_key_in_the_agent_after_our_own(
    pair: Machine, config: Path, sshd: Sshd, agent: Path, tmp_path: Path
) -> None:
    """Seven keys in the agent, and sshd gives up after six: our own must come first."""
    config.write_text(alias(sshd))
    for number in range(7):
        path = tmp_path / f"key{number}"
        keys.make(path)
        subprocess.run(["ssh-add", "-q", str(path)], check=True, env={"SSH_AUTH_SOCK": str(agent)})
    assert works(pair)
    line = sshd.authorized_keys.read_text().replace(
        pair.identity["public_key"], keys.public_line(tmp_path / "key0")
    )
    sshd.authorized_keys.write_text(line)
    assert works(pair)


def test_a_key_of_the_configuration(pair: Machine, config: Path, sshd: Sshd, tmp_path: Path) -> None:
    other = keys.make(tmp_path / "other")
    sshd.authorized_keys.write_text(
        sshd.authorized_keys.read_text().replace(pair.identity["public_key"], other)
    )
    config.write_text(alias(sshd))
    assert refusal(pair)[0] == "login"
    config.write_text(alias(sshd, f"IdentityFile {tmp_path / 'other'}", "IdentitiesOnly yes"))
    assert works(pair)


def test_a_certificate_for_our_own_key(pair: Machine, config: Path, sshd: Sshd, tmp_path: Path) -> None:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    own = asyncssh.import_public_key(pair.identity["public_key"])
    certificate = authority.generate_user_certificate(own, "hq", principals=[sshd.user])
    certificate.write_certificate(str(tmp_path / "hq-cert.pub"))
    line = sshd.authorized_keys.read_text().replace(
        pair.identity["public_key"], authority.export_public_key().decode().strip()
    )
    sshd.authorized_keys.write_text(f"cert-authority,{line}")
    config.write_text(alias(sshd, f"CertificateFile {tmp_path / 'hq-cert.pub'}"))
    assert works(pair)
