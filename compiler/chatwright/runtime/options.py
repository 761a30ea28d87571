"""The keyword arguments of a format: their types, their defaults, and the errors of values that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from chatwright.runtime.errors import OptionError
from chatwright.runtime.suggest import did_you_mean

ISO_DATE = "%Y-%m-%d"


class Option(msgspec.Struct, frozen=True):
    """An option as a generated module declares it.

    `type` is bool, text, int, date, list or choice. `choices` are the values of a choice or of the items of a list.
    `default` is a value; for a date it is the format of today's date for strftime, or None for ISO_DATE. `link` names
    the earlier option that gives the default. If both are None, the option has no default.
    """

    name: str
    type: str
    choices: tuple[str, ...] = ()
    default: Any = None
    link: str | None = None
    doc: str = ""

    @property
    def values(self) -> tuple[Any, ...]:
        """Values that together reach each branch of the spec, as far as the type tells them."""
        if self.type == "bool":
            return (False, True)
        if self.type == "choice":
            return self.choices
        if self.type == "list":
            return ([], list(self.choices)) if self.choices else ([],)
        if self.type == "date":
            return (date(2026, 1, 31).strftime(self.default or ISO_DATE),)
        return () if self.default is None else (self.default,)


_PYTHON_TYPES = {
    "bool": (bool,),
    "text": (str,),
    "int": (int,),
    "date": (str,),
    "choice": (str,),
    "list": (list, tuple),
}
_WORDS = {
    "bool": "True or False",
    "text": "a text",
    "int": "a whole number",
    "date": "a date as text",
    "list": "a list",
}


def settle(options: Mapping[str, Option], given: Mapping[str, Any]) -> list[Any]:
    """The values of all options in their order. None counts as not given.

    Raises OptionError for a name that is no option (naming the nearest) and for a value that does not fit.
    """
    if given:
        for name in given:
            if name not in options:
                raise OptionError(_unknown(name, options))
    values: dict[str, Any] = {}
    for name, option in options.items():
        value = given.get(name)
        if value is None:
            if option.link is not None:
                value = values[option.link]
            elif option.type == "date":
                value = datetime.now().strftime(option.default or ISO_DATE)
            else:
                value = option.default
        else:
            _check(option, value)
        values[name] = value
    return list(values.values())


def _check(option: Option, value: Any) -> None:
    wanted = _PYTHON_TYPES[option.type]
    fits = isinstance(value, wanted) and (option.type != "int" or not isinstance(value, bool))
    if fits and option.type == "choice":
        fits = value in option.choices
    if not fits:
        words = " or ".join(map(repr, option.choices)) if option.type == "choice" else _WORDS[option.type]
        raise OptionError(f"{option.name} takes {words}, not {value!r}")


def _unknown(name: str, options: Mapping[str, Option]) -> str:
    known = f"the options of this format: {', '.join(options) or 'none'}"
    return f"there is no option {name}; {did_you_mean(name, options, known)}"
