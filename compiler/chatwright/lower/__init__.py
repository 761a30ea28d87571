"""From the tree of a format to its program."""
