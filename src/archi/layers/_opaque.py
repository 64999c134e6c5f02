"""A layer that archi has no rule for, shown with what is known of it otherwise."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.layers._core import Layer
from archi.layers._objects import snake_case


class OpaqueLayer(Layer):
    """A layer of a class that has no twin, or with a config its twin does not take.

    It has a name, a class name and a config, and whatever shapes and weights a file
    records of it; MACs are unknown. `why` says why there is no more.
    """

    has_build_config = False

    def __init__(self, document: dict[str, Any], why: str) -> None:
        kept = document.get("config")
        self.document = document
        self.config: dict[str, Any] = kept if isinstance(kept, dict) else {}
        super().__init__(name="opaque")
        self.why = why
        self.trainable = self.config.get("trainable") is not False

    @property
    def base_name(self) -> str:  # type: ignore[override]
        """What Keras calls unnamed layers of the class."""
        return snake_case(self.class_name)

    @property
    def class_name(self) -> str:
        """The class name in the document."""
        name = self.document.get("class_name")
        return name if isinstance(name, str) and name else "?"

    def values(self) -> dict[str, Any]:
        return {key: self.config[key] for key in self.config if key != "name"}

    def get_config(self) -> dict[str, Any]:
        return {**self.config, "name": self.name}


def unknown(
    outputs: tuple[Shape, ...],
    dtypes: tuple[str, ...],
    weights: tuple[Weight, ...] | None,
    why: str,
) -> Inference:
    """Return the inference of a call whose counts can't be known."""
    return Inference(outputs, weights, None, None, why, dtypes=dtypes)
