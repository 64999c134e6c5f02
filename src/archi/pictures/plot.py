"""Plot: a network as pictures, each of its levels laid out when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from archi.analysis.counts import count
from archi.errors import ArchiError, one_of, quote
from archi.graph import Graph
from archi.pictures.diagram import Diagram
from archi.pictures.diagrams import LEVELS
from archi.units import sizes, whole, with_unit

if TYPE_CHECKING:
    from archi.pictures.diagrams.keras import Switches
    from archi.pictures.drawing.scene import Scene

DIRECTIONS = {"TB": "down", "LR": "right"}


class Plot:
    """What the picture formats draw.

    `level` is `stage`, `block` or `layer`; `keras`, when given, draws every layer as
    `keras.utils.plot_model` does instead. `rankdir` is `TB` or `LR`, None for what suits
    the level; `folds` the number of columns (rows from left to right), None for what
    makes a page; `dpi` the resolution of pixel formats, None for a good one.

    Raises ArchiError for an unknown level.
    """

    def __init__(
        self,
        graph: Graph,
        level: str = "block",
        *,
        keras: Switches | None = None,
        rankdir: str | None = None,
        folds: int | None = None,
        dpi: int | None = None,
    ) -> None:
        if level not in LEVELS:
            raise ArchiError(f"there is no level {quote(level)}", hint=f"try {one_of([*LEVELS])}")
        self.graph = graph
        self.level = level
        self.keras = keras
        self.rankdir = rankdir
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
            diagram = self._draw(level)._replace(caption=caption(self.graph))
            if self.rankdir:
                diagram = diagram._replace(direction=DIRECTIONS[self.rankdir])
            self._diagrams[level] = diagram
        return self._diagrams[level]

    def _draw(self, level: str) -> Diagram:
        if self.keras is not None:
            from archi.pictures.diagrams.keras import keras_diagram

            return keras_diagram(self.graph, self.keras)
        diagram: Diagram = import_module(f"archi.pictures.diagrams.{level}").diagram(self.graph)
        return diagram

    def scene_at(self, level: str) -> Scene:
        """Return the drawing at a level."""
        if level not in self._scenes:
            from archi.pictures.drawing.compose import compose

            folds = self.folds if level == self.level else None
            self._scenes[level] = compose(self.diagram_at(level), folds)
        return self._scenes[level]


def caption(graph: Graph) -> str:
    """Return one line on the whole: what goes in and out, layers, params and MACs."""
    counts = count(graph)
    totals, missing = counts.totals, len(counts.uncounted)
    batch = f" for a batch of {graph.batch}" if graph.batch > 1 else ""
    unknown = f", {missing:,} layer{'s' * (missing > 1)} not counted" if missing else ""
    ends = (graph.inputs, graph.outputs)
    return " · ".join(
        (
            " → ".join(", ".join(sizes(tensor.shape) for tensor in each) for each in ends),
            f"{totals.layers:,} layers",
            f"{whole(totals.params)} params",
            f"{with_unit(totals.macs, 'MACs')}{batch}{unknown}",
        )
    )
