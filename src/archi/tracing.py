"""`package.module:attribute` → Graph: a model that the user's own Python code makes.

The module is imported and what it names is called, inside a scope of Keras that allocates
no weights. A model of Keras's own layers is then read from its config, like a file. Where
a class of the user's calls layers, its `call` is run on symbolic tensors, so that the
layers inside are nodes too, named `outer/inner`. A class for which that can't be done is
one layer, with its weights and shapes, and uncounted.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from archi.bridge import import_keras, native_silence
from archi.errors import ArchiError, printable, quote
from archi.graph import Graph, Settings, Weight, building
from archi.readers._config import build_graph
from archi.readers._weights import Names, Weights

CONSTANTS = {"true": True, "false": False, "none": None}


def load_object(target: str, settings: Settings) -> Graph:
    """Return the network of a Python target, `module:attribute` and `key=value` arguments.

    The attribute is a `keras.Model`, an `archi.Graph`, a family declared with `@family`, or
    a callable that returns one. Raises ArchiError where it can't be imported or called, is
    none of these, or was never built and has no input.
    """
    name, *options = target.split(",")
    module_name, _, attribute = name.rpartition(":")
    arguments = dict(map(_argument, options))
    # Stdout carries the result alone, and stderr what the user's own code says.
    with native_silence() as stderr, redirect_stdout(stderr):
        found = _attribute(_import(module_name.strip()), attribute.strip(), name)
        graph = _graph_of(found, arguments, settings, target)
    graph.source = {"kind": "python", "target": target}
    return graph


def _argument(option: str) -> tuple[str, Any]:
    key, equals, text = option.partition("=")
    if not equals or not key.strip().isidentifier():
        raise ArchiError(f"an argument is written key=value, not {quote(option.strip())}")
    return key.strip(), _value(text.strip())


def _value(text: str) -> Any:
    """Return an argument's value: a number, true, false, none, sizes such as 32x32x3, text."""
    if text.lower() in CONSTANTS:
        return CONSTANTS[text.lower()]
    sizes = text.split("x")
    if len(sizes) > 1 and all(size.isascii() and size.isdigit() for size in sizes):
        return tuple(map(int, sizes))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _import(name: str) -> ModuleType:
    """Import a module by its name, from the current folder first, or by a path to its file."""
    try:
        if name.endswith(".py"):
            return _import_file(name)
        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        return import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the user's code may raise anything, SystemExit too
        raise ArchiError(f"can't import {quote(name, 80)}: {_described(error)}") from None


def _import_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        raise FileNotFoundError("there is no such file")
    name = os.path.basename(path)[:-3]
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules.setdefault(name, module)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))  # for what it imports itself
    spec.loader.exec_module(module)
    return module


def _described(error: BaseException) -> str:
    text = printable(" ".join(str(error).split()))[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _attribute(module: ModuleType, path: str, name: str) -> Any:
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            from difflib import get_close_matches

            names = [each for each in dir(found) if not each.startswith("_")]
            near = get_close_matches(part, names)
            hint = f"did you mean {near[0]}?" if near else ""
            raise ArchiError(f"{quote(name, 80)}: there is no {quote(part)}", hint=hint)
        found = getattr(found, part)
    return found


def _graph_of(found: Any, arguments: dict[str, Any], settings: Settings, target: str) -> Graph:
    from archi.families._registry import Family

    if isinstance(found, Family):
        return _family_graph(found, arguments, settings)
    if isinstance(found, Graph):
        return found
    if not callable(found) or _is_model(found):
        return _model_graph(found, settings, target)
    if "keras" in sys.modules:
        return _model_graph(_call_in_keras(found, arguments, target), settings, target)
    with building():
        made = _call(found, arguments, target)
    return made if isinstance(made, Graph) else _model_graph(made, settings, target)


def _family_graph(family: Any, arguments: dict[str, Any], settings: Settings) -> Graph:
    from archi.spec import Spec, parse_options

    given = {key: str(value).lower() for key, value in arguments.items()}
    if settings.input is not None:
        given["input"] = "x".join(map(str, settings.input))
    values = {**family.defaults, **parse_options(family, given)}
    for variable in family.variables:
        if variable not in values:
            raise ArchiError(f"{family.template.text} needs {variable}=")
    return Spec(family, values).build(settings.batch)


def _call_in_keras(function: Callable[..., Any], arguments: dict[str, Any], target: str) -> Any:
    keras = import_keras()
    with keras.StatelessScope(initialize_variables=False):
        return _call(function, arguments, target)


def _call(function: Callable[..., Any], arguments: Mapping[str, Any], target: str) -> Any:
    try:
        return function(**arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ArchiError(f"{quote(target, 80)} raises {_described(error)}") from None


def _is_model(value: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.layers.Layer)


def _model_graph(model: Any, settings: Settings, target: str) -> Graph:
    """Return the graph of a `keras.Model`."""
    if isinstance(model, Graph):
        return model
    if not _is_model(model):
        kind = type(model).__name__
        raise ArchiError(
            f"{quote(target, 80)} is {kind}, and neither a keras.Model nor returns one",
            hint="it is to be a keras.Model, or a function that returns one",
        )
    keras = import_keras()
    title = target.partition(",")[0].rpartition(":")[2] + "".join(target.partition(",")[1:])
    tracer = _Tracer(keras, model, settings)
    try:
        return tracer.graph(title)
    except ArchiError:
        raise
    except Exception as error:  # of the user's code, or of Keras on its way through it
        raise ArchiError(f"{quote(target, 80)} can't be inspected: {_described(error)}") from None


class _Tracer:
    """Makes the graph of one model."""

    def __init__(self, keras: ModuleType, model: Any, settings: Settings) -> None:
        self.keras = keras
        self.model = model
        self.settings = settings

    def graph(self, title: str) -> Graph:
        """Return the graph, with as many of the layers inside as can be followed."""
        with self.keras.StatelessScope(initialize_variables=False):
            if all(map(_is_kerass, self.model._flatten_layers())):
                return self._read(self.model, title, self.settings)
            inputs = self._inputs()
            self._build(inputs)
            wanted = _count(self.model)
            for expands in (_has_layers, _has_layers_alone, _nothing):
                graph = self._traced(inputs, title, expands)
                if graph is not None and _params(graph) == wanted:
                    return graph
        raise ArchiError(
            f"{quote(self.model.name)} can't be followed: its parameters are used in ways "
            "that leave no trace in a symbolic call"
        )

    def _read(
        self, model: Any, title: str, settings: Settings, places: Mapping[str, Any] | None = None
    ) -> Graph:
        """Read a functional or Sequential model from its config, layers shared as they are."""
        # What `model.save` does, and the one thing Keras has no public name for.
        with self.keras.src.saving.serialization_lib.ObjectSharingScope():
            document = self.keras.saving.serialize_keras_object(model)
        document = json.loads(json.dumps(document))  # as a file would have it: tuples are lists
        if places is not None:
            for layer in document["config"]["layers"]:
                layer["scopes"], layer["label"] = places.get(layer["name"], ((), layer["name"]))
        weights = _LiveWeights(model)
        scoped = places is not None
        graph = build_graph(
            document, title=title, settings=settings, weights=weights, scoped=scoped
        )
        graph.name = self.model.name
        return graph

    def _inputs(self) -> Any:
        """Return symbolic inputs of the model. Raises ArchiError where they are unknown."""
        size = self.settings.input
        noted = getattr(self.model, "_build_shapes_dict", None) or {}
        if size is not None:
            shape: Any = (None, *size)
        elif getattr(self.model, "inputs", None):
            return self.keras.tree.map_structure(
                lambda x: self._input(x.shape, x.dtype), self.model._inputs_struct
            )
        elif len(noted) == 1:
            (shape,) = noted.values()
        else:
            raise ArchiError(
                f"the model {quote(self.model.name)} was never built: its input is unknown",
                hint="give it with --input, such as --input 32x32x3",
            )
        if isinstance(shape, dict):
            return {key: self._input(each) for key, each in shape.items()}
        if isinstance(shape, list):
            return [self._input(each) for each in shape]
        return self._input(shape)

    def _input(self, shape: Any, dtype: str | None = None) -> Any:
        batch = shape[0] if self.settings.batch is None else self.settings.batch
        return self.keras.Input(batch_shape=(batch, *shape[1:]), dtype=dtype)

    def _build(self, inputs: Any) -> None:
        """Call the model once as it is, which builds every layer inside."""
        try:
            self.model(inputs)
        except Exception as error:
            raise ArchiError(
                f"{quote(self.model.name)} can't be called on its input: {_described(error)}"
            ) from None

    def _traced(self, inputs: Any, title: str, expands: Callable[[Any], bool]) -> Graph | None:
        """Return the graph with the layers inside those that `expands` says; None on failure."""
        with _Expansion(self.keras, self.model, expands) as expansion:
            try:
                outputs = expansion.call(self.model, inputs)
                flat = self.keras.Model(inputs, outputs, name="traced")
                _name_weights(self.keras, flat)
                settings = Settings(batch=self.settings.batch)
                return self._read(flat, title, settings, expansion.places)
            except ArchiError:
                raise
            except Exception:  # of code that can't be run on symbolic tensors
                return None


class _Expansion:
    """While it is open, calls of some layers run their `call`: what is inside becomes nodes.

    `places` says, by the name an operation has meanwhile, in which layers it is and what it
    is called there. Layers get their names back in the end.
    """

    def __init__(self, keras: ModuleType, model: Any, expands: Callable[[Any], bool]) -> None:
        self.layer_class = keras.layers.Layer
        self.operation_class = keras.Operation
        self.model = model
        self.expands = expands
        self.path: list[tuple[str, str]] = []  # name and class of the layers around
        self.names: dict[Any, str] = {}
        self.failed: set[int] = set()
        self.places: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {}

    def __enter__(self) -> _Expansion:
        self.call_layer = self.layer_class.__call__
        self.call_operation = self.operation_class.symbolic_call
        expansion = self

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            return expansion.call(layer, *args, **kwargs)

        def symbolic_call(operation: Any, *args: Any, **kwargs: Any) -> Any:
            expansion.note(operation)
            return expansion.call_operation(operation, *args, **kwargs)

        self.layer_class.__call__ = call
        self.operation_class.symbolic_call = symbolic_call
        return self

    def __exit__(self, *exception: object) -> None:
        self.layer_class.__call__ = self.call_layer
        self.operation_class.symbolic_call = self.call_operation
        for operation, name in self.names.items():
            operation.name = name

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a layer, or what is inside it."""
        outermost = layer is self.model
        if not outermost and (id(layer) in self.failed or not self.expands(layer)):
            self.note(layer)
            return self.call_layer(layer, *args, **kwargs)
        depth = len(self.path)
        if not outermost:
            self.path.append((layer.name, type(layer).__name__))
        try:
            if "training" in inspect.signature(layer.call).parameters:
                kwargs.setdefault("training", False)
            return layer.call(*args, **kwargs)
        except Exception:
            if outermost:
                raise
            self.failed.add(id(layer))
        finally:
            del self.path[depth:]
        return self.call(layer, *args, **kwargs)

    def note(self, operation: Any) -> None:
        """Note where an operation is met first, and make its name tell of it."""
        if operation not in self.names:
            self.names[operation] = operation.name
            label = operation.name
            # No slash: TensorFlow's name scopes take none.
            operation.name = ">".join([*(name for name, _ in self.path), label])
            self.places[operation.name] = tuple(self.path), label


def _is_kerass(layer: Any) -> bool:
    """Whether a layer is of a class of Keras's."""
    return type(layer).__module__.partition(".")[0] == "keras"


def _has_layers(layer: Any) -> bool:
    """Whether a layer is of the user's making and has layers inside."""
    return not _is_kerass(layer) and len(list(layer._flatten_layers())) > 1


def _has_layers_alone(layer: Any) -> bool:
    """Whether it also has no weights of its own beside those of the layers inside."""
    return _has_layers(layer) and not layer._trainable_variables + layer._non_trainable_variables


def _nothing(layer: Any) -> bool:
    return False


def _count(model: Any) -> int:
    """Return the number of parameters in a model, each variable once."""
    return int(model.count_params())


def _params(graph: Graph) -> int:
    return graph.totals.params


def _name_weights(keras: ModuleType, model: Any) -> None:
    """Put a description in place of each weight that an operation of a model reads itself."""
    met: set[int] = set()

    def described(value: Any) -> Any:
        if not isinstance(value, keras.Variable):
            return value
        new = id(value) not in met
        met.add(id(value))
        config = {
            "name": value.name,
            "shape": list(value.shape),
            "dtype": value.dtype,
            "trainable": bool(value.trainable),
            "counted": new,
        }
        return {"class_name": "__weight__", "config": config}

    for operation in model.operations:
        for node in operation._inbound_nodes:
            arguments = node.arguments
            arguments.args = keras.tree.map_structure(described, arguments.args)
            arguments.kwargs = keras.tree.map_structure(described, arguments.kwargs)


class _LiveWeights(Weights):
    """The weights of the layers of a model that is there."""

    def __init__(self, model: Any) -> None:
        self.layers = {layer.name: layer for layer in model._flatten_layers()}

    def of(self, store: str, names: Names, trainable: bool) -> tuple[Weight, ...] | None:
        layer = self.layers.get(names[-1])
        if layer is None:
            return None
        return tuple(
            Weight(weight.name, tuple(weight.shape), bool(weight.trainable))
            for weight in layer.weights
        )
