"""`model.json`: what `model.to_json()` returns."""

from __future__ import annotations

from archi.containers.json import LIMIT, parse
from archi.containers.regular import open_regular, read_whole
from archi.errors import ReadError, quote
from archi.readers._source import Source
from archi.readers._weights import Weights

SUFFIXES = (".json",)
MAGIC = b""  # anything that is nothing else

CONFIG = "config"
STARTS = (b"{", b"[", b"\xef\xbb\xbf")  # the last is a byte order mark


def read(path: str) -> Source:
    """Return the model in a JSON file. Raises ReadError."""
    with open_regular(path) as file:
        content = read_whole(file, LIMIT, "the file")
    if not content.lstrip().startswith(STARTS):
        raise ReadError(f"can't read {quote(path, 80)}: it is neither a zip archive, HDF5 nor JSON")
    return Source(path, CONFIG, parse(content), Weights())
