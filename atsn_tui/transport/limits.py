"""How much a server lets strangers and peers do at once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a server. Times are in seconds."""

    login_timeout: float = 20.0
    """From the first packet until the login is done."""
    logging_in: int = 64
    """Connections that have not logged in yet; one more ends the oldest from where most come from."""
    logging_in_per_address: int = 16
    """The same, from one IP address, or from one /64 of IPv6; one more is refused."""
    attempts: int = 20
    """Offers and proofs of keys that one connection may make; a login takes one or two."""
    connections_per_key: int = 8
    """Open connections of one peer."""
    channels_per_key: int = 256
    """Open channels of one peer, over all its connections."""
    requests_per_key: int = 4
    """Messages of one peer that are unpacked and worked on at once; others wait in their packed form."""
    bytes_per_key: int = 128 * 1024 * 1024
    """What may lie here for one peer, packed: parts of messages from it, and answers that it has not read."""
    stall: float = 60.0
    """So long a peer may read nothing of an answer before its connection ends."""
    joining: int = 8
    """Open connections of those who use an invite."""
    joining_per_address: int = 3
    """The same, from one IP address."""
    joining_time: float = 30.0
    """From the login of who uses an invite until the connection ends, whatever happens."""
    request_timeout: float = 10.0
    """From opening a channel until the subsystem is asked for."""
    keepalive: float = 15.0
    """A silent connection is asked this often whether it lives; after three questions it ends."""
    log_lines_per_minute: int = 10
    """Log lines of one kind, such as refused logins; the rest are counted."""
