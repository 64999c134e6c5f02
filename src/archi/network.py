"""Network: a graph and all that archi says of it, as `archi.load` gives it.

The one place that looks up from the graph to everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archi import graph, report

if TYPE_CHECKING:
    import keras

    from archi.analysis.counts import Totals


class Report(report.Report):
    """A report that shows itself as text."""

    def render(self, format: str = "table", **options: Any) -> str:
        """Return the report as `table`, `json`, `csv` or `markdown` text."""
        from archi.render import render

        return render(self, format, **options)

    def __str__(self) -> str:
        return self.render()


class Network(graph.Graph):
    """A graph, with its totals, tables, pictures and the real Keras model."""

    @classmethod
    def of(cls, graph: graph.Graph) -> Network:
        """Return the network of a graph: the same tensors, calls and layers."""
        network = cls.__new__(cls)
        vars(network).update(vars(graph))
        return network

    @property
    def totals(self) -> Totals:
        """Sums over the network: `totals.params`, `totals.macs` and so on."""
        from archi.analysis.counts import count

        return count(self).totals

    def summary(
        self, depth: int | None = None, dtype: str | None = None, optimizer: str | None = None
    ) -> Report:
        """Return the layer table and totals; `print()` shows them.

        `depth` folds: 1 gives stages, 2 blocks, None every layer. `dtype` ("float16",
        "mixed_float16", "int8", …) stands in for the network's own in all bytes. With an
        `optimizer` ("sgd", "momentum", "adam") the memory of training is shown too.

        Raises ArchiError for a dtype or optimizer that it does not know.
        """
        from archi.analysis.summary import summarize

        found = summarize(self, depth=depth, dtype=dtype, optimizer=optimizer)
        return Report(found.title, found.data, found.parts)

    def plot(self, path: str, level: str = "block", **options: Any) -> None:
        """Draw the network into a file whose suffix says the format: `.png`, `.svg`, ….

        `level` is `stage`, `block` or `layer`; `options` are those of
        `archi.pictures.plot.Plot`: `rankdir`, `folds`, `dpi`, `keras`. Raises ArchiError
        for another suffix or level, a picture too large for the format, or a file that
        can't be written.
        """
        from archi.files import write_file
        from archi.pictures.formats import writer
        from archi.pictures.plot import Plot

        render = writer(path)
        write_file(path, render(Plot(self, level, **options)))

    def get_config(self) -> dict[str, Any]:
        """Return the config of the functional `keras.Model` this graph describes."""
        from archi.bridge.config import functional_config

        return functional_config(self)

    def to_keras(self) -> keras.Model:
        """Return the real, initialised `keras.Model`. Raises KerasMissing without Keras."""
        from archi.bridge.model import to_keras

        return to_keras(self)
