"""From a group's settings to the sender that they describe."""

from collections.abc import Mapping

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.mail.legible import one_line
from atsn_tui.mail.sender import Sender
from atsn_tui.mail.sendmail import Sendmail
from atsn_tui.mail.server import Login, Server
from atsn_tui.model.settings import Credential, Mail


def server_of(
    mail: Mail, credentials: Mapping[str, Credential], *, verify: bool = True, ca_file: str | None = None
) -> Server | None:
    """The SMTP server of the settings; None: the local sendmail. `verify` and `ca_file` are this node's own options.

    NotFound if the credential does not exist, BadInput if it has no secret here or the settings contradict themselves.
    """
    if mail.server is None:
        return None
    return Server(
        host=mail.server.strip().removeprefix("[").removesuffix("]"),
        port=mail.port,
        security=mail.security,
        login=None if mail.credential is None else _login(mail.credential, credentials),
        verify=verify,
        ca_file=ca_file,
    )


def sender_for(server: Server | None) -> Sender:
    """What sends by that server, or by the local sendmail."""
    if server is None:
        return Sendmail()
    # aiosmtplib takes a while to load, and most nodes send by sendmail or not at all.
    from atsn_tui.mail.smtp import Smtp

    return Smtp(server)


def _login(name: str, credentials: Mapping[str, Credential]) -> Login:
    credential = credentials.get(name)
    if credential is None:
        raise NotFound(
            f"mail is to be sent with the credential {one_line(name, 80)!r}, which the group does not have:"
            f" make it with atsn group set GROUP credentials.{one_line(name, 80)}.secret=@FILE"
        )
    if credential.secret is None:
        raise BadInput(
            f"the credential {one_line(name, 80)!r} has no secret on this node: give it with"
            f" atsn group set GROUP credentials.{one_line(name, 80)}.secret=@FILE"
        )
    return Login(credential.user, credential.secret)
