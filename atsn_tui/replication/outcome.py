"""What became of a link, as front ends and reports see it."""

import logging

from msgspec.structs import replace

from atsn_tui.errors import AtsnError
from atsn_tui.model.peer import Link
from atsn_tui.model.plan import Mode, Plan
from atsn_tui.model.result import Applied, ErrorView, LinkResult, State

log = logging.getLogger(__name__)

STATES: dict[str, State] = {
    "not_found": "refused",
    "bad_input": "failed",
    "refused": "refused",
    "unreachable": "unreachable",
    "moved": "moved",
    "held": "held",
    "version_mismatch": "version_mismatch",
}
"""The state of a link that ended with an error of that code; any other is `failed`."""


def blank(link: Link, peer: str, mode: Mode, group: str) -> LinkResult:
    """A result to be filled: what every answer about that link has in common."""
    return LinkResult(
        group=group,
        group_id=link.group_id,
        peer=peer,
        direction=link.direction,
        mode=mode,
        state="in_sync",
        link_id=link.id,
    )


def failed(result: LinkResult, error: AtsnError) -> LinkResult:
    """The result of a link that ended with an error."""
    state = STATES.get(error.code, "failed")
    return replace(result, state=state, error=ErrorView(code=error.code, message=error.message))


def failed_by(node: str, result: LinkResult, error: Exception) -> LinkResult:
    """The result of a link that ended with any error: a fault of ours in one must not keep the others from going on."""
    if isinstance(error, AtsnError):
        return failed(result, error)
    log.error("link %s with %s failed", result.group, result.peer, exc_info=error)
    return failed(result, AtsnError(f"{node} failed on this link ({error!r}); its log says where"))


def done(result: LinkResult, plan: Plan) -> LinkResult:
    """The result of an applied plan."""
    counts = Applied(
        added=plan.count("add"),
        updated=plan.count("update"),
        deleted=plan.count("delete"),
        settings=plan.count("settings"),
    )
    return replace(result, state="applied", applied=counts, brakes=())
