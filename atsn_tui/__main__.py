"""`python -m atsn_tui` is `atsn`."""

import sys

from atsn_tui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
