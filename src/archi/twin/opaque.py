"""Layers that archi has no rule for, and what a network reads that no layer gives."""

from __future__ import annotations

from typing import Any

from archi.errors import ArchiError, printable
from archi.graph import Inference, Node, Shape, Tensor, Unbatched, Weight, is_countable
from archi.twin.arguments import literal
from archi.twin.layer import Kept, Layer
from archi.twin.objects import snake_case


class OpaqueLayer(Layer):
    """A layer of a class that has no twin, or with a config its twin does not take.

    It has a name, a class name and a config, and whatever shapes and weights a file
    records of it; MACs are unknown. `why` says why there is no more.
    """

    has_build_config = False

    def __init__(self, document: dict[str, Any], why: str) -> None:
        kept = document.get("config")
        self._class_name = document.get("class_name")
        self.config: dict[str, Any] = kept if isinstance(kept, dict) else {}
        super().__init__(name="opaque")
        self.why = why
        self.stands_alone = False  # True where nothing calls it
        self.trainable = self.config.get("trainable") is not False

    def declared(self, batch: int | None) -> Shape | None:
        """Return the output shape that the config of a `Lambda` says, None where it says none."""
        shape = self.config.get("output_shape")
        if self.class_name != "Lambda" or not isinstance(shape, list) or not shape:
            return None
        if not all(size is None or (type(size) is int and size >= 0) for size in shape):
            return None
        found = (batch, *shape)
        return found if is_countable(found) else None

    @property
    def base_name(self) -> str:  # type: ignore[override]
        """What Keras calls unnamed layers of the class."""
        return snake_case(self.class_name)

    @property
    def class_name(self) -> str:
        """The class name in the document."""
        name = self._class_name
        return name if isinstance(name, str) and name else "?"

    def values(self) -> dict[str, Any]:
        return {key: _policy_name(self.config[key]) for key in self.config if key != "name"}

    def written(self, argument: str) -> Any:
        return self.config[argument]

    def coded(self, argument: str) -> str:
        value = _policy_name(self.config[argument])
        return value if isinstance(value, str) else literal(value)

    def get_config(self) -> dict[str, Any]:
        return {**self.config, "name": self.name}


def _policy_name(value: Any) -> Any:
    """Return the name of a dtype policy, as older files have it; any other value as it is."""
    if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
        config = value.get("config")
        return config.get("name") if isinstance(config, dict) else value
    return value


class Source(Layer):
    """What operations read beside inputs: a weight of a layer of people's own, or numbers.

    Its tensor has no batch, and takes no memory beside that of the weights.
    """

    has_build_config = False
    stands_alone = True

    def __init__(self, class_name: str) -> None:
        super().__init__(name="source")
        self._class_name = class_name

    @property
    def class_name(self) -> str:
        """`Variable` for a weight, `Constant` for numbers."""
        return self._class_name

    def give(self, shape: tuple[int, ...], dtype: str, weights: tuple[Weight, ...] = ()) -> Tensor:
        """Return the tensor that is read."""
        whole = Unbatched(shape)
        inference = Inference((whole,), weights, 0, 0, dtypes=(dtype,), samples=(whole,))
        node = Node(self, (), {}, inference)
        self.nodes.append(node)
        return node.outputs[0]

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


def reason(error: ArchiError, name: str, class_name: str) -> str:
    """Return what an error says of a layer, without the name that stands beside it anyway."""
    said = error.message.removeprefix(f"{printable(name)} ({class_name})")
    return said.removeprefix(":").lstrip()


def unknown(
    outputs: tuple[Shape, ...],
    dtypes: tuple[str, ...],
    weights: tuple[Weight, ...] | None,
    why: str,
) -> Inference:
    """Return the inference of a call whose counts can't be known."""
    return Inference(outputs, weights, None, None, why, dtypes=dtypes)
