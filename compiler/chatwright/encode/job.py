"""A job as it goes to workers."""

from __future__ import annotations

import pickle

import msgspec

from chatwright.encode.settings import Settings
from chatwright.tokens.bound import BoundRenderer


class Job(msgspec.Struct, frozen=True):
    """All that a worker needs beside its blocks. `out`: the folder of the output, as an absolute path."""

    renderer: BoundRenderer
    settings: Settings
    out: str
    made_by: str

    def to_bytes(self) -> bytes:
        return pickle.dumps((self.renderer, self.settings, self.out, self.made_by))

    @staticmethod
    def from_bytes(data: bytes) -> Job:
        return Job(*pickle.loads(data))
