"""Findings about a spec: the source text, positions in it, the codes, and how a finding is printed."""
