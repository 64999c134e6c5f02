"""Where a layer is in a document: its name, its path, and where a file keeps its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archi.errors import ReadError, quote
from archi.readers._weights import Names

NAME = 500  # characters of a layer's class or path; a table has them in every row


class Place(NamedTuple):
    """Where a layer is: its path, its name and those of the models around it.

    `store` is where a `.keras` file has its weights; `frozen` says that a model around it
    does not train.
    """

    path: str = ""
    names: Names = ()
    store: str = ""
    frozen: bool = False

    def inside(self, name: str, store: str) -> Place:
        """Return the place of a layer of the model at this one."""
        path = f"{self.path}/{name}" if self.path else name
        check_length(path)
        return Place(path, (*self.names, name), store, self.frozen)


def name_of(document: Mapping[str, Any], default: str = "") -> str:
    """Return a layer's or model's name."""
    for name in (document.get("name"), config_name(document), default, document.get("class_name")):
        if isinstance(name, str) and name:
            check_length(name)
            return name
    raise ReadError("the file has a layer without a name")


def config_name(document: Mapping[str, Any]) -> str:
    """Return the name in a layer's config, "" where there is none."""
    config = document.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else ""


def check_length(name: str) -> None:
    if len(name) > NAME:
        raise ReadError(f"{quote(name)} is longer than the names archi reads, {NAME} characters")
