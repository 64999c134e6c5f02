"""Initializers, regularizers and constraints: their names, defaults and configs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from archi.twin.arguments import Function, Own, literal

if TYPE_CHECKING:
    from archi.twin.layer import Layer


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """Return `name` as Keras writes it for unnamed layers: `MaxPooling2D` → `max_pooling2d`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class KerasObject(Function):
    """An initializer, regularizer or constraint: a name, or a Keras config of one.

    `known` are the classes of `module` that can be made by name, with the config that
    makes; a name is the class's, or that in snake case, or an alias. The canonical value
    is a (class name, config) pair, or None.
    """

    def __init__(
        self, module: str, known: dict[str, dict[str, Any]], aliases: dict[str, str]
    ) -> None:
        self.module = module
        self.known = known
        self.names = {snake_case(name): name for name in known} | {n: n for n in known} | aliases

    def parse(self, value: Any, layer: type[Layer]) -> tuple[str, dict[str, Any]] | Own | None:
        if value is None or isinstance(value, Own):
            return value
        if isinstance(value, str) and value in self.names:
            return self.names[value], self.known[self.names[value]]
        if isinstance(value, dict):
            name, config = value.get("class_name"), value.get("config") or {}
            # Identifiers only: they become code where a network is exported as such.
            if isinstance(config, dict) and all(map(_is_identifier, (name, *config))):
                return str(name), self._as_known(str(name), config)
        raise ValueError(f"the name or config of one of {self.module}")

    def takes(self, value: Any, layer: type[Layer]) -> bool:
        if isinstance(value, dict):
            module = value.get("module")
            keras = module is None or str(module).partition(".")[0] in ("keras", "tf_keras")
            if not keras or value.get("class_name") == "__lambda__":
                return False
        return super().takes(value, layer)

    def _as_known(self, name: str, config: dict[str, Any]) -> dict[str, Any]:
        """Leave out what later versions of Keras added and no one has set."""
        known = self.known.get(name, config)
        return {key: value for key, value in config.items() if key in known or value is not None}

    def write(self, value: tuple[str, dict[str, Any]] | Own | None) -> Any:
        if value is None:
            return None
        if isinstance(value, Own):
            return value.document
        name, config = value
        return {
            "module": self.module,
            "class_name": name,
            "config": config,
            "registered_name": None,
        }

    def code(self, value: tuple[str, dict[str, Any]] | Own | None) -> str:
        if value is None or isinstance(value, Own):
            return literal(value)
        name, config = value
        if self.known.get(name) == config:
            return literal(snake_case(name))
        return f"{self.module}.{name}({', '.join(f'{k}={literal(v)}' for k, v in config.items())})"


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and value.isidentifier()


_SEED = {"seed": None}

INITIALIZER = KerasObject(
    "keras.initializers",
    {
        "Zeros": {},
        "Ones": {},
        "Identity": {},
        "GlorotUniform": _SEED,
        "GlorotNormal": _SEED,
        "HeUniform": _SEED,
        "HeNormal": _SEED,
        "LecunUniform": _SEED,
        "LecunNormal": _SEED,
        "Orthogonal": {"gain": 1.0, "seed": None},
        "RandomNormal": {"mean": 0.0, "stddev": 0.05, "seed": None},
        "RandomUniform": {"minval": -0.05, "maxval": 0.05, "seed": None},
        "TruncatedNormal": {"mean": 0.0, "stddev": 0.05, "seed": None},
        "VarianceScaling": {
            "scale": 1.0,
            "mode": "fan_in",
            "distribution": "truncated_normal",
            "seed": None,
        },
    },
    {
        "zero": "Zeros",
        "one": "Ones",
        "normal": "RandomNormal",
        "uniform": "RandomUniform",
        "IdentityInitializer": "Identity",
        "OrthogonalInitializer": "Orthogonal",
    },
)

REGULARIZER = KerasObject(
    "keras.regularizers",
    {
        "L1": {"l1": 0.01},
        "L2": {"l2": 0.01},
        "L1L2": {"l1": 0.0, "l2": 0.0},
        "OrthogonalRegularizer": {"factor": 0.01, "mode": "rows"},
    },
    {},
)

CONSTRAINT = KerasObject(
    "keras.constraints",
    {
        "MaxNorm": {"max_value": 2, "axis": 0},
        "MinMaxNorm": {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0},
        "NonNeg": {},
        "UnitNorm": {"axis": 0},
    },
    {},
)
