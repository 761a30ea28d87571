"""Tests of the modules in the root of the package."""
