"""Tests of `tokens`."""
