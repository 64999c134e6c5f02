"""Reading files that may be hostile: bounded, and nothing in them is ever executed.

A file of this folder reads one format; it declares the suffixes of its files and the
bytes with which they begin, and has `read(path) -> Source`. Adding a file adds a format.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archi.graph import Graph
    from archi.readers._source import Source
    from archi.settings import Settings


__all__ = ["Source", "read_graph", "read_source", "readers", "suffixes"]


def readers() -> list[ModuleType]:
    """Return the readers, those first whose files begin with bytes of their own."""
    files = os.listdir(os.path.dirname(__file__))
    names = sorted(f[:-3] for f in files if f.endswith(".py") and not f.startswith("_"))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return sorted(modules, key=lambda module: -len(module.MAGIC))


def suffixes() -> tuple[str, ...]:
    """Return the suffixes of the files that can be read."""
    return tuple(suffix for reader in readers() for suffix in reader.SUFFIXES)


def read_source(path: str) -> Source:
    """Return what a model file holds, whatever its suffix says.

    Raises ReadError where it can't be read.
    """
    from archi.containers.regular import open_regular

    with open_regular(path) as file:
        start = file.read(8)
    reader = next(reader for reader in readers() if start.startswith(reader.MAGIC))
    source: Source = reader.read(path)
    return source


def read_graph(source: Source, settings: Settings) -> Graph:
    """Return the network in a model file of which this was read.

    Raises ReadError where it describes none, GraphError where that is beyond archi's limits.
    """
    from archi.readers.document.reader import build_graph

    title = os.path.basename(source.path)
    graph = build_graph(source.document, title=title, settings=settings, weights=source.weights)
    graph.source = {"kind": "file", "target": source.path}
    return graph
