"""Operations of Keras 3 in its `.h5`, where nothing but their class says what they are."""

from __future__ import annotations

import pytest
from support import op_cases  # noqa: F401
from support.op_cases._table import TAKEN
from support.op_parity import Refused, call_real

import archi
from archi.analysis.counts import count

FIRST = {case.function: case for case in reversed(TAKEN)}  # one call of each function


def said(model, path):
    """Return what archi says of a saved model, operations as layers of any class."""
    graph = archi.load(str(path))
    rows = [
        (layer.name, layer.class_name, [t.shape for n in graph.calls_of(layer) for t in n.outputs])
        for layer in graph.layers
    ]
    why = [row.why for row in count(graph).uncounted]
    return rows, why, graph.totals


@pytest.mark.parametrize("function", FIRST)
def test_an_operation_is_read_as_in_json(keras, function, tmp_path):
    keras.backend.clear_session()
    real = call_real(keras, FIRST[function])
    assert not isinstance(real, Refused)
    model = keras.Model(real.inputs, real.outputs)
    try:
        (tmp_path / "model.json").write_text(model.to_json())
        model.save(tmp_path / "model.h5")
    except (NotImplementedError, TypeError):
        pytest.skip("an argument that Keras can't write")
    assert said(model, tmp_path / "model.h5") == said(model, tmp_path / "model.json")


def test_grouped_queries_are_of_a_class_with_two_names(keras, tmp_path):
    x = keras.Input((6, 5))
    model = keras.Model(x, keras.layers.GroupQueryAttention(4, 6, 2)(x, x))
    model.save(tmp_path / "model.h5")
    graph = archi.load(str(tmp_path / "model.h5"))
    assert [row.why for row in count(graph).uncounted] == []
    assert graph.totals.params == model.count_params()
    assert graph.outputs[0].shape == model.output.shape


def test_every_layer_name_and_class_name_of_keras_is_one_of_a_twin(keras):
    from archi.layers import layer_class
    from archi.readers.document._legacy import CLASSES

    for name, value in vars(keras.layers).items():
        own = getattr(value, "__name__", name)
        if isinstance(value, type) and own != name:
            assert layer_class(CLASSES.get(own, own)) is layer_class(name)
