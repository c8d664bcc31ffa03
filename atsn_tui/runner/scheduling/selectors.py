"""Which nodes a task runs on."""

from collections.abc import Collection

TAG = "tag:"


def excluded(selectors: Collection[str], name: str, tags: Collection[str]) -> str | None:
    """Why a task with these selectors does not run on the node of that name and tags; None: it does.

    A selector is a node's name or `tag:NAME`; one of them must fit, if there are any. With `!` in front it must
    not fit.
    """
    against = [each for each in selectors if each.startswith("!")]
    for selector in against:
        if _fits(selector[1:].strip(), name, tags):
            return f"its nodes say {selector}, and this node is {name}{_tagged(tags)}"
    wanted = [each for each in selectors if not each.startswith("!")]
    if not wanted or any(_fits(each, name, tags) for each in wanted):
        return None
    return f"its nodes are {', '.join(wanted)}, and this node is {name}{_tagged(tags)}"


def _fits(selector: str, name: str, tags: Collection[str]) -> bool:
    if selector.startswith(TAG):
        return selector.removeprefix(TAG).strip() in tags
    return selector == name


def _tagged(tags: Collection[str]) -> str:
    return f" with {', '.join(TAG + tag for tag in sorted(tags))}" if tags else " without tags"
