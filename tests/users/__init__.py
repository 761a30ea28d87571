"""Tests of what users meet: documents, examples, the command line."""
