"""The data of a job that workers receive."""

from __future__ import annotations

import pickle

import msgspec

from chatwright.encode.settings import Settings
from chatwright.tokens.bound import BoundRenderer


class Job(msgspec.Struct, frozen=True):
    """All that a worker needs except blocks. `out`: the output folder, as an absolute path."""

    renderer: BoundRenderer
    settings: Settings
    out: str
    made_by: str

    def to_bytes(self) -> bytes:
        return pickle.dumps((self.renderer, self.settings, self.out, self.made_by))

    @staticmethod
    def from_bytes(data: bytes) -> Job:
        return Job(*pickle.loads(data))
