"""What HTTP and email actions do."""

import asyncio
import shlex
import socket
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from atsn_tui.errors import AtsnError, BadInput, NotFound, Unreachable
from atsn_tui.home.sections import NodeMail
from atsn_tui.mail.choice import sender_for, server_of
from atsn_tui.mail.message import compose
from atsn_tui.mail.sender import send_to_all
from atsn_tui.model.references import environment_of, without_credentials
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Email, Http, Task
from atsn_tui.reports.variables import expand, expand_all
from atsn_tui.runner.execution.inside import DEFAULT_TIMEOUT, Outcome
from atsn_tui.runner.jobs.about import About
from atsn_tui.runner.jobs.environment import about_variables
from atsn_tui.runner.jobs.resolve import own_environment, secrets_of
from atsn_tui.runner.mask import mask
from atsn_tui.runner.scheduling.executor import Work

if TYPE_CHECKING:
    import httpx

MAX_BODY = 1_000_000
"""Bytes of an answer that are kept."""

_PLAIN = {"Accept-Encoding": "identity"}
"""What is packed could unpack to anything."""


async def perform(
    work: Work, about: About, variables: Mapping[str, str], node: NodeMail = NodeMail()
) -> Outcome:
    """Do an HTTP or email action; AtsnError says why it could not be done. `node` says which mail servers to trust."""
    if isinstance(work.task.action, Http):
        own = own_environment(work.task, work.settings)
        return await _request(
            work.task, work.task.action, work.settings, {**variables, **own, **about_variables(about)}
        )
    if isinstance(work.task.action, Email):
        # A mail is for others to read, so what is secret has no place in it.
        own = without_credentials(environment_of(work.task, work.settings))
        known = {**variables, **own, **about_variables(about)}
        return await _mail(work.task.action, work.settings, about, known, node)
    raise AtsnError(f"task {work.task.path} has an action that cannot be done inside the service")


async def _request(task: Task, action: Http, settings: Settings, known: Mapping[str, str]) -> Outcome:
    import httpx

    login = _login(action.credential, settings)
    hidden = [secret.encode() for secret in (*secrets_of(settings), *_as_sent(login))]
    timeout = float(task.options.timeout or DEFAULT_TIMEOUT)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, auth=login, trust_env=False) as client,
            client.stream(
                action.method,
                expand_all("the url", action.url, known),
                headers={
                    **_PLAIN,
                    **{name: expand(value, known).text for name, value in action.headers.items()},
                },
                content=None if action.body is None else expand(action.body, known).text,
            ) as answer,
        ):
            output = await _beginning(answer, hidden)
    except httpx.InvalidURL as error:
        told = mask(str(error).encode(), hidden).decode(errors="replace")
        raise BadInput(f"the url {action.url!r} cannot be used: {told}") from error
    except httpx.HTTPError as error:
        told = mask((str(error) or type(error).__name__).encode(), hidden).decode(errors="replace")
        raise Unreachable(f"{action.method} {action.url}: {told}") from error
    wanted = action.expect_status
    ok = answer.status_code in wanted if wanted else answer.is_success
    reason = mask(answer.reason_phrase.encode(), hidden).decode()
    return Outcome(ok, f"status {answer.status_code} {reason}".rstrip(), output)


async def _beginning(answer: "httpx.Response", hidden: Sequence[bytes]) -> bytes:
    """The masked beginning of the answer's body. No more of it is read, however much there is, and none is unpacked."""
    longest = max(map(len, hidden), default=0)
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > MAX_BODY + longest:
            # Masked before it is cut, and the end left out: a part of a secret may stand there.
            masked = mask(bytes(body), hidden)
            return masked[: min(MAX_BODY, len(masked) - longest)]
    return mask(bytes(body), hidden)[:MAX_BODY]


def _login(name: str | None, settings: Settings) -> tuple[str, str] | None:
    if name is None:
        return None
    credential = settings.credentials.get(name)
    if credential is None:
        raise NotFound(
            f"the request needs the credential {name!r}, which the group does not have: make it with "
            f"atsn group set GROUP {shlex.quote(f'credentials.{name}.secret')}=@FILE"
        )
    return credential.user, credential.secret or ""


def _as_sent(login: tuple[str, str] | None) -> tuple[str, ...]:
    """The form in which a login goes over the line, and which a server may send back."""
    return () if login is None else (b64encode(":".join(login).encode()).decode(),)


async def _mail(
    action: Email, settings: Settings, about: About, known: Mapping[str, str], node: NodeMail
) -> Outcome:
    host = await asyncio.to_thread(socket.getfqdn)
    message = compose(
        identity=about.run_id,
        to=action.to,
        sender=settings.email.sender or f"atsn@{host}",
        subject=expand(action.subject, known).text,
        text=expand(action.body, known).text,
        html=None,
        headers={},
        date=datetime.now(UTC),
        host=host,
    )
    sender = sender_for(server_of(settings.email, settings.credentials, node))
    await send_to_all(sender, message)
    return Outcome(True, f"sent to {', '.join(action.to)}")
