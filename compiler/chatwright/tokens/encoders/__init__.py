"""Tokenizers of every kind as encoders."""
