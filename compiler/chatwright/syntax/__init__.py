"""From text to the tree of a format: scanning, parsing, resolving, formatting."""
