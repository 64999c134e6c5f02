"""Proof that a graph and the real `keras.Model` are equal, and that the model runs.

Layer by layer: names, classes, output shapes, weights; then the counts, a forward pass and
a training step.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from archi.analysis.counts import count
from archi.bridge._flat import flat
from archi.bridge.model import brief, import_keras, lacks_kernel, running, to_keras
from archi.errors import MachineLacks
from archi.graph import Graph, Shape, Tensor, map_tensors, tensors_in
from archi.twin.layer import Layer

if TYPE_CHECKING:
    import keras


class Verification(NamedTuple):
    """What `verify` found. `forward` and `train_step` are None where they were not asked for.

    Their `ok` is None where this machine can't run them, and `not_run` says why.
    """

    target: str
    keras: str
    backend: str
    static: dict[str, int]
    real: dict[str, int]
    mismatches: list[str]
    forward: dict[str, Any] | None
    train_step: dict[str, Any] | None

    @property
    def ok(self) -> bool:
        """Whether everything is equal and what was run did well."""
        equal = not self.mismatches and self.static == self.real
        return equal and all(step["ok"] is not False for step in self._steps)

    @property
    def not_run(self) -> str:
        """Why this machine can't run what was asked for, "" where it could."""
        return next((step["not_run"] for step in self._steps if "not_run" in step), "")

    @property
    def _steps(self) -> list[dict[str, Any]]:
        return [step for step in (self.forward, self.train_step) if step is not None]


def verify(graph: Graph, *, run: bool = True) -> Verification:
    """Build the real model and compare everything with the graph.

    Compares, layer by layer, names, classes, output shapes, and names, shapes and
    trainability of weights; then the counts. With `run`, one forward pass on random
    input and one training step follow.

    Raises KerasMissing where Keras can't be imported.
    """
    with running(graph):
        return _verified(graph if graph.live else _whole(flat(graph)), run)


def _whole(graph: Graph) -> Graph:
    """Return a graph with what nothing reads among its outputs, as for a loss of Keras 2.

    Keras leaves out of a model what no output reads.
    """
    made = [tensor for tensor in graph.unread if tensor.node.inputs]
    if not made:
        return graph
    alone = tuple([tensor for tensor in graph.unread if tensor not in made])
    outputs = [*graph.outputs, *made]
    result = Graph(graph.ends[0], outputs, name=graph.name, title=graph.title, unread=alone)
    result.data_format, result.source = graph.data_format, graph.source
    return result


def _verified(graph: Graph, run: bool) -> Verification:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    forward = train_step = None
    try:
        model = to_keras(graph, initialize=run)
    except MachineLacks as error:  # of a model that is built by being called
        run, forward = False, _not_run(error.message)
        model = to_keras(graph, initialize=False)
    mismatches = list(graph.live.compare(graph, model) if graph.live else compare(graph, model))
    live = graph.live
    real = live.counts(graph, model) if live else counts_beside(graph, model)  # a step adds some
    if run:
        forward = _attempt(lambda: _forward(graph, model))
        if graph.live is None or graph.live.trains:
            train_step = _trained(keras, graph, model)
    return Verification(
        target=graph.title,
        keras=keras.__version__,
        backend=keras.backend.backend(),
        static=_static_counts(graph),
        real=real,
        mismatches=mismatches,
        forward=forward,
        train_step=train_step,
    )


def _static_counts(graph: Graph) -> dict[str, int]:
    totals = count(graph).totals
    return {
        "layers": len(graph.layers),
        "weights": sum(len(layer.weights) for layer in graph.layers),
        "params": totals.params or 0,
        "trainable_params": totals.trainable_params or 0,
    }


def real_counts(model: keras.Model) -> dict[str, int]:
    """Return the counts of a real model."""
    return {"layers": len(_operations(model)), **weight_counts(model)}


def weight_counts(model: keras.layers.Layer) -> dict[str, int]:
    """Return the counts of the weights of a real model or layer."""
    return {
        "weights": len(model.weights),
        "params": model.count_params(),
        "trainable_params": sum(_size(weight) for weight in model.trainable_weights),
    }


def _operations(model: keras.Model, path: str = "") -> list[tuple[str, Any]]:
    """Return the names and layers of a model, those of models inside it in their place.

    Among them are the operations that `model.layers` leaves out.
    """
    found: list[tuple[str, Any]] = []
    for each in getattr(model, "operations", model.layers):
        if isinstance(each, import_keras().Model):
            found += _operations(each, f"{path}{each.name}/")
        else:
            found.append((path + each.name, each))
    return found


def _size(weight: Any) -> int:
    size = 1
    for length in weight.shape:
        size *= length
    return size


def compare(graph: Graph, model: keras.Model) -> Iterator[str]:
    """Yield every difference between a graph and a real model, in words."""
    calls = {call for depth in model._nodes_by_depth.values() for call in depth}
    masking = _masking(graph, model)
    operations = [(name, real) for name, real in _operations(model) if real not in masking]
    for twin, (name, real) in zip_longest(graph.layers, operations, fillvalue=(None, None)):
        if not isinstance(twin, Layer) or real is None:
            only = f"{twin.label} here" if isinstance(twin, Layer) else f"{name} in Keras"
            yield f"the layer is missing on one side: {only}"
            continue
        yield from differences(f"{twin.name}: name", twin.name, name)
        yield from differences(f"{twin.name}: class", twin.class_name, _class_name(twin, real))
        shapes = _shapes(graph, twin)
        # There may be calls beside the model's, of what else has been made of its layers.
        known = [node for node in real._inbound_nodes if node in calls or name != real.name]
        # A model inside is built before it is called: its layers may have two calls alike.
        real_shapes = _real_shapes(known)[: len(shapes) if twin.owner else None]
        yield from differences(f"{twin.name}: outputs", shapes, real_shapes)
        mine = [(w.name, w.shape, w.trainable and twin.trainable) for w in twin.weights]
        trained = {id(weight) for weight in getattr(real, "trainable_weights", ())}
        weights = getattr(real, "weights", ())  # an operation has none
        theirs = [(_weight_name(w), tuple(w.shape), id(w) in trained) for w in weights]
        yield from differences(f"{twin.name}: weights", mine, theirs)
    real = counts_beside(graph, model)
    for key, value in _static_counts(graph).items():
        yield from differences(f"total {key}", value, real[key])


def counts_beside(graph: Graph, model: keras.Model) -> dict[str, int]:
    """Return the counts of a real model, without the operations that masks are computed with."""
    counts = real_counts(model)
    return {**counts, "layers": counts["layers"] - len(_masking(graph, model))}


def _masking(graph: Graph, model: keras.Model) -> set[Any]:
    """Return the operations that Keras added to compute masks: it notes them as layers.

    It does where it calls layers on symbols, as when a Sequential is read as a graph: what a
    layer is given as its mask, up to what the graph has.
    """
    import keras

    known = {layer.name for layer in graph.layers}
    nodes = [node for depth in model._nodes_by_depth.values() for node in depth]
    pending = [
        tensor._keras_history.operation
        for node in nodes
        for tensor in keras.tree.flatten(node.arguments.kwargs.get("mask"))
        if hasattr(tensor, "_keras_history")
    ]
    found: set[Any] = set()
    while pending:
        each = pending.pop()
        if each in found or isinstance(each, keras.layers.Layer) or each.name in known:
            continue
        found.add(each)
        pending += [tensor._keras_history.operation for tensor in _inputs_of(each)]
    return found


def _inputs_of(operation: Any) -> list[Any]:
    return [tensor for node in operation._inbound_nodes for tensor in node.input_tensors]


def _class_name(twin: Layer, real: Any) -> str:
    """Return a real layer's class name, the one Keras publishes it under if it is that one."""
    import keras

    same = type(real) is getattr(keras.layers, twin.class_name, None)
    return twin.class_name if same else type(real).__name__


def _weight_name(weight: Any) -> str:
    """Return a weight's name; Keras numbers those that have none: `variable_7`."""
    name: str = weight.name
    return "variable" if name.startswith("variable_") else name


def differences(what: str, here: Any, there: Any) -> Iterator[str]:
    """Yield in words that two things are not equal, if they are not."""
    if here != there:
        yield f"{what}: {here} here, {there} in Keras"


def _shapes(graph: Graph, layer: Layer) -> list[Any]:
    return [tensor.shape for node in graph.calls_of(layer) for tensor in node.outputs]


def _real_shapes(calls: list[Any]) -> list[Any]:
    return [tuple(tensor.shape) for call in calls for tensor in call.outputs]


def _attempt(step: Any) -> dict[str, Any]:
    """Run a step of real code, which may fail in any way, and say how it went."""
    try:
        result: dict[str, Any] = step()
    except Exception as error:
        if lacks_kernel(error):
            return _not_run(brief(error))
        return {"ok": False, "error": brief(error)}
    return result


def _not_run(why: str) -> dict[str, Any]:
    return {"ok": None, "not_run": why}


BATCH = 2  # where it is open: the smallest over which normalisation has a variance
MAX_STEPS = 8  # of training; a branch left out half the time is in one of them, but once in 65,536


def _sizes(tensor: Tensor) -> Shape:
    """Return a tensor's sizes in a run; a sample may be several rows of it."""
    if not tensor.shape:
        return ()
    return (tensor.shape[0] or BATCH * (tensor.sample[0] or 1), *tensor.shape[1:])


def _random(tensor: Tensor, seed: int) -> Any:
    import numpy as np

    sizes = [size or 32 for size in _sizes(tensor)]
    return np.random.default_rng(seed).standard_normal(sizes, dtype="float32")


def _input(tensor: Tensor, seed: int) -> Any:
    """Random values that fit a tensor's dtype: texts and whole numbers are one of two."""
    import numpy as np

    if "float" in tensor.dtype or "complex" in tensor.dtype:
        return _random(tensor, seed)
    sizes = [size or 32 for size in _sizes(tensor)]
    numbers = np.random.default_rng(seed).integers(0, 2, sizes)
    return np.where(numbers, "a", "b") if tensor.dtype == "string" else numbers.astype(tensor.dtype)


def _inputs(graph: Graph) -> Any:
    """Random arrays in the structure of the network's inputs."""
    return _filled(graph.ends[0], [_input(tensor, i) for i, tensor in enumerate(graph.inputs)])


def _filled(ends: Any, values: list[Any]) -> Any:
    """Return the structure of a network's inputs or outputs with values for the tensors."""
    by_tensor = dict(zip(tensors_in(ends), values, strict=True))
    return map_tensors(by_tensor.__getitem__, ends)


def _forward(graph: Graph, model: keras.Model) -> dict[str, Any]:
    import keras
    import numpy as np

    if graph.live is None:
        outputs = model(_inputs(graph), training=False)
    else:
        outputs = graph.live.call(model, _inputs(graph))
    arrays = [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(outputs)]
    finite = all(bool(np.isfinite(array).all()) for array in arrays)
    right = all(
        size in (None, real)
        for tensor, array in zip(graph.outputs, arrays, strict=True)
        for size, real in zip(_sizes(tensor), array.shape, strict=True)
    )
    return {"ok": finite and right, "finite": finite, "shapes": [a.shape for a in arrays]}


def _trained(keras: ModuleType, graph: Graph, model: keras.Model) -> dict[str, Any]:
    """A training step, and where kernels stay as they were, one with other initial values.

    A kernel whose units happen to be off for every sample has no gradient: the few units that
    squeeze and excitation can have are, now and then.
    """
    step = _attempt(lambda: _train_step(keras, graph, model))
    if step["ok"] or "changed" not in step:
        return step
    keras.utils.set_random_seed(1)
    return _attempt(lambda: _train_step(keras, graph, to_keras(graph)))


def _train_step(keras: ModuleType, graph: Graph, model: keras.Model) -> dict[str, Any]:
    """A step of Adam, whose step does not shrink with the gradient; every kernel must move.

    Stochastic depth leaves branches out of a step, for every sample now and then: some more
    steps follow until each had its turn.
    """
    import numpy as np

    model.compile(
        optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-12),
        loss="mse",
        run_eagerly=True,
        jit_compile=False,
    )
    kernels = [weight for weight in model.trainable_weights if len(weight.shape) > 1]
    before = [keras.ops.convert_to_numpy(weight) for weight in kernels]
    targets = [_random(tensor, 1000 + i) for i, tensor in enumerate(graph.outputs)]
    given = _filled(graph.ends[1], targets)
    for _ in range(MAX_STEPS):
        losses = model.train_on_batch(_inputs(graph), given)  # with several outputs theirs follow
        loss = losses[0] if isinstance(losses, list) else losses
        changed = sum(
            not np.array_equal(old, keras.ops.convert_to_numpy(new))
            for old, new in zip(before, kernels, strict=True)
        )
        if changed == len(kernels) or not np.isfinite(loss):
            break
    ok = bool(np.isfinite(loss)) and changed == len(kernels)
    return {"ok": ok, "loss": float(loss), "changed": changed, "kernels": len(kernels)}
