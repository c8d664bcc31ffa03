"""From a group's settings to what sends its mail."""

import pytest

from atsn_tui.errors import BadInput, NotFound
from atsn_tui.home.sections import NodeMail
from atsn_tui.mail.choice import sender_for, server_of
from atsn_tui.mail.sendmail import Sendmail
from atsn_tui.mail.server import Login, Server
from atsn_tui.mail.smtp import Smtp
from atsn_tui.model.settings import Credential, Mail

CREDENTIALS = {"post": Credential(user="atsn", secret="hunter2"), "elsewhere": Credential(user="atsn")}


def test_without_a_server_the_local_sendmail_is_used() -> None:
    assert server_of(Mail(), {}) is None
    assert isinstance(sender_for(None), Sendmail)


def test_a_server_is_used_as_the_settings_say() -> None:
    mail = Mail(server="[2001:db8::7]", port=2525, security="tls", credential="post")
    server = server_of(mail, CREDENTIALS, NodeMail(ca_file="/etc/ssl/own.pem"))
    assert server == Server(
        host="2001:db8::7",
        port=2525,
        security="tls",
        login=Login("atsn", "hunter2"),
        ca_file="/etc/ssl/own.pem",
    )
    assert isinstance(sender_for(server), Smtp)


def test_certificates_are_checked_and_lines_encrypted_unless_told_otherwise() -> None:
    server = server_of(Mail(server="mail.example.org"), {})
    assert server is not None
    assert server.verify
    assert server.security == "starttls"


@pytest.mark.parametrize(
    ("mail", "kind", "why"),
    [
        (
            Mail(server="m", credential="lost"),
            NotFound,
            r"the credential 'lost', .* credentials\.lost\.secret=@FILE",
        ),
        (Mail(server="m", credential="elsewhere"), BadInput, "'elsewhere' has no secret on this node"),
        (Mail(server="m", credential="post", security="none"), BadInput, "over an open line"),
        (Mail(server="a b"), BadInput, "is no host name"),
    ],
)
def test_settings_that_cannot_work_say_why(mail: Mail, kind: type, why: str) -> None:
    with pytest.raises(kind, match=why):
        server_of(mail, CREDENTIALS)
