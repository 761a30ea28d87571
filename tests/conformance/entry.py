"""An entry of the tables of formats: which original a spec is compared with, and how it differs from its base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .format import Format

#: The fields of a format that are its own, whatever its spec extends.
OWN = ("name", "template", "also")


class Entry(msgspec.Struct, frozen=True):
    """`differences`: the fields in which a format differs from that which its spec extends, or from the defaults."""

    name: str
    template: str
    also: tuple[str, ...]
    differences: Mapping[str, Any]

    def on(self, base: Format | None) -> Format:
        """The format, given that which its spec extends."""
        return Format(self.name, self.template, self.also, **{**inherited(base), **self.differences})


def entry(name: str, template: str, also: tuple[str, ...] = (), **differences: Any) -> Entry:
    return Entry(name, template, also, differences)


def inherited(base: Format | None) -> dict[str, Any]:
    """The fields that a format has if its entry says nothing of them."""
    given = base or Format("", "")
    return {field: getattr(given, field) for field in Format.__struct_fields__ if field not in OWN}
