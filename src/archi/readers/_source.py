"""What a reader hands on: a model's document, and what else its file knows of the model."""

from __future__ import annotations

from typing import Any, NamedTuple

from archi.readers._weights import Weights


class Source(NamedTuple):
    """A model as a file has it: its document, and the weights where the file has them."""

    document: Any
    weights: Weights
