"""Run by path, as `python -I -S …/keeper/__main__.py HOME`, so that nothing but the standard library is loaded."""

import sys

if __name__ == "__main__":
    sys.path.append(__file__.rsplit("/", 4)[0])
    from atsn_tui.runner.keeper.main import main

    sys.exit(main(sys.argv[1:]))
