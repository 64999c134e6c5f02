"""`package.module:attribute` → Graph: a network that the user's own Python code makes.

The module is imported and what it names is called: a network written against
`archi.layers`, or a `keras.Model`, which is made in a scope of Keras that allocates no
weights.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from archi.bridge.model import import_keras
from archi.errors import ArchiError, printable, quote
from archi.families.registry import Family
from archi.graph import Graph, building
from archi.python.traced._code import SHOWN, Place, call, find, line_of, running
from archi.python.traced._state import KerasWanted, importing, kept, until_keras
from archi.settings import Settings, read_settings
from archi.spec import Spec, parse_options

STATIC = "a network written against archi.layers"


def load_object(target: str, given: Mapping[str, str], batch: int | None) -> Graph:
    """Return the network of a Python target, `module:attribute` and `key=value` arguments.

    The attribute is a `keras.Model`, an `archi.Graph`, a family declared with `@family`, or
    a callable that returns one. Raises ArchiError where it can't be imported or called, is
    none of these, or was never built and has no input.
    """
    place = Place(target)
    with running(place):
        with importing(place.module):
            found = find(place)
        try:
            with until_keras():
                graph = _graph_of(found, place, given, batch)
        except KerasWanted:
            with kept(import_keras()):
                graph = _graph_of(found, place, given, batch)
    graph.source = {"kind": "python", "target": target}
    return graph


def _graph_of(found: Any, place: Place, given: Mapping[str, str], batch: int | None) -> Graph:
    if isinstance(found, Family):
        return _family_graph(found, place, given, batch)
    settings = read_settings(given, batch, "a Python object")
    if callable(found) and not _is_layer(found):
        return _called_graph(found, place, settings)
    if place.arguments:
        raise ArchiError(f"{quote(place.name, SHOWN)} is not called and takes no arguments")
    if not _is_layer(found):
        return _static_graph(found, place, settings)
    from archi.python.traced._live import live_graph
    from archi.python.traced._maker import Maker

    return live_graph(Maker(import_keras(), place), _initialized(found, place), settings, None)


def _called_graph(function: Any, place: Place, settings: Settings) -> Graph:
    """Return the network that a callable makes."""
    with building():
        if "keras" not in sys.modules:  # nor does it import Keras, or this would end here
            return _static_graph(call(function, place), place, settings)
        from archi.python.traced._live import live_graph
        from archi.python.traced._maker import Maker

        maker = Maker(import_keras(), place, function)
        made, called = maker.first()
    if not _is_layer(made):
        return _static_graph(made, place, settings)
    return live_graph(maker, _initialized(made, place), settings, called)


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


def _static_graph(made: Any, place: Place, settings: Settings) -> Graph:
    """Return what is to be an `archi.Graph`, where it is one and nothing is set."""
    if isinstance(made, Family):
        raise ArchiError(f"{quote(place.name, SHOWN)} returns a family; name it itself")
    if not isinstance(made, Graph):
        raise ArchiError(
            f"{quote(place.target, SHOWN)} is of class {type(made).__name__}",
            hint="it is to be a keras.Model or an archi.Graph, or a function that returns one",
        )
    for name, value in zip(Settings._fields, settings, strict=True):
        if value:
            raise ArchiError(
                f"{name} can't be set for {STATIC}: it is what that says",
                hint=f"let a function make it, and give it as {printable(place.name)},{name}=VALUE",
            )
    return made


def _is_layer(value: Any) -> bool:
    """Whether a value is a model or layer of Keras; where Keras is not imported, nothing is."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.layers.Layer)


def _initialized(layer: Any, place: Place) -> Any:
    """Return a layer. Raises ArchiError where its class has left out what Keras does first."""
    if not hasattr(layer, "name"):
        where = line_of(type(layer).__init__)
        raise ArchiError(
            f"{quote(place.target, SHOWN)} does not call super().__init__(), at {where}"
        )
    return layer
