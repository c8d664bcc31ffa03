"""What takes a message off our hands."""

from typing import Protocol

from atsn_tui.mail.errors import Refusal, nobody_took_it
from atsn_tui.model.mail import Message


class Sender(Protocol):
    """A way to send a message, such as sendmail or an SMTP server."""

    async def send(self, message: Message) -> tuple[Refusal, ...]:
        """Hand the message over. Returns the recipients that were refused while others were taken.

        TemporaryMailError or PermanentMailError if nobody will get it. It ends within a bounded time.
        """
        ...


async def send_to_all(sender: Sender, message: Message) -> None:
    """Send the message; a single refused recipient is an error, too, though the others have it then."""
    if refusals := await sender.send(message):
        raise nobody_took_it("the mail server took the message for others, but", refusals)
