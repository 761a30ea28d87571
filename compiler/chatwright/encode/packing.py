"""Packs samples into rows of a given length, with little space left."""

from __future__ import annotations

import bisect
from collections.abc import Sequence


def packed(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Which samples go into one row together: the longest first, each where it leaves the least.

    No row has more than `capacity` tokens, and no sample is more than that. A row keeps its samples in their order,
    and rows are in the order of their first samples.
    """
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # room and row, in order
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[index]
        place = bisect.bisect_left(free, (length, -1))
        if place == len(free):
            room, row = capacity, len(rows)
            rows.append([])
        else:
            room, row = free.pop(place)
        rows[row].append(index)
        if room > length:
            bisect.insort(free, (room - length, row))
    return sorted(sorted(row) for row in rows)
