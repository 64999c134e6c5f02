"""Plot: a network as pictures, each of its levels laid out when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from archi.diagrams._model import Diagram
from archi.errors import ArchiError, one_of, quote
from archi.graph import Graph

if TYPE_CHECKING:
    from archi.drawing.scene import Scene

LEVELS = ("stage", "block", "layer")


class Plot:
    """What the picture formats draw.

    `level` is `stage`, `block` or `layer`; `folds` the number of columns (rows at the
    stage level), None for what makes a page; `dpi` the resolution of pixel formats.

    Raises ArchiError for an unknown level.
    """

    def __init__(
        self, graph: Graph, level: str = "block", *, folds: int | None = None, dpi: int = 192
    ) -> None:
        if level not in LEVELS:
            raise ArchiError(f"there is no level {quote(level)}", hint=f"try {one_of([*LEVELS])}")
        self.graph = graph
        self.level = level
        self.folds = folds
        self.dpi = dpi
        self._diagrams: dict[str, Diagram] = {}
        self._scenes: dict[str, Scene] = {}

    @property
    def title(self) -> str:
        """The network's name."""
        return self.graph.title

    @property
    def diagram(self) -> Diagram:
        """The diagram at the plot's level."""
        return self.diagram_at(self.level)

    @property
    def scene(self) -> Scene:
        """The drawing at the plot's level."""
        return self.scene_at(self.level)

    def diagram_at(self, level: str) -> Diagram:
        """Return what is drawn at a level."""
        if level not in self._diagrams:
            module = import_module(f"archi.diagrams.{level}")
            self._diagrams[level] = module.diagram(self.graph)
        return self._diagrams[level]

    def scene_at(self, level: str) -> Scene:
        """Return the drawing at a level."""
        if level not in self._scenes:
            from archi.drawing.compose import compose

            folds = self.folds if level == self.level else None
            self._scenes[level] = compose(self.diagram_at(level), folds)
        return self._scenes[level]
