"""Models that Keras 2 (tf_keras) saves, read by archi and compared with themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archi
from archi.analysis.counts import Counts, count

FORMATS = ("json", "h5", "keras")


def keras2() -> Any:
    """Keras 2; tests that ask for it are skipped where it is not installed."""
    return pytest.importorskip("tf_keras")


def save(model: Any, folder: Path, format: str) -> str:
    """Write a model as Keras 2 does and return where."""
    path = folder / f"model.{format}"
    if format == "json":
        path.write_text(model.to_json())
    else:
        model.save(path)
    return str(path)


def read(model: Any, folder: Path, format: str = "json") -> Counts:
    """Return what archi counts of a model that Keras 2 saved."""
    return count(archi.load(save(model, folder, format)))


def shapes_of(layer: Any) -> list[tuple[int | None, ...]]:
    """Return the output shapes of every call of a layer of Keras 2."""
    found = []
    for node in layer._inbound_nodes:
        outputs = node.outputs
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        found += [tuple(tensor.shape) for tensor in _flat(outputs)]
    return found


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _flat(item)]
    if isinstance(value, dict):
        return [tensor for key in sorted(value) for tensor in _flat(value[key])]
    return [value]


def assert_read(model: Any, folder: Path, format: str = "json", unknown: tuple = ()) -> Counts:
    """Assert that archi knows all of a model: params, shapes; return what it counts.

    Layers of models inside are compared by their params alone. `unknown` are the layers whose
    MACs or FLOPs can't be known.
    """
    counts = read(model, folder, format)
    assert [row.layer.name for row in counts.uncounted] == list(unknown)
    assert counts.totals.params == model.count_params()
    trainable = sum(int(weight.shape.num_elements()) for weight in model.trainable_weights)
    assert counts.totals.trainable_params == trainable
    rows = {row.layer.name: row for row in counts.layers}
    for layer in model.layers:
        if layer.name not in unknown and not hasattr(layer, "layers"):
            assert rows[layer.name].output_shapes == shapes_of(layer), layer.name
    return counts
