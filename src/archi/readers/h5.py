"""`model.h5`: the legacy format of whole models, HDF5 with the config in its attributes."""

from __future__ import annotations

from archi.containers.foreign import ELSEWHERE, WEIGHTS_ALONE
from archi.containers.hdf5 import quick_contents
from archi.containers.json import parse
from archi.errors import ReadError, quote
from archi.readers._source import Source
from archi.readers._weights import LegacyWeights

SUFFIXES = (".h5", ".hdf5")
MAGIC = b"\x89HDF\r\n\x1a\n"

CONFIG = "model_config"


def read(path: str) -> Source:
    """Return the model in an HDF5 file. Raises ReadError."""
    contents = quick_contents(path)[""]
    config = contents.attributes.get(CONFIG)
    if config is None and contents.datasets:
        raise ReadError(f"{quote(path, 80)} {WEIGHTS_ALONE}: it has no {CONFIG}", hint=ELSEWHERE)
    if config is None:
        raise ReadError(f"{quote(path, 80)} holds no model: it has no {CONFIG}", hint=ELSEWHERE)
    document = parse(config, CONFIG)
    return Source(path, CONFIG, document, LegacyWeights(contents), {"": contents})
