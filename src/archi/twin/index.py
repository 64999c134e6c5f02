"""Finding a class by its name in the group files of a folder, importing just its file.

Which file defines which class is read from the files' text, so that there is no list to
maintain and a lookup costs one import.
"""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import Generic, TypeVar

_Class = TypeVar("_Class")

_ARCHI = os.path.dirname(os.path.dirname(__file__))


class Index(Generic[_Class]):
    """The public classes of the group files in the folder of a package of archi's."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.folder = os.path.join(_ARCHI, *package.split(".")[1:])
        self._homes: dict[str, str] = {}
        self._found: dict[str, type[_Class]] = {}

    def names(self) -> list[str]:
        """Return the names of all classes. Raises RuntimeError for one defined twice."""
        if not self._homes:
            for file in sorted(os.listdir(self.folder)):
                if file.endswith(".py") and not file.startswith("_"):
                    self._read(file)
        return list(self._homes)

    def _read(self, file: str) -> None:
        with open(os.path.join(self.folder, file), encoding="utf-8") as text:
            for name in re.findall(r"^class ([A-Za-z]\w*)\(", text.read(), re.MULTILINE):
                if name in self._homes:
                    raise RuntimeError(f"{name} is defined in {self._homes[name]} already")
                self._homes[name] = file[:-3]

    def __contains__(self, name: str) -> bool:
        """Whether there is a class of this name."""
        self.names()
        return name in self._homes

    def __getitem__(self, name: str) -> type[_Class]:
        """Return the class of this name. Raises KeyError."""
        if name not in self._found:
            self.names()
            home = import_module(f"{self.package}.{self._homes[name]}")
            self._found[name] = getattr(home, name)
        return self._found[name]

    def all(self) -> dict[str, type[_Class]]:
        """Return every class by its name."""
        return {name: self[name] for name in self.names()}
