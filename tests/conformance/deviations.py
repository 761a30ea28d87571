"""Where a shipped spec does not do what the model's own template does, why, and for which inputs.

Each is declared in the spec too (`spec.deviations`). Ours refuses, always: what is not printed as the original
prints it is not printed at all.

`outside` is something else: input that is no conversation by any convention. No format promises anything for it; ours
may print what the original prints, or refuse in words.
"""

from __future__ import annotations

from collections import defaultdict

from chatwright.verify.convention import outside

from .deviation import Deviation
from .deviation_table import OF_FAMILIES
from .deviation_table_of_others import OF_OTHERS
from .format import Format
from .oracle import Case

__all__ = ["TABLE", "Deviation", "of", "outside"]

TABLE = [*OF_FAMILIES, *OF_OTHERS]
_BY_FORMAT: defaultdict[str, list[Deviation]] = defaultdict(list)
for _deviation in TABLE:
    _BY_FORMAT[_deviation.format].append(_deviation)


def of(fmt: Format, case: Case) -> Deviation | None:
    """The deviation that this input falls under, if any."""
    return next((deviation for deviation in _BY_FORMAT[fmt.name] if deviation.applies(case)), None)
