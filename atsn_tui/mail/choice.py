"""From settings of a group, or of this node, to the sender that they describe."""

import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from atsn_tui.errors import BadInput, NotFound, Refused
from atsn_tui.home.sections import NodeMail
from atsn_tui.home.trouble import explain
from atsn_tui.mail.legible import one_line
from atsn_tui.mail.sender import Sender
from atsn_tui.mail.sendmail import Sendmail
from atsn_tui.mail.server import Login, Server
from atsn_tui.model.settings import Credential, Mail

_LONGEST_PASSWORD = 4096


def server_of(
    mail: Mail, credentials: Mapping[str, Credential], node: NodeMail = NodeMail()
) -> Server | None:
    """The SMTP server of a group's settings; None: the local sendmail. Whom to trust is an option of this node.

    NotFound if the credential does not exist, BadInput if it has no secret here or the settings contradict themselves.
    """
    if mail.server is None:
        return None
    return Server(
        host=mail.server.strip().removeprefix("[").removesuffix("]"),
        port=mail.port,
        security=mail.security,
        login=None if mail.credential is None else _login(mail.credential, credentials),
        verify=node.verify,
        ca_file=node.ca_file,
    )


def node_server_of(mail: NodeMail, home: Path) -> Server | None:
    """The SMTP server of this node's own mail; None: the local sendmail. `home` is where a relative path counts from.

    NotFound, Refused or BadInput if the password cannot be read, BadInput if the settings contradict themselves.
    """
    if mail.server is None:
        return None
    login = None
    if mail.user is not None and mail.password_file is not None:
        login = Login(mail.user, _password(home / mail.password_file))
    return Server(
        host=mail.server.strip().removeprefix("[").removesuffix("]"),
        port=mail.port,
        security=mail.security,
        login=login,
        verify=mail.verify,
        ca_file=mail.ca_file,
        section="mail",
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
            f" make it with atsn group set GROUP {_secret(name)}=@FILE"
        )
    if credential.secret is None:
        raise BadInput(
            f"the credential {one_line(name, 80)!r} has no secret on this node: give it with"
            f" atsn group set GROUP {_secret(name)}=@FILE"
        )
    return Login(credential.user, credential.secret)


def _secret(name: str) -> str:
    return shlex.quote(f"credentials.{one_line(name, 80)}.secret")


def _password(path: Path) -> str:
    try:
        # A pipe without a writer would be waited for without end.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise Refused(f"the mail password is to stand in a file, and {path} is none")
            if found.st_mode & 0o007:
                raise Refused(f"everybody may read the mail password: chmod 600 {path}")
            first = file.readline(_LONGEST_PASSWORD)
    except OSError as error:
        raise explain(
            "cannot read the mail password (mail.password_file in config.toml)", path, error
        ) from error
    password = first.rstrip(b"\r\n").decode(errors="replace")
    if not password:
        raise BadInput(f"the mail password is to be the first line of {path}, which is empty")
    return password
