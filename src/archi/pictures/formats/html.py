"""HTML: one file with the drawings of all levels, every layer's details, and a viewer.

The page needs no network and allows none: its policy admits exactly its own script and
style. Everything a network's author chose (names, texts) is data; the viewer writes it
as text only.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any

from archi.analysis.counts import LayerCount, count
from archi.errors import ArchiError, printable
from archi.graph import Graph
from archi.layers import Layer
from archi.pictures.diagram import Box, Diagram
from archi.pictures.diagrams import LEVELS
from archi.pictures.formats.svg import FAMILY, elements, live_text, number

if TYPE_CHECKING:
    from archi.pictures.plot import Plot

LONGEST = 2000  # characters of a config's value that are shown
DEEPEST = 8  # levels of objects within objects in a config's value
EXACT = 2**53  # a number of JavaScript is exact below this


def render(plot: Plot) -> bytes:
    """Return the picture as an HTML file. Raises ArchiError for Keras's style."""
    if plot.keras is not None:
        raise ArchiError(
            "an HTML file shows archi's own levels, not Keras's style",
            hint="leave --style keras out, or choose another format",
        )
    counts = count(plot.graph)
    script, style = _part("_viewer.js"), _part("_viewer.css")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "title": escape(printable(plot.title)),
        "subtitle": escape(plot.diagram.caption),
        "style": style,
        "script": script,
        "drawings": "\n".join(_drawing(plot, level) for level in LEVELS),
        "data": _script_json(_data(plot, counts.layers)),
    }
    return _fill(_part("_viewer.html"), parts).encode()


def _part(name: str) -> str:
    path = os.path.join(os.path.dirname(__file__), name)
    with open(path, encoding="utf-8") as file:
        return file.read()


def _fill(template: str, parts: dict[str, str]) -> str:
    """Replace each `{{name}}` by its part; what stands in a part is left alone."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _script_json(value: Any) -> str:
    """Return JSON in ASCII in which nothing can end a script element or be markup."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _drawing(plot: Plot, level: str) -> str:
    """Return a level's drawing; the viewer makes its boxes buttons."""
    scene = plot.scene_at(level)
    width, height = number(scene.width), number(scene.height)
    shown = " shown" if level == plot.level else ""
    return (
        f'<svg class="level{shown}" data-level="{level}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{escape(FAMILY)}" role="group" '
        f'aria-label="{level} level">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(elements(scene.items, live_text))
        + "\n</svg>"
    )


class _Pool:
    """Values by number, each kept once: most layers of a network are alike."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        """Return the number of a hashable value."""
        place = self._numbers.setdefault(value, len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place


def _data(plot: Plot, rows: list[LayerCount]) -> dict[str, Any]:
    """Return what the viewer knows; `_viewer.js` takes it apart in the same order."""
    pools = {name: _Pool() for name in ("classes", "scopes", "configs", "calls", "weights", "why")}
    index = {row.layer.name: place for place, row in enumerate(rows)}
    layers = [_layer(plot.graph, row, index, pools) for row in rows]
    return {
        "level": plot.level,
        "layers": layers,
        "levels": {level: _boxes(plot.diagram_at(level), index) for level in LEVELS},
        **{name: pool.values for name, pool in pools.items()},
    }


def _layer(
    graph: Graph, row: LayerCount, index: dict[str, int], pools: dict[str, _Pool]
) -> list[Any]:
    layer = row.layer
    return [
        printable(layer.name),
        pools["classes"](printable(layer.class_name)),
        pools["scopes"](printable(row.scope.path) if row.scope else ""),
        pools["configs"](_config(layer)),
        pools["calls"](_calls(graph, layer)),
        pools["weights"](_weights(layer)),
        _exact(row.params),
        _exact(row.trainable_params),
        _exact(row.macs),
        _exact(row.flops),
        pools["why"](printable(row.why)),
        list(dict.fromkeys(_listed(row.inputs, index))),
    ]


def _boxes(diagram: Diagram, index: dict[str, int]) -> list[list[Any]]:
    return [[_box(box, index) for box in panel.boxes] for panel in diagram.panels]


def _box(box: Box, index: dict[str, int]) -> list[Any]:
    lines = [printable(line) for line in box.lines]
    return [printable(box.title), lines, box.repeats, _listed(box.layers, index)]


def _listed(names: Iterable[str], index: dict[str, int]) -> list[int]:
    """Return the places of layers in the list, where a Sequential model's input is not."""
    return [index[name] for name in names if name in index]


def _exact(value: int | None) -> int | str | None:
    """Return a number as JavaScript reads it exactly: in quotes when it is large."""
    return value if value is None or value < EXACT else str(value)


def _calls(graph: Graph, layer: Layer) -> tuple[Any, ...]:
    """Return (input shapes, output shapes, how often) of a layer's calls, each kind once."""
    calls: dict[Any, int] = {}
    for node in graph.calls_of(layer):
        shapes = tuple(tensor.shape for tensor in node.inputs), node.inference.outputs
        calls[shapes] = calls.get(shapes, 0) + 1
    return tuple((*shapes, times) for shapes, times in calls.items())


def _weights(layer: Layer) -> tuple[Any, ...]:
    return tuple(
        (printable(w.name), w.shape, _exact(w.size), int(w.trainable and layer.trainable))
        for w in layer.weights
    )


def _config(layer: Layer) -> tuple[Any, ...]:
    """Return the arguments that differ from their defaults, and those that do not.

    Each is a name and a value as Python writes it.
    """
    changed: list[tuple[str, str]] = []
    default: list[tuple[str, str]] = []
    for key, value in layer.get_config().items():
        if key == "name":
            continue
        argument = layer.arguments.get(key)
        is_default = argument is not None and layer.__dict__[key] == layer.defaults[key]
        (default if is_default else changed).append((printable(key), _shown(value)))
    return tuple(changed), tuple(default)


def _shown(value: Any) -> str:
    text = printable(_code(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _code(value: Any, depth: int = 0) -> str:
    """Return a config's value as Python code; an object's config as a call of its class."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict) and isinstance(config := value.get("config"), dict):
        if value.get("class_name") == "DTypePolicy":
            return repr(config.get("name"))
        arguments = (f"{key}={_code(item, depth + 1)}" for key, item in config.items())
        return f"{value.get('class_name')}({', '.join(arguments)})"
    return repr(value)
