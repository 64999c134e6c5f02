"""Layers with a `DTypePolicyMap`: the policy that archi takes is the one Keras does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.layer_cases._table import TAKEN
from support.parity import Built, build_real
from support.policy_maps import MAPS, network

import archi
from archi.analysis.counts import count
from archi.bridge.verify import verify
from archi.layers import layer_class
from archi.readers.document._policies import _matches


def dtypes_of(graph: Any) -> dict[str, tuple[str, list[str]]]:
    return {
        layer.name: (
            layer.nodes[0].outputs[0].dtype,
            [weight.dtype or layer.weight_dtype for weight in layer.weights],
        )
        for layer in graph.layers
        if layer.name in ("dense", "re_lu")
    }


def real_dtypes(model: Any) -> dict[str, tuple[str, list[str]]]:
    layers = [model.get_layer("dense"), model.get_layer("re_lu")]
    return {each.name: (each.output.dtype, [w.dtype for w in each.weights]) for each in layers}


@pytest.mark.parametrize("default", ["float32", "bfloat16", None])
@pytest.mark.parametrize("policies", MAPS)
@pytest.mark.parametrize("kind", ["Functional", "Sequential"])
def test_files(keras, tmp_path, kind, policies, default):
    model = network(keras, kind, policies, default)
    path = tmp_path / "model.json"
    path.write_text(model.to_json())
    graph = archi.load(str(path))
    assert dtypes_of(graph) == real_dtypes(keras.models.model_from_json(path.read_text("utf-8")))
    assert count(graph).uncounted == []
    assert verify(graph, run=False).ok


LIVE = """
import keras
from support.policy_maps import MAPS, network

def build(kind, index):
    return network(keras, kind, MAPS[index], "float32")
"""


@pytest.mark.parametrize("index", range(len(MAPS)))
@pytest.mark.parametrize("kind", ["Functional", "Sequential"])
def test_python_targets(keras, tmp_path, monkeypatch, kind, index):
    (tmp_path / "live_policies.py").write_text(LIVE)
    monkeypatch.chdir(tmp_path)
    graph = archi.load(f"live_policies:build,kind={kind},index={index}")
    assert dtypes_of(graph) == real_dtypes(network(keras, kind, MAPS[index], "float32"))
    assert count(graph).uncounted == []


def read(keras, folder, change) -> str:
    """Return why archi does not know the layer of a changed document."""
    document = json.loads(network(keras, "Functional", {"x": "float16"}, "float32").to_json())
    dense = document["config"]["layers"][1]
    change(dense, dense["config"]["dtype"]["config"])
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    row = next(r for r in count(archi.load(str(path))).layers if r.layer.name == "dense")
    assert row.macs is None
    return row.why


def test_what_a_file_does_not_say_is_not_known(keras, tmp_path):
    policy = {"class_name": "DTypePolicy", "config": {"name": "float16"}}

    def two_keys(dense, given):
        given["policy_map"] = {"den.*": policy, ".*se": policy}

    def expression(dense, given):
        given["policy_map"] = {"(a+)+$": policy}

    def not_built(dense, given):
        del dense["build_config"]

    def no_map(dense, given):
        given["policy_map"] = 5

    assert "several keys match its path" in read(keras, tmp_path, two_keys)
    assert "a pattern that archi does not match" in read(keras, tmp_path, expression)
    assert "does not say that it is built" in read(keras, tmp_path, not_built)
    assert "without a policy_map" in read(keras, tmp_path, no_map)


def test_layers_made_of_layers_are_not_known(keras, tmp_path):
    keras.backend.clear_session()
    source = keras.Input((5, 4))
    dtype = keras.dtype_policies.DTypePolicyMap("float32")
    model = keras.Model(source, keras.layers.LSTM(3, dtype=dtype)(source))
    path = tmp_path / "model.json"
    path.write_text(model.to_json())
    (row,) = count(archi.load(str(path))).uncounted
    assert row.why.startswith("its dtype is a DTypePolicyMap, for layers in it")


@pytest.mark.parametrize("layer", sorted({case.layer for case in TAKEN}))
def test_layers_made_of_layers_are_those_of_keras(keras, layer):
    built = [build_real(keras, case) for case in TAKEN if case.layer == layer]
    layers = [each.layer for each in built if isinstance(each, Built)]
    assert layers
    parts = [list(each._flatten_layers(include_self=False)) for each in layers]
    assert layer_class(layer).composed == any(parts)


TEXT = st.text("ab", max_size=3)


@given(parts=st.lists(TEXT, min_size=1, max_size=4), path=st.text("ab", max_size=8))
def test_patterns_match_as_regular_expressions_do(parts, path):
    pattern = ".*".join(parts)
    assert _matches(pattern, path) == (re.fullmatch(pattern, path) is not None)
