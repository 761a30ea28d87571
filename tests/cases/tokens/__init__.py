"""Tokenizers and formats that the tests of tokens share."""
