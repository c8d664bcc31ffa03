"""Whether an encrypted database can be opened without a person, and whether nothing of it lies there in plain text."""

import os
from collections.abc import Iterator, Sequence

from atsn_tui.errors import AtsnError
from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.password import Passwords
from atsn_tui.host.aside import aside
from atsn_tui.node.doctor.check import Finding
from atsn_tui.store.database import access, cipher
from atsn_tui.store.database.drafts import copies


class Encryption:
    """Where the password comes from, the file that it stands in, and copies from before."""

    topic = "encryption"
    fine = "the database is not encrypted, or a service can open it"

    async def look(self, home: Home) -> Sequence[Finding]:
        """What is wrong with it."""
        return await aside(lambda: list(self._look(home)))

    def _look(self, home: Home) -> Iterator[Finding]:
        if not access.is_encrypted(home.database):
            return
        try:
            # Without ATSN_PASSWORD, which a command is given, and a service hardly is.
            found = Passwords(None, os.environ, None).find(load(home.config_file).password_file)
        except AtsnError as error:
            yield Finding(topic=self.topic, verdict="problem", text=error.message)
        else:
            if found is None:
                text = "no file is known here from which a service would get the password of the database"
                fix = "name one by password_file in config.toml, or by atsn service install --credential FILE"
                yield Finding(topic=self.topic, verdict="note", text=text, fix=fix)
        for path in copies(home):
            if cipher.salt_in(path) is None:
                text = f"{path} is a copy of the database that is not encrypted"
                fix = "remove it, or encrypt it with all others: atsn password change"
                yield Finding(topic=self.topic, verdict="problem", text=text, fix=fix)
