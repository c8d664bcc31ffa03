"""`atsn` as if it were another version: VERSION PROTOCOL WORDS…"""

import sys

from atsn_tui.model import version

if __name__ == "__main__":
    version.VERSION, version.PROTOCOL = sys.argv[1], int(sys.argv[2])  # type: ignore[misc]
    from atsn_tui.cli.main import main

    sys.exit(main(sys.argv[3:]))
