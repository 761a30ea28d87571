"""Conversations in files and data sets: one reader of a row, one of JSON text."""
