"""Rules over the text of a config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archi.errors import quote
from archi.readers._json import Duplicate
from archi.scanning._findings import Found, rule
from archi.scanning._objects import Place


@rule(
    "duplicate-key",
    looks_at="document",
    severity="medium",
)
def duplicate_key(document: tuple[Any, list[Duplicate]]) -> Iterator[Found]:
    """A key that is there twice.

    Keras takes the last of them; what another tool shows or checks may be the first.
    """
    value, duplicates = document
    wanted = {id(each.owner) for each in duplicates}
    places = _places(value, wanted) if wanted else {}
    for each in duplicates:
        # An object that is itself a value that gave way is nowhere in the document.
        place = places.get(id(each.owner), "")
        yield Found(f"the key {quote(each.key)} is there twice; Keras takes the last", place)


def _places(document: Any, wanted: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    stack: list[tuple[Any, Place | None]] = [(document, None)]
    while stack and len(found) < len(wanted):
        value, place = stack.pop()
        if id(value) in wanted:
            found[id(value)] = str(place) if place else ""
        items: Any = ()
        if isinstance(value, dict):
            items = ((f".{key}", child) for key, child in value.items())
        elif isinstance(value, list):
            items = ((f"[{i}]", child) for i, child in enumerate(value))
        stack += [(child, Place(place, label, False)) for label, child in items]
    return found
