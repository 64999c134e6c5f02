"""`model.json`: what `model.to_json()` returns."""

from __future__ import annotations

from archi.readers._files import open_regular, read_whole
from archi.readers._json import LIMIT, parse
from archi.readers._source import Source
from archi.readers._weights import Weights

SUFFIXES = (".json",)
MAGIC = b""  # anything that is nothing else

CONFIG = "config"


def read(path: str) -> Source:
    """Return the model in a JSON file. Raises ReadError."""
    with open_regular(path) as file:
        content = read_whole(file, LIMIT, "the file")
    return Source(path, CONFIG, parse(content), Weights())
