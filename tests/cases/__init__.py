"""Specs and tables that several tests read."""
