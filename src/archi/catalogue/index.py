"""Figures of every network that is listed or of which some were published, made beforehand.

Building them all takes many seconds, and `archi list` one. `index.json` is written by
`python -m archi.catalogue.index`; a test builds every network again and compares. What is
not in it is built when asked for.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import NamedTuple

from archi.families.registry import families
from archi.spec import parse

PATH = os.path.join(os.path.dirname(__file__), "index.json")


class Figures(NamedTuple):
    """What figures are published of: totals, as in `counts.Totals`, and layers with weights."""

    params: int
    trainable_params: int
    macs: int
    depth: int
    weighted_layers: int


def figures(spec: str) -> Figures:
    """Return a network's figures. Raises SpecError for what names none."""
    known = _index().get(spec)
    return Figures(*known) if known else compute(spec)


def compute(spec: str) -> Figures:
    """Build a network and count."""
    from archi.analysis.counts import count

    graph = parse(spec).build()
    totals = count(graph).totals
    weighted = sum(bool(layer.weights) for layer in graph.layers)
    sums = (totals.params or 0, totals.trainable_params or 0, totals.macs or 0)
    return Figures(*sums, totals.depth, weighted)


def indexed() -> list[str]:
    """Return the specs of archi's own families that belong in the index, sorted."""
    own = [family for family in families() if family.function.__module__.startswith("archi.")]
    listed = {spec for family in own for spec in family.catalogue}
    return sorted(listed | {figure.spec for family in own for figure in family.published})


@cache
def _index() -> dict[str, list[int]]:
    with open(PATH, encoding="utf-8") as file:
        found: dict[str, list[int]] = json.load(file)
    return found


def _write() -> None:
    lines = [f"{json.dumps(spec)}: {json.dumps(list(compute(spec)))}" for spec in indexed()]
    with open(PATH, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    _write()
