"""Rules over the text of a config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archi.containers.json import Duplicate
from archi.errors import quote
from archi.scanning._objects import containers, shown
from archi.scanning.findings import Found, rule


@rule(
    "duplicate-key",
    looks_at="document",
    severity="medium",
)
def duplicate_key(document: tuple[Any, list[Duplicate], str]) -> Iterator[Found]:
    """A key that is there twice.

    Keras takes the last of them; what another tool shows or checks may be the first.
    """
    value, duplicates, container = document
    wanted = {id(each.owner) for each in duplicates}
    places = {
        id(found): shown(tuple(way), container)
        for found, way in (containers(value) if wanted else ())
        if id(found) in wanted
    }
    for each in duplicates:
        # What is in a value that gave way to another is nowhere in the document.
        where = places.get(id(each.owner), container)
        yield Found(f"the key {quote(each.key)} is there twice; Keras takes the last", where)
