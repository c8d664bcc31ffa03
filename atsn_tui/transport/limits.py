"""How much a server lets strangers and peers do at once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a server. Times are in seconds."""

    login_timeout: float = 20.0
    """From the first packet until the login is done."""
    logging_in: int = 64
    """Connections that have not logged in yet."""
    logging_in_per_address: int = 16
    """The same, from one IP address."""
    attempts: int = 20
    """Offers and proofs of keys that one connection may make; a login takes one or two."""
    connections_per_key: int = 8
    """Open connections of one peer."""
    channels_per_key: int = 256
    """Open channels of one peer, over all its connections."""
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
