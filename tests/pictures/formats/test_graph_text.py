"""DOT and Mermaid: the graph as text that other programs draw."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

import archi
from archi.pictures.diagram import Box, Cell, Diagram, Panel
from archi.pictures.diagrams import block, layer, stage
from archi.pictures.diagrams.keras import Switches, keras_diagram
from archi.pictures.drawing.palette import fill
from archi.pictures.formats import dot, mmd

KERAS = Switches(*(True,) * len(Switches._fields))
DRAW = {
    "stage": stage.diagram,
    "block": block.diagram,
    "layer": layer.diagram,
    "keras": keras_diagram,
    "keras, all shown": lambda graph: keras_diagram(graph, KERAS),
}
NETWORKS = ["resnet50", "resnet152", "nasnet-mobile", "nasnet-a-7@1920", "xception", "wrn-28-10"]

HOSTILE = [
    'a"b',
    "back\\",
    '\\"',
    "<b>x</b><img src=x onerror=alert(1)>",
    "a&amp;b &#60; #quot; #35;",
    "line\nend\r\tx",
    '%%{init: {"theme": "dark"}}%%',
    '"]; click n0 "javascript:alert(1)"',
    "`**bold**` __u__ *i* ~~s~~",
    "1. list",
    "1) list",
    "- item",
    "# head",
    "fa:fa-bomb",
    "$$x^2$$",
    "https://example.com www.example.com a@example.com [x](http://y)",
    "\u202ertl\u0007\x1b[31m\x00",
    "ﬂ°lt¶ß",
    "end",
    "---",
    "\\N \\G \\n",
    "a:b",
    "node",
    "",
    "  spaces  ",
    "é中😀",
    "{x|y}",
    "}; evil [label=x]",
    "a -> b",
    "\ud800",
    ">",
    "]]>",
    "-->",
]


class Plotted(NamedTuple):
    """As much of a plot as the writers look at."""

    diagram: Diagram
    dpi: int | None = None


def hostile(form: str) -> Diagram:
    """A chain of boxes with all hostile names wherever a name can stand."""
    boxes = [
        Box(
            key=f"{number}{name}",
            kind="conv",
            title=name,
            lines=(name, "line"),
            form=form,
            rows=((Cell(strong=name, after=f" ({name})", span=2),), (Cell(name, name, name),)),
        )
        for number, name in enumerate(HOSTILE)
    ]
    panel = Panel(boxes, [(i, i + 1) for i in range(len(boxes) - 1)], HOSTILE[3])
    return Diagram(HOSTILE[6] + HOSTILE[3], HOSTILE[0], [panel])


def graphviz(text: str) -> dict:
    """Return what Graphviz makes of a DOT file; it must not complain."""
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not installed here")
    done = subprocess.run(
        [program, "-Tjson"], input=text.encode(), capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return json.loads(done.stdout)


def test_dot_of_a_network():
    text = dot.render(Plotted(stage.diagram(archi.load("resnet34")))).decode()
    assert text.startswith("digraph G {\nrankdir=LR;\nfontname=Helvetica;\nlabelloc=t;\n")
    assert text.endswith("}\n")
    assert f'fillcolor="{fill("conv", 3)}", peripheries=2]' in text
    assert '<b>basic block ×6 (/2)</b><br/><font point-size="11" color="#555555">14×14×256' in text
    assert text.count(" -> ") == 8
    assert "dpi" not in text
    assert "\ndpi=72;\n" in dot.dot(stage.diagram(archi.load("resnet34")), 72)


def test_mermaid_of_a_network():
    lines = mmd.render(Plotted(stage.diagram(archi.load("resnet34")))).decode().splitlines()
    assert lines[:4] == ["---", 'title: "resnet34"', "---", "flowchart LR"]
    assert '    n0("<b>input</b><br/>224×224×3"):::input0' in lines
    assert '    n5[["<b>basic block ×6 (/2)</b><br/>14×14×256<br/>6.83 M params"]]:::conv2' in lines
    assert "    n0 --> n1" in lines
    assert f"    classDef conv2 fill:{fill('conv', 2)},stroke:#5f6070,color:#000000" in lines


def test_mermaid_of_tables_joins_their_cells():
    lines = mmd.mermaid(keras_diagram(archi.load("wrn-10-1"), KERAS)).splitlines()
    label = (
        "<b>conv1</b> (Conv2D)<br/>Activation: <b>linear</b><br/>"
        "Input shape: <b>(None, 32, 32, 3)</b> · Output shape: <b>(None, 32, 32, 16)</b> · "
        "Output dtype: <b>float32</b> · <b>Trainable</b>"
    )
    assert f'    n1["{label}"]:::table' in lines


@pytest.mark.parametrize("level", DRAW)
def test_the_same_bytes_in_another_process(level):
    draw = {"keras, all shown": "keras_diagram", "keras": "keras_diagram"}.get(level)
    source = (
        f"from archi.pictures.diagrams.keras import {draw} as d"
        if draw
        else (f"from archi.pictures.diagrams.{level} import diagram as d")
    )
    code = (
        f"import sys, archi\n{source}\nfrom archi.pictures.formats import dot, mmd\n"
        "drawn = d(archi.load('nasnet-mobile'))\n"
        "sys.stdout.buffer.write((dot.dot(drawn) + mmd.mermaid(drawn)).encode())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1
    assert runs.pop().endswith(b"\n")


@pytest.mark.parametrize("level", DRAW)
@pytest.mark.parametrize("spec", NETWORKS)
def test_graphviz_draws_it_box_for_box(spec, level):
    diagram = DRAW[level](archi.load(spec))
    drawn = graphviz(dot.dot(diagram))
    clusters = len(drawn["objects"]) - drawn["_subgraph_cnt"]
    assert clusters == sum(len(panel.boxes) for panel in diagram.panels)
    assert len(drawn["edges"]) == sum(len(panel.edges) for panel in diagram.panels)
    assert drawn["_subgraph_cnt"] == (len(diagram.panels) if len(diagram.panels) > 1 else 0)


@pytest.mark.parametrize("form", ["box", "pill", "stack", "port", "table"])
def test_graphviz_shows_hostile_names_as_they_are(form):
    drawn = graphviz(dot.dot(hostile(form)))
    assert len(drawn["objects"]) == len(HOSTILE)
    assert len(drawn["edges"]) == len(HOSTILE) - 1
    for name, node in zip(HOSTILE, drawn["objects"], strict=True):
        texts = "".join(op["text"] for op in node["_ldraw_"] if op["op"] == "T")
        shown = archi.errors.printable(name)
        assert texts.count(shown.strip()) >= 2 if shown.strip() else texts


# A node as it may be written: a quoted id, a label of text and these tags, and attributes.
NODE = re.compile(
    r"""
    "(?:\\.|[^"\\])*" [ ]\[
    label=<(?: [^<>] | </?(?:b|br/|font|table|tr|td)(?:[ ][a-z-]+="[\w#-]*")*> )*>
    (?:, [ ] \w+=(?:"[\w#,.]*"|\w+))* \];
    """,
    re.VERBOSE,
)


@pytest.mark.parametrize("form", ["box", "pill", "stack", "port", "table"])
def test_in_dot_a_box_is_one_line_that_nothing_breaks_out_of(form):
    text = dot.dot(hostile(form))
    assert all(char.isprintable() or char == "\n" for char in text)
    lines = [line for line in text.splitlines() if line[:1] == '"' and '" -> "' not in line]
    assert len(lines) == len(HOSTILE)
    for line in lines:
        assert NODE.fullmatch(line)


def test_ids_are_different_where_names_are():
    names = ["\x01", "\\x01", "\\\\x01", '"', '\\"', "a\\", "a"]
    boxes = [Box(name, "other", name, form="table") for name in names]
    text = dot.dot(Diagram("", "", [Panel(boxes, [])]))
    ids = re.findall(r'^("(?:\\.|[^"\\])*") \[', text, re.MULTILINE)
    assert len(set(ids)) == len(names)


def test_panels_are_clusters_and_their_boxes_do_not_mix():
    twice = [
        Panel([Box("0", "conv", "a"), Box("1", "pool", "b", form="pill")], [(0, 1)], name)
        for name in ("one", "")
    ]
    diagram = Diagram("both", "caption", twice)
    text = dot.dot(diagram)
    assert "label=<<b>both</b><br/>" in text
    assert text.index("subgraph cluster_0") < text.index('"0/0" -> "0/1"')
    assert text.index("subgraph cluster_1") < text.index('"1/0" -> "1/1"')
    lines = mmd.mermaid(diagram).splitlines()
    assert lines[:4] == ["---", 'title: "both · caption"', "---", "flowchart TB"]
    assert [line.strip() for line in lines[4:16]] == [
        'subgraph p0 ["one"]',
        "direction TB",
        'n0("<b>a</b>"):::conv0',
        'n1(["<b>b</b>"]):::pool0',
        "n0 --> n1",
        "end",
        'subgraph p1 ["#8203;"]',
        "direction TB",
        'n2("<b>a</b>"):::conv0',
        'n3(["<b>b</b>"]):::pool0',
        "n2 --> n3",
        "end",
    ]


@pytest.mark.parametrize("form", ["box", "pill", "stack", "port", "table"])
def test_mermaid_labels_hold_nothing_but_plain_text_and_entities(form):
    lines = mmd.mermaid(hostile(form)).splitlines()
    boxes = [line for line in lines if re.match(r" +n\d+[^ \d]", line)]
    assert len(boxes) == len(HOSTILE)
    assert len(lines) == 4 + 2 * len(HOSTILE) - 1 + 1
    for line in boxes:
        label = re.fullmatch(r' +n\d+\W+"([^"]+)"\W+(?:conv0|table)', line)[1]
        text = re.sub(r"</?b>|<br/>", "", label)
        assert re.fullmatch(r"(?:#\w+;|[A-Za-z0-9 ,/()×·–…_.:-])*", text)
        plain = re.sub(r"#\w+;", "#", text)
        assert not re.search(r"--|__|\d\. |://|:fa-|%%|www\.", plain)


def test_mermaid_text_decodes_to_the_name():
    """As a browser shows it; a space of no width keeps Mermaid from seeing more in it."""
    entities = {"quot": '"', "amp": "&", "lt": "<", "gt": ">"}

    def decode(match: re.Match[str]) -> str:
        return entities.get(match[1]) or chr(int(match[1]))

    for name in HOSTILE:
        shown = re.sub(r"#(\w+);", decode, mmd._text(name))
        assert shown.replace("\u200b", "") == archi.errors.printable(name)
        # Mermaid looks for icons, formulas, line ends and its own entities in decoded text.
        assert not re.search(r"fa:fa-|\$\$|\\n|ﬂ°|¶ß", shown)


def test_mermaid_titles_are_one_line_of_quoted_text():
    lines = mmd.mermaid(hostile("box")).splitlines()
    title = f"{HOSTILE[6]}{HOSTILE[3]} · {HOSTILE[0]}"
    assert lines[0] == lines[2] == "---"
    assert json.loads(lines[1].removeprefix("title: ")) == title


def test_names_of_ordinary_layers_stay_readable_in_mermaid():
    for name in ("conv2_block1_1_conv", "ReLU · SepConv · BN", "3×3 max pool, /2", "(None, 8)"):
        assert mmd._text(name) == name
