"""Random functional models of real Keras: shared layers, models in models, operations."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

POLICIES = (None, None, None, "mixed_float16", "bfloat16", "float16", "float64")


class RandomModels:
    """Makes models from a source of random numbers; each has up to `size` steps.

    Sizes are small and every axis is known, so that calls on any tensor of a model inside
    have the shapes that it was built with.
    """

    def __init__(self, keras: Any, chance: random.Random) -> None:
        self.keras = keras
        self.layers = keras.layers
        self.chance = chance
        self.steps: list[Callable[[], Any]] = [
            self._convolution,
            self._plain,
            self._merge,
            self._operation,
            self._again,
            self._nested,
            self._sequential,
        ]
        self.depth = 0
        self.usable: list[tuple[Any, tuple[int | None, ...]]] = []  # layers, what they take

    def model(self, size: int = 8) -> Any:
        """Return a functional model."""
        inputs = [self._input() for _ in range(self.chance.choice((1, 1, 2, 3)))]
        self.tensors = list(inputs)
        for _ in range(self.chance.randint(1, size)):
            made = self.chance.choice(self.steps)()
            if made is not None:
                self.tensors.append(made)
        model = self.keras.Model(self._ends(inputs), self._outputs())
        if self.chance.random() < 0.1:
            model.trainable = False
        return model

    def _input(self) -> Any:
        shape = (8, 8, self.chance.randint(1, 3))
        return self.keras.Input(shape, batch_size=self.chance.choice((None, None, 2)))

    def _any(self) -> Any:
        return self.chance.choice(self.tensors)

    def _ends(self, tensors: list[Any]) -> Any:
        kind = self.chance.choice(("plain", "list", "dict"))
        if kind == "dict":
            return {f"{chr(122 - i)}{i}": tensor for i, tensor in enumerate(tensors)}
        return tensors[0] if kind == "plain" and len(tensors) == 1 else tensors

    def _outputs(self) -> Any:
        made = [
            t for t in self.tensors if t._keras_history.operation.__class__.__name__ != "InputLayer"
        ]
        made = made or [self.layers.Activation("relu")(self.tensors[0])]
        return self._ends(self.chance.sample(made, self.chance.randint(1, min(3, len(made)))))

    def _common(self) -> dict[str, Any]:
        policy = self.chance.choice(POLICIES)
        return {"trainable": self.chance.random() < 0.9} | ({"dtype": policy} if policy else {})

    def _call(self, layer: Any, tensor: Any) -> Any:
        made = layer(tensor)
        self.usable.append((layer, tuple(tensor.shape[1:])))
        return made

    def _convolution(self) -> Any:
        kind = self.chance.choice(("Conv2D", "SeparableConv2D"))
        strides = self.chance.choice((1, 1, 2))
        use_bias = self.chance.random() < 0.5
        filters = self.chance.randint(1, 4)
        layer = getattr(self.layers, kind)(
            filters, 3, strides=strides, padding="same", use_bias=use_bias, **self._common()
        )
        return self._call(layer, self._any())

    def _plain(self) -> Any:
        make = self.chance.choice(
            (
                lambda: self.layers.BatchNormalization(**self._common()),
                lambda: self.layers.Dense(self.chance.randint(1, 4), **self._common()),
                lambda: self.layers.Dropout(0.5),
                lambda: self.layers.Activation("gelu", **self._common()),
                lambda: self.layers.ZeroPadding2D(1),
                lambda: self.layers.MaxPooling2D(2, padding="same"),
            )
        )
        return self._call(make(), self._any())

    def _merge(self) -> Any:
        first = self._any()
        alike = [t for t in self.tensors if t.shape == first.shape]
        layer = getattr(self.layers, self.chance.choice(("Add", "Concatenate", "Maximum")))()
        return layer([first, self.chance.choice(alike)])

    def _operation(self) -> Any:
        ops, tensor = self.keras.ops, self._any()
        alike = [t for t in self.tensors if t.shape == tensor.shape and t.dtype == tensor.dtype]
        other = self.chance.choice(alike)
        return self.chance.choice(
            (
                lambda: tensor + other,
                lambda: 2.0 * tensor,
                lambda: tensor[:, 1:, ..., :1],
                lambda: ops.maximum(tensor, 0.0),
                lambda: ops.mean(tensor, axis=(1, 2), keepdims=True),
                lambda: ops.concatenate([tensor, other], axis=-1),
                lambda: ops.where(tensor > other, tensor, other),
            )
        )()

    def _again(self) -> Any:
        """Call a layer or model once more, or one of another model."""
        if not self.usable:
            return None
        layer, shape = self.chance.choice(self.usable)
        alike = [t for t in self.tensors if tuple(t.shape[1:]) == shape]
        return layer(self.chance.choice(alike)) if alike else None

    def _nested(self) -> Any:
        """Call a functional model; with more inputs or outputs, in whatever form it wants."""
        if self.depth == 2:
            return None
        outer, self.depth = self.tensors, self.depth + 1
        inner = self.model(4)
        self.tensors, self.depth = outer, self.depth - 1
        given = [next((t for t in outer if t.shape == each.shape), None) for each in inner.inputs]
        if None in given:
            return None
        result = inner(self.keras.tree.pack_sequence_as(inner._inputs_struct, given))
        if (
            len(given) == 1
            and len(inner.outputs) == 1
            and not isinstance(inner._inputs_struct, dict)
        ):
            self.usable.append((inner, tuple(given[0].shape[1:])))
        return self.keras.tree.flatten(result)[0]

    def _sequential(self) -> Any:
        tensor = self._any()
        inner = [self.layers.Conv2D(2, 1, **self._common()), self.layers.ReLU()]
        if self.chance.random() < 0.5:
            inner.insert(0, self.layers.Input(tuple(tensor.shape[1:])))
        if self.chance.random() < 0.3:
            inner.append(self.keras.Sequential([self.layers.BatchNormalization()]))
        return self._call(self.keras.Sequential(inner), tensor)
