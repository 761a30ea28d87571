"""Checks of a resolved format."""
