"""Why a message was not sent, and who was refused.

TemporaryMailError  an Unreachable: the same message may pass later, by itself or once a person mended the setup
PermanentMailError  a Refused: this message will never be taken
"""

from msgspec import Struct

from atsn_tui.errors import Refused, Unreachable


class Refusal(Struct, frozen=True, kw_only=True):
    """One recipient that was refused."""

    address: str
    reason: str
    temporary: bool
    """Whether trying again later may help."""

    def __str__(self) -> str:
        return f"{self.address}: {self.reason}"


class TemporaryMailError(Unreachable):
    """The message was not taken now. Wrong setup counts as temporary: it can be mended while mail waits.

    `server_wide` tells that any other message would fare the same; `refusals` are recipients known to be refused.
    """

    def __init__(self, text: str, *, server_wide: bool = False, refusals: tuple[Refusal, ...] = ()) -> None:
        super().__init__(text)
        self.server_wide = server_wide
        self.refusals = refusals


class PermanentMailError(Refused):
    """The message will never be taken as it is. `refusals` are the recipients, if it was about them."""

    def __init__(self, text: str, *, refusals: tuple[Refusal, ...] = ()) -> None:
        super().__init__(text)
        self.refusals = refusals


def nobody_took_it(where: str, refusals: tuple[Refusal, ...]) -> TemporaryMailError | PermanentMailError:
    """The error for a message that `where` refused for all its recipients."""
    text = f"{where} refused every recipient: {'; '.join(map(str, refusals))}"
    if any(refusal.temporary for refusal in refusals):
        return TemporaryMailError(text, refusals=refusals)
    return PermanentMailError(f"{text}; check the addresses", refusals=refusals)
