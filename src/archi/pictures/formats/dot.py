r"""DOT, for Graphviz. Keras's diagram comes out as Keras's `model_to_dot` writes it.

Names may come from files of strangers. In labels they are HTML-escaped, in node ids
quoted, and nothing unprintable is written, so they can't end what they stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from archi.errors import printable
from archi.pictures.diagram import Box, Cell, Diagram, Panel
from archi.pictures.drawing.palette import EDGE, FAINT, INK, STROKE, fill

if TYPE_CHECKING:
    import pydot

    from archi.pictures.plot import Plot

# Keras asks for `ortho`. With it Graphviz as Debian ships it (2.43) aborts on several
# networks ("newtrap: Trapezoid-table overflow"), which ones depending on node ids and
# label sizes. `polyline` is as angular, goes round nodes, and drew all of the catalogue.
KERAS_SPLINES = "polyline"
KERAS_DPI = 200

FONT = "Helvetica"
NOTHING = " "  # Graphviz takes no empty element
SMALL = 11  # points, of what stands under a title

# In a node of shape `record`, as Keras has it, braces and bars are syntax in HTML labels
# too; and in all labels `\N` stands for the node's id, and two backslashes for one.
GRAPHVIZ_SYNTAX = str.maketrans({"{": "&#123;", "|": "&#124;", "}": "&#125;", "\\": "&#92;&#92;"})

FORMS: dict[str, dict[str, str]] = {
    "box": {},
    "pill": {"shape": "oval", "margin": "0.05,0.03"},
    "stack": {"peripheries": "2"},
    "port": {"style": "rounded,filled,dashed"},
}


def render(plot: Plot) -> bytes:
    """Return the diagram as a DOT file."""
    return dot(plot.diagram, plot.dpi).encode()


def dot(diagram: Diagram, dpi: int | None = None) -> str:
    """Return a diagram in the DOT language, for pictures of `dpi` dots an inch.

    None leaves it to Graphviz, and in Keras's style to Keras.
    """
    like_keras = any(box.form == "table" for panel in diagram.panels for box in panel.boxes)
    graph = _keras_graph(diagram, dpi) if like_keras else _graph(diagram, dpi)
    text: str = graph.to_string()
    return text


def _rankdir(diagram: Diagram) -> str:
    return "LR" if diagram.direction == "right" else "TB"


def _keras_graph(diagram: Diagram, dpi: int | None) -> pydot.Dot:
    """The attributes, and their order, of `keras/src/utils/model_visualization.py`."""
    import pydot

    graph = pydot.Dot(
        rankdir=_rankdir(diagram),
        concentrate=True,
        dpi=dpi or KERAS_DPI,
        splines=KERAS_SPLINES,
    )
    graph.set_node_defaults(shape="record")
    for prefix, panel in _panels(diagram):
        _fill(graph, panel, prefix, _table_attributes, {"penwidth": "2"})
    return graph


def _graph(diagram: Diagram, dpi: int | None) -> pydot.Dot:
    import pydot

    graph = pydot.Dot(rankdir=_rankdir(diagram), fontname=FONT)
    if dpi:
        graph.set("dpi", dpi)
    if diagram.title:
        graph.set("labelloc", "t")
        graph.set("label", _label(diagram.title, (diagram.caption,)))
    graph.set_node_defaults(
        shape="box", style="rounded,filled", color=STROKE, fontname=FONT, fontcolor=INK
    )
    graph.set_edge_defaults(color=EDGE, arrowsize="0.7")
    for prefix, panel in _panels(diagram):
        if not prefix:
            _fill(graph, panel, prefix, _box_attributes, {})
            continue
        cluster: Any = pydot.Cluster(prefix.rstrip("/"), color=STROKE, style="rounded")
        if panel.title:
            cluster.set("label", _label(panel.title))
        _fill(cluster, panel, prefix, _box_attributes, {})
        graph.add_subgraph(cluster)
    return graph


def _panels(diagram: Diagram) -> list[tuple[str, Panel]]:
    """Panels, and what ids start with in each, as keys are unique within a panel only."""
    if len(diagram.panels) == 1:
        return [("", diagram.panels[0])]
    return [(f"{number}/", panel) for number, panel in enumerate(diagram.panels)]


def _fill(
    graph: pydot.Graph,
    panel: Panel,
    prefix: str,
    attributes: Callable[[Box], dict[str, Any]],
    edge_attributes: dict[str, Any],
) -> None:
    import pydot

    ids = [_quoted(prefix + box.key) for box in panel.boxes]
    for identity, box in zip(ids, panel.boxes, strict=True):
        graph.add_node(pydot.Node(identity, **attributes(box)))
    for source, target in panel.edges:
        graph.add_edge(pydot.Edge(ids[source], ids[target], **edge_attributes))


def _quoted(name: str) -> str:
    r"""Write a name as a quoted DOT id; different names stay different.

    pydot leaves alone what is quoted already, and would take `a:b` for a node and a port.
    """
    doubled = printable(name.replace("\\", "\\\\"))
    return '"' + doubled.replace('"', '\\"') + '"'


def _html(text: str) -> str:
    return escape(printable(text), quote=False).translate(GRAPHVIZ_SYNTAX)


def _bold(text: str) -> str:
    return f"<b>{_html(text)}</b>" if text else ""


def _table_attributes(box: Box) -> dict[str, Any]:
    return {"label": _table(box), "fontname": FONT, "border": "0", "margin": "0"}


def _table(box: Box) -> str:
    rows = "".join(
        f"<tr>{''.join(_cell(cell, title=number == 0) for cell in row)}</tr>"
        for number, row in enumerate(box.rows)
    )
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{rows}</table>>'


def _cell(cell: Cell, *, title: bool) -> str:
    attributes = [f'bgcolor="{cell.fill}"']
    if cell.span:  # which of the two comes first is as Keras has it
        attributes.insert(0 if title else 1, f'colspan="{cell.span}"')
    color = "" if cell.color == "black" else f' color="{cell.color}"'
    text = f"{_html(cell.before)}{_bold(cell.strong)}{_html(cell.after)}"
    return (
        f'<td {" ".join(attributes)}><font point-size="{16 if title else 14}"{color}>'
        f"{text or NOTHING}</font></td>"
    )


def _box_attributes(box: Box) -> dict[str, Any]:
    look = FORMS.get(box.form, {})
    return {"label": _label(box.title, box.lines), "fillcolor": fill(box.kind, box.depth), **look}


def _label(title: str, lines: tuple[str, ...] = ()) -> str:
    small = "".join(
        f'<br/><font point-size="{SMALL}" color="{FAINT}">{_html(line)}</font>'
        for line in lines
        if line
    )
    return f"<{_bold(title) + small or NOTHING}>"
