"""What is said about a peer in words: grants, networks, and where it listens."""

from collections.abc import Sequence

from atsn_tui.errors import BadInput
from atsn_tui.home.ssh_address import is_ssh

NONE = "none"
"""Takes away all that there was."""


def split_words(options: Sequence[str] | None) -> tuple[str, ...] | None:
    """The words of an option that may be repeated and may hold commas; None if it was not given."""
    if options is None:
        return None
    words = (word.strip() for option in options for word in option.split(","))
    return tuple(dict.fromkeys(word for word in words if word not in ("", NONE)))


def check_endpoint(name: str, address: str | None, host_key: str | None) -> None:
    """BadInput unless address and host key come together; that of an sshd may be looked at and pinned later."""
    if address and not host_key and not is_ssh(address):
        raise BadInput(
            f"--address {address} needs --host-key, so that nobody else can pose as {name}: "
            f"run `atsn identity` on {name} and copy its host key"
        )
    if host_key and not address:
        raise BadInput("--host-key is of use only with --address HOST:PORT: add it, or leave both out")
