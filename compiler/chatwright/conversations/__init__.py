"""Conversations as people write them down."""
