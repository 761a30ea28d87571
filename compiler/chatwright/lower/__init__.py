"""Lowers the tree of a format to its program."""
