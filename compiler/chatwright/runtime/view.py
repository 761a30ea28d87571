"""The views of a conversation: the moment at which a rendering shows each turn of the model."""

from __future__ import annotations

from typing import Literal, get_args

#: "history": the whole conversation as the model's own template prints it. "fresh": the last message as the model has
#: just written it, behind the prompt that it was given. "training": every turn of the model as the model wrote it.
View = Literal["history", "fresh", "training"]
VIEWS: tuple[View, ...] = get_args(View)


def known_view(view: View) -> View:
    """The same view. Raises ValueError for any other word."""
    if view not in VIEWS:
        raise ValueError(f"view must be one of {', '.join(VIEWS)}, not {view!r}")
    return view
