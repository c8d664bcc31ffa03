"""How far an attempt to reach a peer came, for a person who looks for what is wrong."""

from dataclasses import dataclass, field

STEPS = ("name", "proxy", "connection", "host key", "login", "command")
"""To a peer behind an sshd, in their order. One that is not needed, such as the proxy, is left out."""

PLAIN = ("name", "connection", "host key", "login", "answer")
"""To a node's own server."""


@dataclass
class Trace:
    """The steps that worked."""

    plan: list[str] = field(default_factory=list)
    """Those that are to be gone, as soon as that is known."""
    passed: dict[str, str] = field(default_factory=dict)
    """By step, what was seen."""

    def done(self, step: str, seen: str) -> None:
        """A step worked."""
        self.passed.setdefault(step, seen)
