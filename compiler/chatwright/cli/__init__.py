"""The command line. Only this package prints and writes files for users."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from chatwright.cli.exit_codes import SPEC_ERRORS, explained
from chatwright.cli.output import ReaderLeft, complain

INTERRUPTED = 130
BROKEN_PIPE = 141  # the status that a shell reports after a write to a closed pipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 for errors in a spec, or 2 for wrong usage and wrong input."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "--verbose" in words
    try:
        from chatwright.cli.commands import run

        status = run([word for word in words if word != "--verbose"])
    except ReaderLeft:
        # The rest of the buffer has no reader either, and the interpreter must not fail on it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if verbose:
            import traceback

            traceback.print_exc()
        text, status = explained(error)
        complain(text if status == SPEC_ERRORS else f"chatwright: {text}")
    return status
