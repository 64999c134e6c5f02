"""Text → Graph: the one place that decides what a TARGET is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from archi.errors import ArchiError, quote
from archi.graph import Graph
from archi.spec import parse, with_options

MODEL_FILES = (".keras", ".json", ".h5", ".hdf5")


def load(
    target: str, *, options: Mapping[str, str] | None = None, batch: int | None = None
) -> Graph:
    """Return the network that `target` names.

    `options` are spec options as text (`{"input": "32x32x3"}`), applied over those in
    the target. `batch` fixes the batch size, which is left open otherwise.

    Raises SpecError (an ArchiError) where the target means nothing, LayerError where
    the network can't be built on that input.
    """
    if target.lower().endswith(MODEL_FILES) or os.sep in target:
        raise ArchiError(
            f"{quote(target)} looks like a file; this version reads specs only",
            hint="try resnet50; `archi list` shows all names",
        )
    if ":" in target:
        raise ArchiError(
            f"{quote(target)} looks like a Python object; this version reads specs only",
            hint="try resnet50; `archi list` shows all names",
        )
    return with_options(parse(target), options or {}).build(batch)
