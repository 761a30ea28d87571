"""`python -m chatwright.cli`: the same as the command."""

import sys

from chatwright.cli import main

sys.exit(main())
