"""The objects that Keras would make from a config, wherever in it they stand.

Keras makes an object of every dictionary that has a `class_name` and a `config`
(`keras.saving.deserialize_keras_object`), of layers, losses and functions alike. All are
visited here, in dictionaries and lists of any kind, whatever the file says they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A place in a document: a key or index in its parent, or the name of a layer."""

    parent: Place | None
    label: str
    is_name: bool

    def shown(self, container: str) -> str:
        """Return the names of the layers around it, and the keys within the innermost.

        Where there is no layer, the keys are from the root of `container`.
        """
        names: list[str] = []
        keys: list[str] = []
        place: Place | None = self
        while place is not None:
            if place.is_name:
                names.append(place.label)
            elif not names:
                keys.append(place.label)
            place = place.parent
        path = "".join(reversed(keys))
        if names:
            path = path.removeprefix(".config")
        parts = ["/".join(reversed(names)) or container, path.lstrip(".")]
        return ": ".join(filter(None, parts))


ROOT = Place(None, "", False)


class Object(NamedTuple):
    """A dictionary that Keras makes an object of, and where it stands."""

    raw: dict[str, Any]
    place: Place

    def text(self, key: str) -> str:
        """Return what stands under a key where it is text, else nothing."""
        value = self.raw.get(key)
        return value if isinstance(value, str) else ""

    @property
    def class_name(self) -> str:
        """The class Keras is to make it of; `function` for a function."""
        return self.text("class_name")

    @property
    def module(self) -> str:
        """The module Keras is to find that class in; nothing where none is given."""
        return self.text("module")

    @property
    def config(self) -> dict[str, Any]:
        """What the object is made with; empty for a function, which has its name there."""
        value = self.raw.get("config")
        return value if isinstance(value, dict) else {}

    @property
    def name(self) -> str:
        """The class or function to find in the module."""
        return self.text("config") if self.class_name == "function" else self.class_name


def objects(document: Any) -> Iterator[Object]:
    """Yield every object of a document, each before those inside it."""
    for value, place in containers(document):
        if isinstance(value, dict) and _is_object(value):
            yield Object(value, place)


def containers(document: Any) -> Iterator[tuple[dict[str, Any] | list[Any], Place]]:
    """Yield every dictionary and list of a document, each before those inside it."""
    stack: list[tuple[Any, Place]] = [(document, ROOT)]
    while stack:
        value, place = stack.pop()
        if isinstance(value, dict):
            # The name of the whole model says nothing about where.
            if place is not ROOT and _is_object(value) and (name := _layer_name(value)):
                place = Place(place, name, True)
            children = [(value[key], f".{key}") for key in reversed(value)]
        elif isinstance(value, list):
            children = [(value[i], f"[{i}]") for i in reversed(range(len(value)))]
        else:
            continue
        yield value, place
        stack += [
            (child, Place(place, label, False))
            for child, label in children
            if isinstance(child, (dict, list))
        ]


def _is_object(value: dict[str, Any]) -> bool:
    return "class_name" in value and "config" in value


def _layer_name(value: dict[str, Any]) -> str:
    if value["class_name"] in _NAMELESS:
        return ""
    config = value["config"]
    for name in (value.get("name"), config.get("name") if isinstance(config, dict) else None):
        if isinstance(name, str) and name:
            return name
    return ""


# A dtype policy has a name too, which names no place. No set: a class name can be anything.
_NAMELESS = (
    "DTypePolicy", "Policy", "PolicyV1", "FloatDTypePolicy", "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy", "GPTQDTypePolicy", "AWQDTypePolicy", "Int4DTypePolicy",
    "DTypePolicyMap",
)  # fmt: skip
