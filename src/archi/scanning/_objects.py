"""The objects that Keras would make from a config, wherever in it they stand.

Keras makes an object of every dictionary that has a `class_name` and a `config`
(`keras.saving.deserialize_keras_object`), of layers, losses and functions alike. All are
visited here, in dictionaries and lists of any kind, whatever the file says they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WHERE = 200  # characters of a place that are shown
HDF5_CONFIGS = ("model_config", "training_config")  # attributes of a legacy file


Container = dict[str, Any] | list[Any]
# The way to a place: from the document on, the key of what is next, and that itself.
Way = tuple[tuple[str | int, Container], ...]


def shown(way: Way, container: str) -> str:
    """Return the names of the layers on a way, and the keys within the innermost.

    Where there is no layer, the keys are from the root of `container`.
    """
    names: list[str] = []
    keys: list[str] = []
    for key, value in reversed(way):
        name = _layer_name(value)
        if name:
            names.append(name[:WHERE])
        elif not names:
            keys.append(f"[{key}]" if isinstance(key, int) else f".{key[:WHERE]}")
    path = "".join(reversed(keys))
    if names:
        path = path.removeprefix(".config")
    parts = ["/".join(reversed(names)) or container, path.lstrip(".")]
    return ": ".join(filter(None, parts))


class Object:
    """A dictionary that Keras makes an object of, and where it stands.

    `module` is where Keras is to find `name`, a class or a function (`class_name` is then
    `function`); each is empty where the file has no such text. `config` is what the object
    is made with, empty for a function. `container` is what holds the document, such as
    `config.json`.
    """

    __slots__ = ("class_name", "config", "container", "module", "name", "raw", "root", "way")

    def __init__(self, raw: dict[str, Any], way: Way, container: str) -> None:
        self.raw, self.way, self.container = raw, way, container
        class_name, module, config = raw["class_name"], raw.get("module"), raw["config"]
        self.class_name: str = class_name if type(class_name) is str else ""
        self.module: str = module if type(module) is str else ""
        self.root = self.module.partition(".")[0]
        self.config: dict[str, Any] = config if type(config) is dict else {}
        self.name = self.class_name
        if class_name == "function":
            self.name = config if type(config) is str else ""

    @property
    def where(self) -> str:
        """Where it stands, in words."""
        return shown(self.way, self.container)

    @property
    def is_function(self) -> bool:
        """Whether a function is looked up; Keras takes one under a class's name, too."""
        return self.class_name == "function" or self.name[:1].islower()


def objects(document: Any, container: str) -> Iterator[Object]:
    """Yield every object of a document, each before those inside it."""
    for value, way in containers(document):
        if type(value) is dict and "class_name" in value and "config" in value:
            yield Object(value, tuple(way), container)


def containers(document: Any) -> Iterator[tuple[Container, list[tuple[str | int, Container]]]]:
    """Yield every dictionary and list of a document, each before those inside it.

    With it comes the way to it, which changes as the walk goes on.
    """
    if not isinstance(document, (dict, list)):
        return
    way: list[tuple[str | int, Container]] = []
    yield document, way
    # One iterator a level, so that little is kept however wide a level is.
    inner, outer = _items(document), []
    while True:
        for step in inner:
            value = step[1]
            kind = type(value)
            if kind is dict or kind is list:
                way.append(step)
                yield value, way
                if value:
                    outer.append(inner)
                    inner = iter(value.items()) if kind is dict else enumerate(value)
                    break
                way.pop()
        else:
            if not outer:
                return
            inner = outer.pop()
            way.pop()


def _items(value: Container) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items()) if type(value) is dict else enumerate(value)


def _layer_name(value: Container) -> str:
    """Return the name of the layer that a container is, or nothing."""
    if isinstance(value, list) or "class_name" not in value or "config" not in value:
        return ""
    config = value["config"]
    for name in (value.get("name"), config.get("name") if isinstance(config, dict) else None):
        if isinstance(name, str) and name and value["class_name"] not in _NAMELESS:
            return name
    return ""


# A dtype policy has a name too, which names no place. No set: a class name can be anything.
_NAMELESS = (
    "DTypePolicy", "Policy", "PolicyV1", "FloatDTypePolicy", "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy", "GPTQDTypePolicy", "AWQDTypePolicy", "Int4DTypePolicy",
    "DTypePolicyMap",
)  # fmt: skip
