"""`package.module:attribute` → Graph: a network that the user's own Python code makes.

The module is imported and what it names is called: a network written against
`archi.layers`, or a `keras.Model`, which is made in a scope of Keras that allocates no
weights.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from archi.bridge import import_keras, native_silence
from archi.errors import ArchiError, printable, quote
from archi.families._registry import Family
from archi.graph import Graph, Settings, building
from archi.readers._settings import read_settings
from archi.spec import Spec, parse_options
from archi.tracing._code import SHOWN, Place, call, find, output_aside
from archi.tracing._inputs import Arguments

STATIC = "a network written against archi.layers"


def load_object(target: str, given: Mapping[str, str], batch: int | None) -> Graph:
    """Return the network of a Python target, `module:attribute` and `key=value` arguments.

    The attribute is a `keras.Model`, an `archi.Graph`, a family declared with `@family`, or
    a callable that returns one. Raises ArchiError where it can't be imported or called, is
    none of these, or was never built and has no input.
    """
    place = Place(target)
    with native_silence() as stderr, output_aside(stderr):
        graph = _graph_of(find(place), place, given, batch)
    graph.source = {"kind": "python", "target": target}
    return graph


def _graph_of(found: Any, place: Place, given: Mapping[str, str], batch: int | None) -> Graph:
    if isinstance(found, Family):
        return _family_graph(found, place, given, batch)
    settings = read_settings(given, batch, "a Python object")
    called: dict[int, Arguments] = {}
    made = callable(found) and not _is_layer(found)
    function = found
    if made:
        found = _made(function, place, called)
    elif place.arguments:
        raise ArchiError(f"{quote(place.name, SHOWN)} is not called and takes no arguments")
    if isinstance(found, Family):
        raise ArchiError(f"{quote(place.name, SHOWN)} returns a family; name it itself")
    if isinstance(found, Graph):
        return _static_graph(found, place, settings)
    if not _is_layer(found):
        raise ArchiError(
            f"{quote(place.target, SHOWN)} is of class {type(found).__name__}",
            hint="it is to be a keras.Model or an archi.Graph, or a function that returns one",
        )
    from archi.tracing._live import live_graph

    return live_graph(
        import_keras(),
        found,
        settings,
        place.title,
        called.get(id(found)),
        (lambda: call(function, place)) if made else None,
    )


def _family_graph(
    family: Family, place: Place, given: Mapping[str, str], batch: int | None
) -> Graph:
    texts = {family.key(key): _as_text(value) for key, value in place.arguments.items()}
    values = {**family.defaults, **parse_options(family, {**texts, **given}, variables=True)}
    for variable in family.variables:
        if variable not in values:
            raise ArchiError(
                f"{family.template.text} needs {variable}",
                hint=f"give it as {printable(place.name)},{variable}=VALUE",
            )
    return Spec(family, values).build(batch)


def _as_text(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _static_graph(graph: Graph, place: Place, settings: Settings) -> Graph:
    for name, value in zip(Settings._fields, settings, strict=True):
        if value is not None:
            raise ArchiError(
                f"{name} can't be set for {STATIC}: it is what that says",
                hint=f"let a function make it, and give it as {printable(place.name)},{name}=VALUE",
            )
    return graph


def _is_layer(value: Any) -> bool:
    """Whether a value is a model or layer of Keras; where Keras is not imported, nothing is."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.layers.Layer)


def _made(function: Any, place: Place, called: dict[int, Arguments]) -> Any:
    """Return what a callable returns; `called` notes what models are called on meanwhile."""
    with building():
        if "keras" not in sys.modules:  # then it is none of the module's business
            return call(function, place)
        keras = import_keras()
        with _fresh(keras, called):
            return call(function, place)


@contextmanager
def _fresh(keras: ModuleType, called: dict[int, Arguments]) -> Iterator[None]:
    from archi.tracing._live import noting_inputs
    from archi.tracing._trace import fresh_names

    stateless = keras.StatelessScope(initialize_variables=False)
    with stateless, fresh_names(keras), noting_inputs(keras, called):
        yield
