"""A static twin beside the real Keras layer it stands for, compared in everything they say.

`check` builds both from the same arguments on the same input shapes. Real Keras runs in a
scope that allocates no weight, so a check takes milliseconds.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from archi import Graph
from archi.bridge.model import import_keras, to_keras
from archi.errors import KerasMissing, LayerError
from archi.graph import Node, Tensor, building
from archi.layers import Input, layer_class

ACCEPTED, REFUSED = "accepted", "refused"
NAME = "parity"  # of the model around the layer

Shape = tuple[int | None, ...]


class Arguments(NamedTuple):
    """The arguments of one call: a shape stands for a tensor, in lists as well.

    Anything else is given as it is.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __str__(self) -> str:
        given = [*map(str, self.args), *(f"{k}={v}" for k, v in self.kwargs.items())]
        return f"({', '.join(given)})"


# What a layer is called on: a tensor, a list of tensors, or several arguments.
Call = Shape | list[Shape] | Arguments


class Inner(NamedTuple):
    """A layer as an argument of another; each side makes its own."""

    layer: str
    kwargs: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.layer}({', '.join(f'{k}={v}' for k, v in self.kwargs.items())})"

    __repr__ = __str__


class Case(NamedTuple):
    """A layer's class and arguments, and the shapes (batch first) of each call of it.

    No call at all is for an InputLayer, which is a tensor as soon as it exists.
    `default_format` is the data format of layers around it that name none; `dtype` that of
    the tensors it is called on.
    """

    layer: str
    kwargs: dict[str, Any]
    calls: tuple[Call, ...]
    args: tuple[Any, ...] = ()
    default_format: str = "channels_last"
    dtype: str = "float32"

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        dtype = "" if self.dtype == "float32" else f" {self.dtype}"
        return f"{self.layer}({', '.join(given)}) on{dtype} {', '.join(map(str, self.calls))}"


class Built(NamedTuple):
    """One side of a comparison: the layer, the outputs of its calls, the model around it."""

    layer: Any
    outputs: list[Any]
    model: Any


class Refused(NamedTuple):
    """One side of a comparison that would not have the layer, and what it said."""

    error: Exception


def any_keras() -> ModuleType:
    """Return real Keras; the test that asks is skipped where there is none."""
    try:
        return import_keras()
    except KerasMissing as missing:
        pytest.skip(str(missing))


def keras() -> ModuleType:
    """Return Keras of the version the twins follow in what they accept and write.

    Python 3.10 gets Keras 3.12, which takes some layers and graphs that later ones refuse,
    and the other way round; whole networks are compared there all the same.
    """
    found = any_keras()
    if tuple(map(int, found.__version__.split(".")[:2])) < (3, 15):
        pytest.skip(f"the layer twins follow Keras 3.15; this is {found.__version__}")
    return found


def check(case: Case) -> str:
    """Return ACCEPTED or REFUSED, as both sides say. Raises AssertionError where they differ."""
    real_keras = keras()
    twin = build_twin(case)
    stateful = isinstance(twin, Built) and twin.layer.keeps_state
    with _session(real_keras, case.default_format, allocates=stateful):
        real = build_real(real_keras, case)
        if isinstance(twin, Refused) and isinstance(real, Refused):
            return REFUSED
        assert not isinstance(twin, Refused), f"{case}: Keras takes it, the twin says {twin.error}"
        assert not isinstance(real, Refused), f"{case}: the twin takes it, Keras says {real.error}"
        found = list(differences(case, twin, real))
    assert not found, "\n".join([f"{case} differs:", *found])
    return ACCEPTED


@contextmanager
def _session(
    real_keras: ModuleType, default_format: str, *, allocates: bool = False
) -> Iterator[None]:
    """Names counted from the start, this default data format, and no weight allocated.

    Layers that keep their state have to allocate it.
    """
    before = real_keras.config.image_data_format()
    real_keras.config.set_image_data_format(default_format)
    real_keras.backend.clear_session(free_memory=False)
    no_weights = real_keras.StatelessScope(initialize_variables=False)
    try:
        with (
            nullcontext() if allocates else no_weights,
            pytest.MonkeyPatch.context() as p,
        ):
            # It gives the very tensor it is called on: a cycle, which no model can hold.
            p.setattr(real_keras.layers.Equalization, "compute_output_spec", _output_like_input)
            yield
    finally:
        real_keras.config.set_image_data_format(before)


def _output_like_input(_layer: Any, inputs: Any, **_: Any) -> Any:
    return keras().KerasTensor(inputs.shape, dtype=inputs.dtype)


def build_twin(case: Case) -> Built | Refused:
    """Build archi's side. Only a LayerError is a refusal; anything else is a bug, and raised."""
    with building(case.default_format):
        try:
            layer = make(layer_class, case.layer, case.args, case.kwargs)
            ends = _call_all(layer, case, _twin_input) if case.calls else _twin_source(layer)
        except LayerError as error:
            return Refused(error)
        return Built(layer, ends[1], Graph(*map(_single, ends), name=NAME))


def build_real(real_keras: ModuleType, case: Case) -> Built | Refused:
    """Build Keras's side, which may refuse in any way."""
    try:
        layer = make(real_class, case.layer, case.args, case.kwargs)
        ends = _call_all(layer, case, _real_input) if case.calls else ([layer.output],) * 2
        return Built(layer, ends[1], real_keras.Model(*map(_single, ends), name=NAME))
    except ImportError as missing:  # Keras imports SciPy when a layer wants it
        pytest.skip(str(missing))
    except Exception as error:
        return Refused(error)


def make(find: Callable[[str], Any], name: str, args: Any, kwargs: Any) -> Any:
    """Make a layer, and before it those among its arguments; `find` gives a class by name."""

    def made(value: Any) -> Any:
        if isinstance(value, Inner):
            return make(find, value.layer, (), value.kwargs)
        if isinstance(value, list):
            return [made(item) for item in value]
        return deepcopy(value)

    return find(name)(*map(made, args), **{key: made(value) for key, value in kwargs.items()})


def real_class(layer: str) -> Any:
    """Return Keras's class of a layer, which most but not all have in `keras.layers`."""
    return getattr(import_module(layer_class(layer).module), layer)


def _twin_input(shape: Shape, dtype: str) -> Tensor:
    if not shape:  # `Input` gives every tensor a batch axis
        return _twin_source(layer_class("InputLayer")(batch_shape=(), dtype=dtype))[0][0]
    return Input(shape[1:], batch_size=shape[0], dtype=dtype)


def _real_input(shape: Shape, dtype: str) -> Any:
    return keras().Input(shape[1:], batch_size=shape[0], dtype=dtype)


def _twin_source(layer: Any) -> tuple[list[Tensor], list[Tensor]]:
    node = Node(layer, (), {}, layer.infer())
    layer.nodes.append(node)
    return list(node.outputs), list(node.outputs)


def _call_all(layer: Any, case: Case, source: Any) -> tuple[list[Any], list[Any]]:
    """Call a layer on fresh inputs for each call; return all inputs and all outputs."""
    inputs: list[Any] = []
    outputs: list[Any] = []

    def tensors(value: Any) -> Any:
        if isinstance(value, list):
            return [tensors(item) for item in value]
        if not isinstance(value, tuple):
            return value
        inputs.append(source(value, case.dtype))
        return inputs[-1]

    for call in case.calls:
        args, kwargs = call if isinstance(call, Arguments) else ((call,), {})
        args, kwargs = [tensors(arg) for arg in args], {k: tensors(kwargs[k]) for k in kwargs}
        outputs += _flat(layer(*args, **kwargs))
    return inputs, outputs


def _flat(outputs: Any) -> list[Any]:
    """Return tensors in the order in which Keras flattens them."""
    if isinstance(outputs, (list, tuple)):
        return [tensor for item in outputs for tensor in _flat(item)]
    return [outputs]


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def differences(case: Case, twin: Built, real: Built) -> Iterator[str]:
    """Yield what the twin says otherwise than Keras, in words."""
    for what, ours, theirs in _claims(case, twin, real):
        if ours == theirs:
            continue
        if isinstance(ours, dict):  # show what differs and nothing else
            same = {key for key in ours.keys() & theirs.keys() if ours[key] == theirs[key]}
            ours, theirs = _without(ours, same), _without(theirs, same)
        yield f"  {what}: {ours!r} here, {theirs!r} in Keras"


def _without(items: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: items[key] for key in items if key not in keys}


def _claims(case: Case, twin: Built, real: Built) -> Iterator[tuple[str, Any, Any]]:
    """Yield each thing that must be equal: what it is, archi's and Keras's."""
    yield "name", twin.layer.name, real.layer.name
    yield "shapes", [x.shape for x in twin.outputs], [tuple(x.shape) for x in real.outputs]
    yield "dtypes", [x.dtype for x in twin.outputs], [x.dtype for x in real.outputs]
    yield from _weight_claims(twin.layer, real.layer)
    config, real_config = twin.layer.get_config(), real.layer.get_config()
    again = type(real.layer).from_config(_through_json(config))
    yield "config", _paths(again.get_config()), _paths(real_config)
    known = {key: real_config.get(key) for key in config}
    yield "config as it is written", _without_inner(config), _without_inner(known)
    with building(case.default_format):
        read = type(twin.layer)(**_through_json(real_config)).get_config()
    yield "config read from Keras", _without_inner(read), _without_inner(config)
    yield "config keys Keras lacks", config.keys() - real_config.keys(), set()
    yield "config keys left out", _left_out(case, config, real.layer), set()
    yield "functional config", _skeleton(twin.model), _skeleton(real.model)
    ours, theirs = to_keras(twin.model, initialize=False).to_json(), real.model.to_json()
    yield "model", _paths(json.loads(ours)), _paths(json.loads(theirs))
    yield "model as JSON text is the same", ours == theirs, True


def _weight_claims(twin: Any, real: Any) -> Iterator[tuple[str, Any, Any]]:
    dtype = twin.weight_dtype
    ours = [
        (w.name, w.shape, w.trainable and twin.trainable, w.dtype or dtype) for w in twin.weights
    ]
    trained = {id(weight) for weight in real.trainable_weights}
    theirs = [(w.name, tuple(w.shape), id(w) in trained, w.dtype) for w in real.weights]
    yield "weights", ours, theirs
    yield "params", twin.params, real.count_params()
    number = sum(math.prod(w.shape) for w in real.trainable_weights)
    yield "trainable params", twin.trainable_params, number


def _without_inner(config: dict[str, Any]) -> dict[str, Any]:
    """Return the values in a config but those inside initializers, regularizers and so on.

    What these hold grows from one version of Keras to the next.
    """
    return {path: value for path, value in _paths(config).items() if "/config" not in path}


def _left_out(case: Case, config: dict[str, Any], real: Any) -> set[str]:
    """Return the keys that only Keras's config has, though the case sets the argument."""
    signature = inspect.signature(type(real))
    given = signature.bind(*case.args, **case.kwargs)
    given.apply_defaults()
    defaults = {name: p.default for name, p in signature.parameters.items()}
    for name, argument in layer_class(case.layer).arguments.items():
        if name not in defaults and name not in case.kwargs:  # Keras has it in its **kwargs
            defaults[name] = given.arguments[name] = argument.default
    return {
        key
        for key in real.get_config().keys() - config.keys()
        if key not in defaults or given.arguments[key] != defaults[key]
    }


def _skeleton(model: Any) -> dict[str, Any]:
    """Return a functional config without the layers' own configs: the graph alone."""
    config = model.get_config()
    layers = [_without(layer, {"config"}) for layer in config["layers"]]
    return _paths({**config, "layers": layers})


def _paths(config: Any) -> dict[str, Any]:
    """Return every value in a config, by the path to it."""
    return dict(_walk(_through_json(config), ""))


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if value and isinstance(value, dict):
        for key in value:
            yield from _walk(value[key], f"{path}/{key}")
    elif value and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}/{index}")
    else:
        yield path, value


def _through_json(value: Any) -> Any:
    """Return a config as a file would give it back: tuples are lists."""
    return json.loads(json.dumps(value))
