"""The command `runtype-surface`: `python -m runtype_surface --help`."""

import signal
import sys
from pathlib import Path

from ._native import run_command


def main() -> int:
    """Runs the command; returns its exit code."""
    # Python runs its handler between bytecodes only: Ctrl-C would wait for the response.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    started = Path(sys.argv[0])
    program = "python -m runtype_surface" if started.name == "__main__.py" else "runtype-surface"
    return run_command(program, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
