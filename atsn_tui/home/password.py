"""Where the password of an encrypted node comes from. It never stands on a command line.

The first of these that is there counts:

1. the file that `--password-file` names,
2. the file that ATSN_PASSWORD_FILE names,
3. the systemd credential `atsn-password` (`LoadCredential=`),
4. the file that `password_file` in the home's config.toml names,
5. ATSN_PASSWORD, which is taken out of our environment at once, so that no child gets it,
6. a person at a terminal, whom the front end asks.
"""

import os
import shlex
import stat
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from atsn_tui.errors import BadFile, BadInput, Refused
from atsn_tui.home.ownership import person
from atsn_tui.home.trouble import explain

CREDENTIAL = "atsn-password"
"""The name of the systemd credential."""

LONGEST = 1024
"""The most bytes of a password."""


@dataclass(frozen=True)
class Password:
    """A password and where it came from."""

    text: str = field(repr=False)
    source: str


class Passwords:
    """The sources that a process has, apart from a person."""

    def __init__(self, option: str | None, environ: Mapping[str, str], given: str | None) -> None:
        self._option = option
        self._file = environ.get("ATSN_PASSWORD_FILE") or None
        self._credentials = environ.get("CREDENTIALS_DIRECTORY") or None
        self._given = given

    @classmethod
    def take(cls, environ: MutableMapping[str, str], option: str | None = None) -> "Passwords":
        """Look at the environment, and take ATSN_PASSWORD out of it."""
        return cls(option, environ, environ.pop("ATSN_PASSWORD", None))

    def find(self, configured: str | None) -> Password | None:
        """The first password that there is; `configured` is config.toml's `password_file`.

        Refused: others may read the file. NotFound or BadFile: it is missing or holds no password.
        """
        if self._option is not None:
            return _in_file(self._option, "--password-file")
        if self._file is not None:
            return _in_file(self._file, "ATSN_PASSWORD_FILE")
        if self._credentials is not None:
            path = Path(self._credentials) / CREDENTIAL
            if path.exists():
                return Password(_read(path, private=False), f"the credential {path}")
        if configured is not None:
            return _in_file(configured, "password_file in config.toml")
        if self._given is not None:
            return Password(checked(self._given, "ATSN_PASSWORD"), "ATSN_PASSWORD")
        return None


def checked(text: str, what: str) -> str:
    """The password, if it can be one. BadInput: it is empty, too long, or holds a NUL character."""
    if not text:
        raise BadInput(f"{what} is empty: a password has at least one character")
    if "\0" in text or "\n" in text or "\r" in text:
        raise BadInput(f"{what} holds a line end or a NUL character: a password is one line")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadInput(f"{what} is no UTF-8 text: choose another password") from error
    if size > LONGEST:
        raise BadInput(f"{what} is too long: a password has at most {LONGEST} bytes")
    return text


def read_password(name: str) -> str:
    """The password in a file, without one line end. Refused: others may read the file. NotFound, BadFile."""
    return _read(Path(os.path.expanduser(name)), private=True)


def check_path(name: str) -> None:
    """ValueError unless config.toml may name that file."""
    if not name.startswith("/"):
        raise ValueError(f"password_file must be an absolute path, and {name!r} is none")


def _in_file(name: str, how: str) -> Password:
    return Password(read_password(name), f"{name} ({how})")


def _read(path: Path, *, private: bool) -> str:
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if private:
                _check_private(path, found)
            data = file.read(LONGEST + 3)
    except OSError as error:
        raise explain("cannot read the password file", path, error) from error
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BadFile(f"the password file {path} is no UTF-8 text") from error
    text = text.removesuffix("\n").removesuffix("\r")
    try:
        return checked(text, f"the password in {path}")
    except BadInput as error:
        raise BadFile(str(error)) from error


def _check_private(path: Path, found: os.stat_result) -> None:
    """Refused if somebody else could read the password, or could have put it there."""
    if not stat.S_ISREG(found.st_mode):
        return  # A pipe, as the shell's <(…) makes: only we can read it.
    if found.st_uid not in (os.geteuid(), 0):
        raise Refused(f"the password file {path} belongs to {person(found.st_uid)}: make one of your own")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(
            f"others may use the password file {path}: close it with: chmod 600 {shlex.quote(str(path))}"
        )
