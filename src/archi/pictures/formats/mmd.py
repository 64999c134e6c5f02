"""Mermaid, for Markdown pages: a flowchart that GitHub and others draw themselves.

Names may come from files of strangers. In labels, all that Mermaid, Markdown or HTML
could take for more than text is written as an entity (`#35;`), which Mermaid decodes
after it has looked for syntax. Outside of labels nothing but the title comes from a name.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from archi.errors import printable
from archi.pictures.diagram import Box, Cell, Diagram, Panel
from archi.pictures.drawing.palette import INK, STROKE, fill

if TYPE_CHECKING:
    from archi.pictures.plot import Plot

# All but ASCII letters, digits, spaces and `,/()×·–…`; also `_` and `-` that are not within
# a word, `.` not within a number, `:` before anything but a space, `)` after a number,
# and more than one space. They would be emphasis, lists, links.
SPECIAL = re.compile(
    r"""[^A-Za-z0-9 ,/()×·–…_.:-]
    | (?<![A-Za-z0-9])[_-] | [_-](?![A-Za-z0-9])
    | (?<![0-9])\. | \.(?![0-9])
    | :(?!\ |$)
    | (?<=[0-9])\)(?=\ )
    | (?<=\ )\ """,
    re.VERBOSE,
)
NOTHING = "#8203;"  # a space of no width: an empty label is a syntax error
# After it has decoded entities, Mermaid looks once more for icons (`fa:fa-bomb`), formulas
# (`$$x$$`), line ends (`\n`) and its own form of entities (`ﬂ°lt¶ß`): all these are broken up.
BROKEN_UP = ":$\\ﬂ°¶"
ENTITIES = {'"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;"}

FORMS = {"box": '("{}")', "pill": '(["{}"])', "stack": '[["{}"]]', "port": '[/"{}"/]'}
TABLE = '["{}"]'
TABLE_STYLE = f"fill:#ffffff,stroke:{INK},color:{INK}"


def render(plot: Plot) -> bytes:
    """Return the diagram as a Mermaid file."""
    return mermaid(plot.diagram).encode()


def mermaid(diagram: Diagram) -> str:
    """Return a diagram as a Mermaid flowchart."""
    direction = "LR" if diagram.direction == "right" else "TB"
    lines = ["---", f"title: {_yaml(_heading(diagram))}", "---"] if diagram.title else []
    lines.append(f"flowchart {direction}")
    first = 0
    for number, panel in enumerate(diagram.panels):
        inside = _panel(panel, first)
        if len(diagram.panels) > 1:
            inside = _subgraph(panel.title, number, direction, inside)
        lines += inside
        first += len(panel.boxes)
    lines += _styles(diagram)
    return "".join(f"{line}\n" for line in lines)


def _heading(diagram: Diagram) -> str:
    return f"{diagram.title} · {diagram.caption}" if diagram.caption else diagram.title


def _yaml(text: str) -> str:
    """Write text for the front matter: YAML takes what JSON takes, and it stays one line."""
    return json.dumps(printable(text), ensure_ascii=False)


def _panel(panel: Panel, first: int) -> list[str]:
    boxes = [
        f"    n{number}{_shape(box)}:::{_class(box)}"
        for number, box in enumerate(panel.boxes, first)
    ]
    edges = [f"    n{first + source} --> n{first + target}" for source, target in panel.edges]
    return boxes + edges


def _subgraph(title: str, number: int, direction: str, inside: list[str]) -> list[str]:
    head = f'    subgraph p{number} ["{_text(title) or NOTHING}"]'
    # Without its own direction, a subgraph runs across that of the whole.
    return [head, f"        direction {direction}", *(f"    {line}" for line in inside), "    end"]


def _shape(box: Box) -> str:
    if box.form == "table":
        rows = [" · ".join(map(_cell, row)) for row in box.rows]
        return TABLE.format("<br/>".join(rows))
    lines = [_bold(box.title), *map(_text, box.lines)]
    label = "<br/>".join(filter(None, lines)) or NOTHING
    return FORMS.get(box.form, FORMS["box"]).format(label)


def _cell(cell: Cell) -> str:
    return f"{_text(cell.before)}{_bold(cell.strong)}{_text(cell.after)}"


def _bold(text: str) -> str:
    return f"<b>{_text(text)}</b>" if text else ""


def _text(text: str) -> str:
    """Write text so that it stays text, whatever it holds."""
    return SPECIAL.sub(_entity, printable(text))


def _entity(match: re.Match[str]) -> str:
    character = match.group()
    after = NOTHING if character in BROKEN_UP else ""
    return ENTITIES.get(character, f"#{ord(character)};") + after


def _class(box: Box) -> str:
    return "table" if box.form == "table" else f"{box.kind}{box.depth}"


def _styles(diagram: Diagram) -> list[str]:
    """One `classDef` for each colour in use, in the order in which they are first used."""
    styles = {
        _class(box): TABLE_STYLE
        if box.form == "table"
        else f"fill:{fill(box.kind, box.depth)},stroke:{STROKE},color:{INK}"
        for panel in diagram.panels
        for box in panel.boxes
    }
    return [f"    classDef {name} {style}" for name, style in styles.items()]
