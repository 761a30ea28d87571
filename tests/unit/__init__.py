"""Tests of each stage by itself, by the package that it is in."""
