"""Tests of `encode`."""
