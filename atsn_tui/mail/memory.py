"""The in-memory twin of a mail server: it keeps what it is sent."""

from collections.abc import Collection

from atsn_tui.mail.errors import Refusal, TemporaryMailError, nobody_took_it
from atsn_tui.model.mail import Message


class MemorySender:
    """Takes every message, but for the addresses that it was told to refuse.

    While `away` is a text, it takes nothing and that text is the error.
    """

    def __init__(self, *, refuse: Collection[str] = (), postpone: Collection[str] = ()) -> None:
        self.sent: list[Message] = []
        self.away: str | None = None
        self.refuse = set(refuse)
        self.postpone = set(postpone)

    async def send(self, message: Message) -> tuple[Refusal, ...]:
        """Keep the message, as far as somebody may have it."""
        if self.away is not None:
            raise TemporaryMailError(self.away, server_wide=True)
        refusals = tuple(
            Refusal(address=address, reason="refused here", temporary=address in self.postpone)
            for address in message.recipients
            if address in self.refuse | self.postpone
        )
        if len(refusals) == len(message.recipients):
            raise nobody_took_it("the mail server in memory", refusals)
        self.sent.append(message)
        return refusals
