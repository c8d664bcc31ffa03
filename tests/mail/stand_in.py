"""A program that is called as sendmail is, and keeps what it is given."""

from collections.abc import Mapping
from pathlib import Path

_SCRIPT = """\
#!/bin/sh
for last; do :; done
case "$last" in
{refusals}
esac
{extra}
place=$(mktemp "{spool}/XXXXXX")
cat > "$place.mail"
flags="$1 $2"; shift 2
printf '%s\\n' "$flags" "$@" > "$place.new"
mv "$place.new" "$place.args"
"""


def stand_in(directory: Path, refusals: Mapping[str, int] = {}, extra: str = "") -> tuple[Path, Path]:
    """The program and where it keeps letters. `refusals`: addresses and exit codes; `extra`: lines of shell."""
    spool = directory / "spool"
    spool.mkdir()
    cases = "\n".join(
        f"'{who}') echo 'no mail for {who}' >&2; exit {code};;" for who, code in refusals.items()
    )
    program = directory / "sendmail"
    program.write_text(_SCRIPT.format(refusals=cases, spool=spool, extra=extra))
    program.chmod(0o755)
    return program, spool
