"""Tests of `completion`."""
