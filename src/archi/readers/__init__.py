"""Reading files that may be hostile: bounded, and nothing in them is ever executed.

A file of this folder reads one format; it declares the suffixes of its files and the
bytes with which they begin, and has `read(path) -> Source`. Adding a file adds a format.
A format that is a folder declares `MARKS`, too: names of files in it that tell which it is.
"""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from archi.errors import ReadError, quote

if TYPE_CHECKING:
    from archi.graph import Graph
    from archi.readers._source import Source
    from archi.settings import Settings


__all__ = ["Source", "is_model_folder", "read_graph", "read_source", "readers", "suffixes"]


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
    reader = _reader_of_marks(path) or _reader_of_bytes(path)
    source: Source = reader.read(path)
    return source


def is_model_folder(path: str) -> bool:
    """Whether a path is a folder in a format that can be read."""
    return os.path.isdir(path) and _reader_of_marks(path) is not None


def _reader_of_marks(path: str) -> ModuleType | None:
    """Return the reader of a folder, or of a file in it that marks it."""
    for reader in readers():
        for mark in getattr(reader, "MARKS", ()):
            place = os.path.join(path, mark) if os.path.isdir(path) else path
            if os.path.basename(place) == mark and os.path.isfile(place):
                return reader
    return None


def _reader_of_bytes(path: str) -> ModuleType:
    from archi.containers.foreign import refuse_foreign, refuse_missing
    from archi.containers.regular import open_regular

    if os.path.isdir(path):
        raise ReadError(
            f"can't read {quote(path, 80)}: it is a folder",
            hint="of folders archi reads SavedModels, which have a saved_model.pb in them",
        )
    refuse_missing(path)
    refuse_foreign(path)
    with open_regular(path) as file:
        start = file.read(8)
    return next(reader for reader in readers() if start.startswith(reader.MAGIC))


def read_graph(source: Source, settings: Settings) -> Graph:
    """Return the network in a model file of which this was read.

    Raises ReadError where it describes none, GraphError where that is beyond archi's limits.
    """
    from archi.readers.document.reader import build_graph

    title = os.path.basename(os.path.abspath(source.path))
    graph = build_graph(source.document, title=title, settings=settings, weights=source.weights)
    graph.source = {"kind": "file", "target": source.path}
    return graph
