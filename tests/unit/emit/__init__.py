"""Tests of `emit`."""
