"""What every screen works with: the node, the clock and the messages that were shown."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from textual.dom import DOMNode

from atsn_tui.console.look.plain import shorten, visible
from atsn_tui.console.look.times import Clock
from atsn_tui.errors import AtsnError
from atsn_tui.node.node import Node

Severity = Literal["information", "warning", "error"]

_TOAST_CELLS = 300
_KEPT = 200


@dataclass(frozen=True)
class Said:
    """One message, as it was shown."""

    at: datetime
    severity: Severity
    text: str


def fault(widget: DOMNode, error: Exception) -> str:
    """What is said of an error that nobody foresaw; it is logged."""
    widget.log.error(error)
    return f"internal error, please report it: {type(error).__name__}: {error}"


def _nothing() -> None:
    return None


@dataclass
class Messages:
    """The latest messages, and the error that nobody has put away yet."""

    kept: deque[Said] = field(default_factory=lambda: deque(maxlen=_KEPT))
    error: Said | None = None
    changed: Callable[[], None] = _nothing
    """Called when `error` changes."""

    def add(self, said: Said) -> None:
        """Keep a message; an error stays in sight until it is dismissed."""
        self.kept.append(said)
        if said.severity == "error":
            self.error = said
            self.changed()

    def dismiss(self) -> bool:
        """Put the error away; False if there is none."""
        if self.error is None:
            return False
        self.error = None
        self.changed()
        return True


@dataclass(frozen=True)
class Desk:
    """Given to each screen when it is made."""

    node: Node
    clock: Clock = field(default_factory=Clock)
    messages: Messages = field(default_factory=Messages)

    def tell(self, widget: DOMNode, text: str, severity: Severity = "information") -> None:
        """Show a message as a toast and keep it."""
        text = visible(text, lines=True)
        self.messages.add(Said(self.clock.now(), severity, text))
        widget.app.notify(shorten(text, _TOAST_CELLS), severity=severity, markup=False)

    @contextmanager
    def reporting(self, widget: DOMNode) -> Iterator[None]:
        """Turn an error of the node into a message; nothing that fails there ends the console."""
        try:
            yield
        except AtsnError as error:
            self.tell(widget, error.message, "error")
        except Exception as error:  # a fault of ours must not take the admin's screen away
            self.tell(widget, fault(widget, error), "error")
