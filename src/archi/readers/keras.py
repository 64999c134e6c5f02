"""`model.keras`: a zip archive of the config, metadata and weights, Keras 3's own format."""

from __future__ import annotations

from archi.containers.archive import Archive
from archi.containers.json import LIMIT, parse
from archi.errors import ReadError
from archi.readers._source import Source
from archi.readers._weights import MEMBER, KerasWeights, Weights

SUFFIXES = (".keras",)
MAGIC = b"PK"

CONFIG = "config.json"


def read(path: str) -> Source:
    """Return the model in a `.keras` file. Raises ReadError."""
    with Archive(path) as archive:
        member = archive.find(CONFIG)
        if member is None:
            raise ReadError(f"the archive is no Keras model: it has no {CONFIG}")
        content = archive.read(member, LIMIT)
        has_weights = archive.find(MEMBER) is not None
    weights = KerasWeights(path) if has_weights else Weights()
    return Source(path, CONFIG, parse(content, CONFIG), weights)
