"""Text → Graph: the one place that decides what a TARGET is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from archi.errors import ArchiError, quote
from archi.graph import Graph
from archi.spec import parse, with_options

MODEL_FILES = (".keras", ".json", ".h5", ".hdf5")


def load(
    target: str, *, options: Mapping[str, object] | None = None, batch: int | None = None
) -> Graph:
    """Return the network that `target` names.

    `options` are spec options (`{"input": (32, 32, 3), "classes": "10"}`), as values or
    as text, applied over those in the target. `batch` fixes the batch size, which is left
    open otherwise.

    Raises SpecError (an ArchiError) where the target means nothing, LayerError where
    the network can't be built on that input.
    """
    if not isinstance(target, str):
        raise ArchiError(f"a target is text such as resnet50, not {type(target).__name__}")
    if target.lower().endswith(MODEL_FILES) or os.sep in target:
        raise ArchiError(
            f"{quote(target)} looks like a file; this version reads specs only",
            hint="try resnet50; `archi list` shows all names",
        )
    if ":" in target.partition(",")[0]:
        raise ArchiError(
            f"{quote(target)} looks like a Python object; this version reads specs only",
            hint="try resnet50; `archi list` shows all names",
        )
    given = {key: _as_text(value) for key, value in (options or {}).items()}
    return with_options(parse(target), given).build(batch)


def _as_text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "x".join(map(str, value))
    return str(value)
