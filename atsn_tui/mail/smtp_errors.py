"""What went wrong between us and an SMTP server, put so that a person can act on it."""

import os
import ssl
from collections.abc import Iterator

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from atsn_tui.mail.errors import PermanentMailError, Refusal, TemporaryMailError
from atsn_tui.mail.legible import one_line
from atsn_tui.mail.server import Server

MailError = TemporaryMailError | PermanentMailError

_NO_CODE = -1
"""What aiosmtplib gives where an answer does not begin with a number."""

_NONSENSE = "Malformed SMTP response line: "
"""What aiosmtplib puts in front of such an answer."""

_WANTS_LOGIN_OR_TLS = (530, 534, 538)


def explain(error: BaseException, server: Server) -> MailError:
    """The error to raise from `error`, with what to do next."""
    where = f"mail server {server.place}"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _about_tls(cause, where, server)
    if isinstance(error, SMTPResponseException):
        return _about_answer(error, where, server)
    if isinstance(error, SMTPTimeoutError):
        return _away(
            f"{where} did not answer within {server.answer_timeout:g} s: check host, port, security and firewall"
        )
    if isinstance(error, TimeoutError):
        return _away(f"{where} took longer than {server.total_timeout:g} s over one message")
    if isinstance(error, SMTPConnectError):
        return _away(f"{where} cannot be reached: {_reason(error)}; check host, port and firewall")
    if isinstance(error, SMTPServerDisconnected | ConnectionError):
        return _away(f"{where} closed the connection before it had taken the message")
    return _away(f"{where}: {_safe(str(error), server)}; check host, port and security")


def refusal_of(error: SMTPRecipientRefused, address: str, server: Server) -> Refusal:
    """One refused recipient, with the server's words."""
    return Refusal(
        address=address,
        reason=_words(error, server),
        temporary=not 500 <= error.code < 600 or error.code in _WANTS_LOGIN_OR_TLS,
    )


def with_refusals(error: MailError, refusals: tuple[Refusal, ...]) -> MailError:
    """The same error, which also remembers refused recipients."""
    error.refusals = refusals
    return error


def _about_tls(error: ssl.SSLError, where: str, server: Server) -> MailError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _away(
            f"{where} showed a certificate that does not count: {error.verify_message}; name the server"
            " as its certificate does, or its authority in config.toml: mail.ca_file"
        )
    return _away(
        f"{where} does not speak TLS as we do ({error.reason or error}): check that port and"
        f" security={server.security} belong together"
    )


def _about_answer(error: SMTPResponseException, where: str, server: Server) -> MailError:
    words = _words(error, server)
    if error.code == _NO_CODE:
        return _away(f"{where} does not speak SMTP, it said: {words}; check host, port and security")
    if isinstance(error, SMTPAuthenticationError) and server.login is not None:
        return _away(
            f"{where} refused the login of {one_line(server.login.user, 80)!r}: {words}; check the credential"
        )
    if error.code in _WANTS_LOGIN_OR_TLS:
        return _away(f"{where} wants a login or encryption first: {words}; check credential and security")
    of_message = isinstance(error, SMTPSenderRefused | SMTPDataError)
    if of_message and 500 <= error.code < 600:
        what = "sender" if isinstance(error, SMTPSenderRefused) else "message"
        return PermanentMailError(f"{where} refused the {what}: {words}")
    text = f"{where} did not take the message now: {words}"
    return TemporaryMailError(text, server_wide=not of_message or error.code == 421)


def _away(text: str) -> TemporaryMailError:
    return TemporaryMailError(text, server_wide=True)


def _words(error: SMTPResponseException, server: Server) -> str:
    said = _safe(str(error.message).removeprefix(_NONSENSE), server)
    return said if error.code == _NO_CODE else f"{error.code} {said}".rstrip()


def _safe(text: str, server: Server) -> str:
    """What a server said, without control characters, and without the password should it repeat it."""
    if server.login is not None and server.login.password:
        text = text.replace(server.login.password, "***")
    return one_line(text, 300)


def _reason(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, SMTPServerDisconnected):
            return "it closed the connection at once"
        if isinstance(cause, OSError) and cause.strerror:
            # asyncio puts the address into the system's words, and we have named the server already.
            number = cause.errno or 0
            return one_line(os.strerror(number) if number > 0 else cause.strerror, 200)
    return one_line(str(error), 200)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__
