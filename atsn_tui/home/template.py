"""The config file that a new node begins with."""

import json

from atsn_tui.errors import BadInput
from atsn_tui.home.config import Config

_TEXT = """\
# The settings of this node alone; they are never replicated. A key after # has the value shown there.

name = {name}

{listen}
# connect = true                    # false: never connect to peers, only wait for them
# tags = []                         # tasks choose nodes by them: ["web", "berlin"]
# theme = "..."                     # the console's colours

# history_days = 0                  # forget history and audit log after so many days; 0: never

# variables.BACKUP_DIR = "/srv"     # environment variables for every task on this node

# What a peer sends here is held until you allow it, if it
# brake.max_deletions = 5           # deletes more than this,
# brake.max_share = 30              # or more than this many percent of a group
# brake.min_deletions_for_share = 2 # (and at least this many tasks),
# brake.clock_ahead = 600           # or is dated more seconds than this in the future

# password_file = "/etc/atsn/password"   # an encrypted node's password; only you may read the file

# timeouts.connect = 10             # seconds until a peer has let us in
# timeouts.answer = 60              # seconds until a peer has answered

# reports.when = "never"            # or always, on_change, on_failure: which replication cycles are reported
# reports.to = ["ops@example.org"]  # by mail,
# reports.file = "/var/log/atsn/replication-%Y-%m.log" # into a file, or both
# reports.max_bytes = 10000000      # the file is rotated before it grows beyond that; 0: never
# reports.keep = 5                  # rotated files that are kept

# This node's own mail; without mail.server the local sendmail is used
# mail.server = "mail.example.org"
# mail.port = 587
# mail.security = "starttls"        # or tls, or none
# mail.user = "atsn"
# mail.password_file = "mail-password"
# mail.sender = "ATSN <atsn@example.org>"
# mail.ca_file = "/etc/ssl/our-authority.pem" # the only authorities that count, for mail of groups too
# mail.verify = true                # false: any certificate counts

# heartbeat.url = "https://example.org/ping/some-id" # requested while the scheduler works
# heartbeat.every = 60              # seconds between two requests

# clock.limit = 30                  # a peer's clock this many seconds away makes "newer" doubtful:
# clock.beyond = "warn"             # or refuse
"""


def render(name: str, listen: str | None) -> bytes:
    """The file's bytes. BadInput if a value is wrong."""
    try:
        Config(name=name, listen=listen)
    except ValueError as error:
        raise BadInput(str(error)) from error
    if listen is None:
        line = '# listen = "0.0.0.0:8022"         # where peers may connect; without it no port is opened'
    else:
        line = f"listen = {_quote(listen)}"
    return _TEXT.format(name=_quote(name), listen=line).encode()


def _quote(value: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's, apart from DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
