"""What a reader hands on: a model's document, and what else its file knows of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from archi.readers._weights import Weights

if TYPE_CHECKING:
    from archi.containers.hdf5 import Contents


class Source(NamedTuple):
    """A model as a file has it: its document, and the weights where the file has them.

    `container` is what holds the document, such as `config.json`. `contents` is what HDF5
    was found to hold, by member, "" for the file itself.
    """

    path: str
    container: str
    document: Any
    weights: Weights
    contents: Mapping[str, Contents] = {}
