"""Sampling over HTTP, and the parts that need torch."""
