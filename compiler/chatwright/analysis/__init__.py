"""Consequences of a program, without any conversation."""
