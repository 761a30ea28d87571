"""`python -m chatwright`: the command line."""

import sys

from chatwright.cli import main

if __name__ == "__main__":
    sys.exit(main())
