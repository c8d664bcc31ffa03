"""What is to be run, as the service said it."""

from typing import Any

from atsn_tui.runner.places import check_run_id


class Job:
    """One run, with everything resolved. The fields are those of `RunSpec`, which explains them."""

    __slots__ = (
        "account",
        "argv",
        "directory",
        "environment",
        "fallback",
        "gid",
        "groups",
        "kill_after",
        "limit",
        "nice",
        "program",
        "record",
        "run",
        "secrets",
        "stdin",
        "timeout",
        "uid",
        "umask",
    )

    def __init__(self, message: dict[str, Any]) -> None:
        self.run: str = message["run"]
        check_run_id(self.run)
        self.program: str = message["program"]
        self.argv: list[str] = message["argv"]
        self.environment: dict[str, str] = message["environment"]
        self.directory: str = message["directory"]
        self.fallback: str | None = message["fallback"]
        self.account: str = message["account"]
        self.uid: int | None = message["uid"]
        self.gid: int | None = message["gid"]
        self.groups: list[int] = message["groups"]
        self.umask: int = message["umask"]
        self.nice: int | None = message["nice"]
        self.stdin: str | None = message["stdin"]
        self.timeout: float | None = message["timeout"]
        self.kill_after: float = message["kill_after"]
        self.limit: int = message["output_limit"]
        self.record: str = message.get("record", "")
        self.secrets: list[bytes] = [secret.encode(errors="surrogateescape") for secret in message["secrets"]]
