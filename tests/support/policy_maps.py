"""Models with policies for some of their layers."""

from __future__ import annotations

from typing import Any

MAPS = [
    {"dense": "float16"},
    {"net/dense": "float16", "re_lu": "bfloat16"},
    {".*nse": "bfloat16", "other": "float16"},
    {"d.*n.*e": "mixed_float16", "net/.*": "float16"},
    {"de.*ense": "float16"},
    {},
]


def network(keras: Any, kind: str, policies: dict[str, str], default: str | None) -> Any:
    keras.backend.clear_session()
    of = keras.dtype_policies.DTypePolicyMap
    made = {key: keras.dtype_policies.DTypePolicy(name) for key, name in policies.items()}
    dense = keras.layers.Dense(3, name="dense", dtype=of(default, dict(made)))
    relu = keras.layers.ReLU(name="re_lu", dtype=of(default, dict(made)))
    if kind == "Sequential":
        return keras.Sequential([keras.Input((4,)), dense, relu], name="net")
    source = keras.Input((4,))
    return keras.Model(source, relu(dense(source)), name="net")
