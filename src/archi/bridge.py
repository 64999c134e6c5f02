"""Graph ⇄ `keras.Model`: the only module that imports Keras.

A graph carries Keras's own class names and configs, so one generic road leads to the
real model: write the functional config, let Keras build from it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import zip_longest
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from archi.errors import ArchiError, KerasMissing, printable, quote
from archi.flat import flat
from archi.graph import Graph, Node, Shape, Tensor, map_tensors, tensors_in
from archi.layers import Layer
from archi.layers._nested import Sequential, members
from archi.layers._values import write_values
from archi.layers.core import InputLayer

if TYPE_CHECKING:
    import keras


def functional_config(graph: Graph) -> dict[str, Any]:
    """Return the config of the functional model, as its `get_config()` gives it.

    Models inside it are opened up, see `flat`. Raises ArchiError for unknown layers.
    """
    graph = flat(graph)
    writer = _ConfigWriter(graph)
    return {
        "name": graph.name,
        "trainable": True,
        "layers": [writer.member(member) for member in members(graph.layers)],
        "input_layers": writer.ends(graph.ends[0]),
        "output_layers": writer.ends(graph.ends[1]),
    }


def functional_json(graph: Graph) -> str:
    """Return what `keras.Model.to_json()` returns; `keras.models.model_from_json` reads it."""
    if graph.live is not None:
        with graph.live.running():
            return graph.live.to_json()
    document = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": functional_config(graph),
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
        "compile_config": {},
    }
    return json.dumps(document)


class _ConfigWriter:
    """Writes layers and tensors as Keras's functional config has them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.index = {
            node: index
            for layer in graph.layers
            for index, node in enumerate(graph.calls_of(layer))
        }

    def member(self, member: Layer | Sequential) -> dict[str, Any]:
        return self.layer(member) if isinstance(member, Layer) else self.sequential(member)

    def sequential(self, model: Sequential) -> dict[str, Any]:
        """Write a model inside the network; within it only the order of the layers counts."""
        first = model.calls[0]
        (x,) = first.inputs
        source = InputLayer(batch_shape=x.shape, dtype=x.dtype, name=model.input_name)
        layers: list[dict[str, Any]] = [
            {
                "module": source.module,
                "class_name": source.class_name,
                "config": source.get_config(),
                "registered_name": source.registered_name,
            }
        ]
        for layer, name in zip(model.layers, model.inner_names, strict=True):
            document = {**self.layer(layer), "config": {**layer.get_config(), "name": name}}
            del document["name"], document["inbound_nodes"]
            layers.append(document)
        return {
            "module": "keras",
            "class_name": model.class_name,
            "config": {
                "name": model.name,
                "trainable": True,
                "dtype": layers[1]["config"]["dtype"],
                "layers": layers,
                "build_input_shape": x.shape,
            },
            "registered_name": None,
            "build_config": {"input_shape": x.shape},
            "name": model.name,
            "inbound_nodes": [{"args": [self._tensor(x)], "kwargs": {"mask": None}}],
        }

    def layer(self, layer: Layer) -> dict[str, Any]:
        calls = [node for node in self.graph.calls_of(layer) if node.inputs]
        config = {
            "module": layer.module,
            "class_name": layer.class_name,
            "config": layer.get_config(),
            "registered_name": layer.registered_name,
            "name": layer.name,
            "inbound_nodes": [self._call(node) for node in calls],
        }
        build_config = layer.build_config(calls[0]) if calls else None
        if build_config is not None:
            config["build_config"] = build_config
        return config

    def _call(self, node: Node) -> dict[str, Any]:
        return {
            "args": write_values(list(node.args), self._tensor),
            "kwargs": write_values(node.kwargs, self._tensor),
        }

    def _tensor(self, tensor: Tensor) -> dict[str, Any]:
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": tensor.shape,
                "dtype": tensor.dtype,
                "keras_history": self._history(tensor),
            },
        }

    def _history(self, tensor: Tensor) -> list[Any]:
        layer = tensor.node.layer
        return [(layer.owner or layer).name, self.index[tensor.node], tensor.index]

    def ends(self, tensors: Any) -> Any:
        return map_tensors(self._history, tensors)


def import_keras() -> ModuleType:
    """Import Keras quietly. Raises KerasMissing with how to get it."""
    try:
        with native_silence():
            import keras
    except Exception as error:  # what a backend raises while it loads is up to it
        raise KerasMissing(
            f"this needs real Keras, which can't be imported: {error}", hint=_how_to_get_keras()
        ) from None
    return keras


def _how_to_get_keras() -> str:
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        return f"KERAS_BACKEND is {quote(os.environ['KERAS_BACKEND'])}; is that backend installed?"
    if sys.version_info >= (3, 14):
        return "TensorFlow has no wheel for this Python; use Python 3.10 to 3.13"
    return "pip install tensorflow"


@contextmanager
def native_silence() -> Iterator[TextIO]:
    """Keep what native libraries print to standard error away from the terminal.

    Python's own `sys.stderr`, which this gives, still gets there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error to keep silent
        yield sys.stderr
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    python = sys.stderr
    sys.stderr = open(kept, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    try:
        yield sys.stderr
    finally:
        sys.stderr.close()
        sys.stderr = python
        os.dup2(kept, 2)
        os.close(kept)


def to_keras(graph: Graph, *, initialize: bool = True) -> keras.Model:
    """Return the real `keras.Model`, built by Keras from the graph's config.

    With `initialize=False` no weight is allocated; shapes and counts are still there. Keras
    can't put that off for layers that keep a state from one batch to the next.

    Raises KerasMissing where Keras can't be imported, ArchiError where it can't build the
    model, for want of memory for one.
    """
    keras = import_keras()
    if graph.live is not None:
        with graph.live.running():
            return graph.live.model(graph, initialize=initialize)
    # A copy through JSON: Keras takes configs apart while it reads them.
    config = json.loads(json.dumps(functional_config(graph)))
    allocates = initialize or any(layer.keeps_state for layer in graph.layers)
    scope = nullcontext() if allocates else keras.StatelessScope(initialize_variables=False)
    try:
        with _deep_recursion(len(graph.nodes)), scope:
            return keras.Model.from_config(config)
    except Exception as error:
        raise ArchiError(f"Keras could not build {graph.title}: {_brief(error)}") from None


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {printable(str(error).strip()[:300])}"


@contextmanager
def _deep_recursion(nodes: int) -> Iterator[None]:
    """Make room for Keras, which walks a network recursively."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 10 * nodes))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def save_keras(graph: Graph, path: str) -> None:
    """Write a `.keras` file with freshly initialised weights, whole or not at all.

    It is written in a folder of its own beside `path`, then renamed. Raises KerasMissing,
    or OSError where the file can't be written.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "not a regular file")
    path = os.path.realpath(path)
    with tempfile.TemporaryDirectory(prefix=".archi-", dir=os.path.dirname(path)) as beside:
        part = os.path.join(beside, "model.keras")
        with _running(graph):
            model = to_keras(graph)
            try:
                model.save(part)
            except OSError:
                raise
            except Exception as error:  # of a config that the user's own code writes
                raise ArchiError(f"Keras could not save {graph.title}: {_brief(error)}") from None
        os.replace(part, path)


def _running(graph: Graph) -> AbstractContextManager[None]:
    """Return a context for what is done with a real model, which may be of the user's code."""
    return graph.live.running() if graph.live else nullcontext()


def forget() -> None:
    """Let go of the models Keras built so far, and of their names."""
    import_keras().backend.clear_session()


class Verification(NamedTuple):
    """What `verify` found. `forward` and `train_step` are None where they were not run."""

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
        ran = [step["ok"] for step in (self.forward, self.train_step) if step is not None]
        return not self.mismatches and all(ran)


def verify(graph: Graph, *, run: bool = True) -> Verification:
    """Build the real model and compare everything with the graph.

    Compares, layer by layer, names, classes, output shapes, and names, shapes and
    trainability of weights; then the counts. With `run`, one forward pass on random
    input and one training step follow.

    Raises KerasMissing where Keras can't be imported.
    """
    with _running(graph):
        return _verified(graph if graph.live else flat(graph), run)


def _verified(graph: Graph, run: bool) -> Verification:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    model = to_keras(graph, initialize=run)
    forward = train_step = None
    mismatches = list(graph.live.compare(graph, model) if graph.live else compare(graph, model))
    real = graph.live.counts(model) if graph.live else real_counts(model)  # a step may add some
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
    totals = graph.totals
    return {
        "layers": len(graph.layers),
        "weights": sum(len(layer.weights) for layer in graph.layers),
        "params": totals.params,
        "trainable_params": totals.trainable_params,
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
    for twin, (name, real) in zip_longest(graph.layers, _operations(model), fillvalue=(None, None)):
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
    real = real_counts(model)
    for key, value in _static_counts(graph).items():
        yield from differences(f"total {key}", value, real[key])


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
        return {"ok": False, "error": _brief(error)}
    return result


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
