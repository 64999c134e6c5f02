"""Layers that hold other layers: both ways, at every step, normalised, one after another.

Keras keeps them in `rnn/bidirectional.py`, `rnn/time_distributed.py`,
`normalization/spectral_normalization.py` and `preprocessing/pipeline.py` of
`keras/src/layers`.
"""

from __future__ import annotations

from typing import Any

from archi.errors import LayerError
from archi.graph import Inference, Shape, Weight, is_list
from archi.layers._recurrence import Recurrent
from archi.twin.arguments import Integer, Kind, arg
from archi.twin.layer import ITSELF, UNEVEN, Kept, Layer, Reach, product, repeated, scaled, total
from archi.twin.wrapping import (
    Holder,
    LayerArgument,
    LayersArgument,
    inner_layer,
    owned,
    write_layer,
)


class _Wrapper(Holder):
    """A layer around one other, `layer`."""

    layer: Layer = arg(LayerArgument())

    @property
    def inner(self) -> tuple[Layer, ...]:
        return (self.layer,)


class TimeDistributed(_Wrapper):
    """A layer on every step of a sequence."""

    call_kwargs = {"mask": None}

    def infer(self, x: Shape) -> Inference:
        if len(x) < 3:
            raise self.refuse("wants an input of at least 3 dimensions, batch first", x)
        batch, length = x[:2]
        one = self.infer_inner(self.layer, (batch, *x[2:]))
        output = one.outputs[0]
        why = "the number of its steps is unknown" if length is None else one.why
        return Inference(
            ((output[0], length, *output[1:]),),
            owned(self.layer, one.weights),
            repeated(one.macs, length),
            repeated(one.elementwise, length),
            why=why,
            inner=tuple([(batch, length, *shape[1:]) for shape in one.inner]),
            kept=None
            if one.kept is None
            else tuple([(batch, length, *shape[1:]) for shape in one.kept]),
        )

    def build(self, x: Shape) -> None:
        super().build(x)
        self.layer.build((*x[:1], *x[2:]))

    def kept(self) -> Kept:
        return self.layer.kept()

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """Each step by itself, and within it what the layer reads."""
        step = [(*shape[:1], *shape[2:]) for shape in shapes]
        within = tuple([axis - 1 for axis in spatial if axis > 1])
        reach = self.layer.reach(step, within)
        if not reach or reach is UNEVEN or len(within) == len(spatial):
            return reach
        return (Reach(1, 1, 0), *reach)


class SpectralNormalization(_Wrapper):
    """A layer whose kernel is divided by its largest singular value, which training tracks.

    The kernel is its own as much as the layer's, and comes first among the weights.
    """

    call_kwargs = {"training": False}

    power_iterations: int = arg(Integer(1), 1)

    def infer(self, x: Shape) -> Inference:
        one = self.infer_inner(self.layer, x)
        sizes = {shape[-1] for shape in (x, self.built_on) if shape} - {None}
        if len(sizes) > 1:
            raise self.refuse("wants inputs whose last axis is that of the first", x)
        weights = owned(self.layer, one.weights)
        nests = isinstance(self.layer, (Holder, Recurrent))
        if nests and not isinstance(self.layer, SpectralNormalization):
            weights = ()  # that are the layer's own
        kernel = next((w for w in weights if w.name in ("kernel", "embeddings")), None)
        if kernel is None:
            raise self.refuse("holds a layer with a kernel of its own", self.layer.class_name)
        vector = Weight("vector_u", (1, kernel.shape[-1]), trainable=False, dtype=kernel.dtype)
        others = [weight for weight in weights if weight is not kernel]
        return one._replace(weights=(kernel, vector, *others), dtypes=())

    def build(self, x: Shape) -> None:
        super().build(x)
        self.layer.build(x)

    def kept(self) -> Kept:
        return self.layer.kept()

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return self.layer.reach(shapes, spatial)


class _Recurrence(LayerArgument):
    """A recurrent layer."""

    def parse(self, value: Any, layer: type[Layer]) -> Any:
        inner = super().parse(value, layer)
        if inner is not None and not isinstance(inner, Recurrent):
            raise ValueError("a recurrent layer, such as LSTM(8)")
        return inner


class _MergeMode(Kind):
    """How two directions come together; None where they do not."""

    def parse(self, value: Any, layer: type[Layer]) -> str | None:
        if value not in ("sum", "mul", "ave", "concat", None):
            raise ValueError("'sum', 'mul', 'ave', 'concat' or None")
        return value  # type: ignore[no-any-return]


class Bidirectional(Holder):
    """A recurrent layer over a sequence, and another over the same from its end.

    As in Keras, both are made anew from the one given, unless there is a `backward_layer`.
    """

    inputs_name = "sequences"
    call_arguments = ("initial_state", "mask", "training")
    build_arguments = ("initial_state",)
    call_kwargs = {"mask": None}

    layer: Recurrent = arg(_Recurrence())
    merge_mode: str | None = arg(_MergeMode(), "concat")
    backward_layer: Recurrent = arg(_Recurrence(optional=True), None)

    def __init__(self, *args: Any, name: str | None = None, **kwargs: Any) -> None:
        # Keras's third argument are values for the weights, which archi has none of.
        weights = args[2] if len(args) > 2 else kwargs.pop("weights", None)
        if weights is not None:
            raise LayerError("the weights of a Bidirectional must be None")
        super().__init__(*args[:2], *args[3:], name=name, **kwargs)

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.layer, self.backward_layer

    def validate(self) -> None:
        given = self.layer
        self.layer = _again(given, "forward")
        if self.backward_layer is None:
            self.backward_layer = _again(given, "backward", go_backwards=True)
        if self.layer.go_backwards == self.backward_layer.go_backwards:
            raise self.refuse("wants one layer that goes backwards", self.layer.go_backwards)
        for key in ("stateful", "return_sequences", "return_state"):
            both = getattr(self.layer, key), getattr(self.backward_layer, key)
            if both[0] != both[1]:
                raise self.refuse(f"wants layers with the same {key}", both)
        for layer in (self.layer, self.backward_layer):
            layer.zero_output_for_mask = layer.return_sequences
        super().validate()

    def infer(self, x: Shape, *, initial_state: Any = None, **_: Any) -> Inference:
        halves: tuple[Any, Any] = (None, None)
        if initial_state is not None:
            if not is_list(initial_state):
                raise self.refuse("wants states of both directions", initial_state)
            half = len(initial_state) // 2
            halves = list(initial_state[:half]), list(initial_state[half:])
        forward = self.layer.infer(x, initial_state=halves[0])
        backward = self.backward_layer.infer(x, initial_state=halves[1])
        if forward.outputs[0] != backward.outputs[0]:
            both = forward.outputs[0], backward.outputs[0]
            raise self.refuse("wants layers that give the same shape", both)
        output, *states = forward.outputs
        merged, between, merge_cost = self._merge(output)
        return Inference(
            (*merged, *states, *backward.outputs[1:]),
            (*owned(self.layer, forward.weights), *owned(self.backward_layer, backward.weights)),
            total(forward.macs, backward.macs),
            total(forward.elementwise, backward.elementwise, merge_cost),
            why=forward.why,
            inner=(*forward.inner, *backward.inner, *between),
            kept=(
                *(forward.kept or ()),
                *(backward.kept or ()),
                *(between if self.merge_mode == "mul" else ()),
            ),
        )

    def _merge(self, output: Shape) -> tuple[tuple[Shape, ...], tuple[Shape, ...], int | None]:
        """Return what two outputs become, what is in between, and what that costs."""
        if self.merge_mode is None:
            return (output, output), (), 0
        if self.merge_mode == "concat":
            return ((*output[:-1], product(2, output[-1])),), (output, output), 0
        return (output,), (output, output), scaled(1, output)

    def build(self, x: Shape) -> None:
        super().build(x)
        self.layer.build(x)
        self.backward_layer.build(x)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)


def _again(layer: Recurrent, direction: str, **changes: Any) -> Recurrent:
    """Return a layer of the same config under a name that says its direction."""
    document = write_layer(layer)
    name = f"{direction}_{layer.name.removeprefix(f'{direction}_')}"
    document["config"] = {**document["config"], **changes, "name": name}
    again = inner_layer(document)
    assert isinstance(again, Recurrent)
    return again


class Pipeline(Holder):
    """Layers one after another, each called on what the one before gives."""

    casts_inputs = False
    call_kwargs = {"training": True, "mask": None}
    # What Keras's constructor does not take.
    trainable = True
    dtype = "float32"
    activity_regularizer = None

    layers: tuple[Layer, ...] = arg(LayersArgument())

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.layers

    def infer(self, x: Shape) -> Inference:
        each: list[Inference] = []
        for layer in self.layers:
            each.append(self.infer_inner(layer, x))
            x = each[-1].outputs[0]
        if not each:
            raise self.refuse("holds at least one layer", [])
        made = [inference.outputs[0] for inference in each[:-1]]
        return Inference(
            (x,),
            tuple(
                [
                    weight
                    for layer, one in zip(self.layers, each, strict=True)
                    for weight in owned(layer, one.weights)
                ]
            ),
            total(*[one.macs for one in each]),
            total(*[one.elementwise for one in each]),
            why=next((one.why for one in each if one.elementwise is None), ""),
            inner=(*made, *[shape for one in each for shape in one.inner]),
            dtypes=each[-1].dtypes or (self.layers[-1].output_dtype,),
        )

    def build(self, x: Shape) -> None:
        super().build(x)
        for layer in self.layers:
            one = self.infer_inner(layer, x)
            layer.build(x)
            x = one.outputs[0]

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """That of the one layer that reads more than its own position, if it is one."""
        reaches = []
        for layer in self.layers:
            reaches.append(layer.reach(shapes, spatial))
            shapes = [self.infer_inner(layer, shapes[0]).outputs[0]]
        wider = [reach for reach in reaches if reach is not ITSELF]
        return (wider[0] if len(wider) == 1 else None) if wider else ITSELF

    def get_config(self) -> dict[str, Any]:
        return {"layers": [write_layer(layer) for layer in self.layers], "name": self.name}
