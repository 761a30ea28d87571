"""Data sets: conversations in, shards of token ids with labels and attribution out; it goes on where it was stopped."""

from chatwright.encode.attribution import runs_of_row
from chatwright.encode.run import encode_dataset
from chatwright.encode.settings import EncodeError, Progress, Settings
from chatwright.encode.summary import Summary

__all__ = ["EncodeError", "Progress", "Settings", "Summary", "encode_dataset", "runs_of_row"]
