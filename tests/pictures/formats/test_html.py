"""The HTML picture: what is in the file, and what it does in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from support import browser

import archi
from archi import Graph
from archi.analysis.counts import count
from archi.graph import building
from archi.layers import Add, BatchNormalization, Conv2D, Dense, Input, ReLU
from archi.pictures.diagrams import LEVELS
from archi.pictures.formats import html
from archi.pictures.plot import Plot

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "' onfocus='alert(3)",
    "{{data}}<!--",
    "\u202egnp.exe\u2028\u2066",
    "&lt;b&gt;&amp;",
    "\x1b[31m\x00\ud800",
)


def small(*names: str) -> Graph:
    """A network with these names for its first layers."""
    with building():
        x = Input((8, 8, 3))
        y = Conv2D(4, 3, padding="same", use_bias=False)(x)
        y = ReLU()(BatchNormalization()(y))
        z = Conv2D(4, 1, padding="same")(x)
        y = Add()([y, z])
        for _ in names:
            y = ReLU()(y)
        graph = Graph(x, y, name="small")
    for layer, name in zip(graph.layers, names, strict=False):
        layer.name = name
    return graph


def page(graph: Graph, level: str = "block") -> str:
    return html.render(Plot(graph, level)).decode()


def data_of(text: str) -> dict:
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(found, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


class Elements(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found and self.found[-1][0] in ("script", "style") and data.strip():
            self.texts.append((self.found[-1][0], data))


@pytest.fixture(scope="module")
def resnet() -> Graph:
    return archi.load("resnet34")


# ------------------------------------------------------------------ the file


def test_nothing_is_fetched(resnet):
    text = page(resnet)
    for tag, attributes in Elements(text).found:
        assert tag not in ("link", "img", "iframe", "object", "embed", "use", "image"), tag
        for key, value in attributes.items():
            assert key not in ("src", "href", "srcset", "style"), (tag, key)
            assert not key.startswith("on"), (tag, key)
            assert "url(" not in (value or "")
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"(?m)^\s*//.*$|\s// .*$", "", text))
    assert "@import" not in text


def test_policy_admits_its_own_script_and_style_only(resnet):
    elements = Elements(page(resnet))
    [policy] = [a["content"] for _, a in elements.found if "http-equiv" in a]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("base-uri") == rules.pop("form-action") == "'none'"
    texts = {(tag, text[:1] == "{"): text for tag, text in elements.texts}
    for tag in ("script", "style"):
        digest = hashlib.sha256(texts[tag, False].encode()).digest()
        assert rules.pop(f"{tag}-src") == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert not rules


def test_has_every_layer_with_its_numbers(resnet):
    data = data_of(page(resnet))
    rows = count(resnet).layers
    assert len(data["layers"]) == len(rows)
    for found, row in zip(data["layers"], rows, strict=True):
        name, kind, scope, _, calls, weights, *numbers, why, inputs = found
        assert (name, data["classes"][kind]) == (row.layer.name, row.layer.class_name)
        assert data["scopes"][scope] == (row.scope.path if row.scope else "")
        assert numbers == [row.params, row.trainable_params, row.macs, row.flops]
        assert data["why"][why] == row.why
        assert [data["layers"][index][0] for index in inputs] == row.inputs
        assert [tuple(w) for w in data["weights"][weights]] == [
            (w.name, list(w.shape), w.size, w.trainable) for w in row.layer.weights
        ]
        [(ins, outs, times)] = data["calls"][calls]
        assert [tuple(shape) for shape in outs] == row.output_shapes
        assert [tuple(shape) for shape in ins] == [t.shape for t in row.layer.nodes[0].inputs]
        assert times == 1


def test_has_every_config_and_sets_apart_what_is_not_the_default(resnet):
    data = data_of(page(resnet))
    for found, layer in zip(data["layers"], resnet.layers, strict=True):
        changed, default = map(dict, data["configs"][found[3]])
        assert {"name", *changed, *default} == set(layer.get_config())
        for key, value in changed.items():
            if not isinstance(layer.get_config()[key], dict):
                assert value == repr(layer.get_config()[key])
    conv = next(row for row in data["layers"] if row[0] == "conv1_conv")
    changed, default = map(dict, data["configs"][conv[3]])
    assert changed["filters"] == "64"
    assert changed["strides"] == "(2, 2)"
    assert default["kernel_initializer"] == "GlorotUniform(seed=None)"
    assert default["dtype"] == "'float32'"


@pytest.mark.parametrize("level", LEVELS)
def test_boxes_of_the_drawing_are_those_of_the_data(resnet, level):
    plot = Plot(resnet, level)
    text = html.render(plot).decode()
    drawn = text.split(f'data-level="{level}"')[1].split("</svg>")[0]
    boxes = re.findall(r'data-box="(\d+)\.(\d+)"', drawn)
    data = data_of(text)
    assert data["level"] == level
    assert f'class="level shown" data-level="{level}"' in text
    assert len(boxes) == sum(map(len, data["levels"][level]))
    names = [row[0] for row in data["layers"]]
    for panel, index in boxes:
        title, lines, repeats, members = data["levels"][level][int(panel)][int(index)]
        box = plot.diagram.panels[int(panel)].boxes[int(index)]
        assert (title, tuple(lines), repeats) == (box.title, box.lines, box.repeats)
        assert tuple(names[member] for member in members) == box.layers


def test_same_bytes_each_time():
    first, second = (html.render(Plot(archi.load("wrn-28-10"), "stage")) for _ in range(2))
    assert first == second


def test_unknown_macs_are_not_zero():
    with building():
        x = Input((None, None, 3))
        graph = Graph(x, Conv2D(4, 3, name="conv")(x))
    text = page(graph)
    conv = next(row for row in data_of(text)["layers"] if row[0] == "conv")
    assert conv[8:10] == [None, None]
    assert data_of(text)["why"][conv[10]] == "the size of its output is unknown"
    assert "1 layer not counted" in text


def test_large_numbers_stay_exact():
    with building():
        x = Input((2**30 + 1,))
        graph = Graph(x, Dense(2**31 - 1, use_bias=False, name="dense")(x))
    dense = data_of(page(graph))["layers"][1]
    assert int(dense[8]) == (2**30 + 1) * (2**31 - 1)
    assert isinstance(dense[8], str)


def test_config_without_json_form():
    odd = {"class_name": "Constant", "config": {"value": float("nan"), "x": float("inf")}}
    with building():
        x = Input((4,))
        graph = Graph(x, Dense(4, kernel_initializer=odd, name="dense")(x))
    data = data_of(page(graph))
    changed, _ = data["configs"][data["layers"][1][3]]
    assert ["kernel_initializer", "Constant(value=nan, x=inf)"] in changed


def test_long_config_values_are_cut():
    deep: dict = {"class_name": "A", "config": {"v": list(range(9999))}}
    for _ in range(50):
        deep = {"class_name": "A", "config": {"inner": deep}}
    assert len(html._shown(deep)) < 100
    assert len(html._shown(list(range(9999)))) == html.LONGEST


def test_shared_layer_shows_its_calls():
    with building():
        x = Input((4,))
        dense = Dense(4, name="dense")
        graph = Graph(x, dense(dense(dense(x))))
    data = data_of(page(graph))
    row = next(row for row in data["layers"] if row[0] == "dense")
    assert data["calls"][row[4]] == [[[[None, 4]], [[None, 4]], 3]]
    assert row[11] == [0, 1]


def test_hostile_names_are_text():
    graph = small(*HOSTILE)
    graph.title = HOSTILE[0] + HOSTILE[4]
    text = page(graph, "layer")
    plain = Elements(page(small(*"abcdefg"), "layer"))
    hostile = Elements(text)
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    for tag, attributes in hostile.found:
        assert not any(key.startswith("on") or key == "src" for key in attributes), tag
    assert not re.search("[\u202e\u2028\u2066\x00\x1b]", text)
    names = [row[0] for row in data_of(text)["layers"]]
    assert names[0] == HOSTILE[0]
    assert names[4] == "\\u202egnp.exe\\u2028\\u2066"


def test_script_can_stand_in_a_page():
    for name in ("_viewer.js", "_viewer.css"):
        part = html._part(name)
        assert part.isascii() or part.encode()
        assert "</" not in part
        assert "<!--" not in part
        assert "innerHTML" not in part
        assert "\r" not in part


def test_many_layers_take_linear_space():
    with building():
        x = y = Input((4,))
        for _ in range(3000):
            y = ReLU()(y)
        graph = Graph(x, y)
    counts = count(graph)
    plot = Plot(graph, "stage")
    assert len(json.dumps(html._data(plot, counts.layers))) < 3000 * 200


# ------------------------------------------------------------------ in a browser


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    program = browser.find()
    if not program:
        pytest.skip("there is no chromium or google-chrome here")
    process = browser.Browser(program, tmp_path_factory.mktemp("profile"))
    yield process
    process.close()


@pytest.fixture
def show(chromium, tmp_path):
    """Open a network's page; in the end nothing may have been complained of or fetched."""
    pages = []

    def open_page(graph: Graph, level: str = "block", **options):
        path = tmp_path / f"net{len(pages)}.html"
        path.write_bytes(html.render(Plot(graph, level)))
        pages.append(chromium.open(path, **options))
        return pages[-1]

    yield open_page
    for opened in pages:
        opened.evaluate("1")
        assert opened.complaints == []
        assert [url for url in opened.requests if not url.startswith("file:")] == []
        assert len(opened.requests) == 1
        opened.close()


def panel(opened) -> str:
    return opened.evaluate("document.getElementById('panel').innerText")


def facts(opened) -> dict[str, str]:
    """The panel's rows of a title and a value."""
    return dict(
        opened.evaluate(
            "[...document.querySelectorAll('#panel .pairs tr')]"
            ".map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
    )


def level_of(opened) -> str:
    [shown] = opened.evaluate(
        "[...document.querySelectorAll('svg.level')]"
        ".filter((svg) => svg.getBoundingClientRect().width).map((svg) => svg.dataset.level)"
    )
    return shown


def selected(opened) -> list[str]:
    """The layers of the box that is chosen in the drawing."""
    return opened.evaluate(
        "[...document.querySelectorAll('svg.shown .selected')]"
        ".flatMap((e) => e.box.members.map((i) => layers[i].name))"
    )


def camera(opened) -> tuple[float, float, float]:
    matrix = opened.evaluate("getComputedStyle(document.querySelector('#sheet')).transform")
    scale, _, _, _, x, y = map(float, matrix[len("matrix(") : -1].split(","))
    return x, y, scale


def box_with(opened, name: str) -> str:
    """A selector of the box that draws a layer at the level shown."""
    place = opened.evaluate(
        f"level.homes.get(layers.findIndex((l) => l.name === {json.dumps(name)}))"
        ".element.dataset.box"
    )
    return f"svg.shown [data-box='{place}']"


def search(opened, text: str) -> str:
    opened.key("/")
    opened.type(text)
    return opened.evaluate("document.getElementById('matches').textContent")


def test_opens_with_the_whole_drawing_in_view(show, resnet):
    opened = show(resnet, "stage")
    assert level_of(opened) == "stage"
    x, y, width, height = opened.place("svg.shown")
    sx, sy, stage_width, stage_height = opened.place("#stage")
    assert sx <= x
    assert sy <= y
    assert x + width <= sx + stage_width
    assert y + height <= sy + stage_height
    heading = opened.evaluate("document.querySelector('header').innerText")
    assert "resnet34" in heading
    assert f"{resnet.totals.params:,} params" in heading
    assert "224×224×3 → 1000" in heading


def test_levels_switch_by_button_and_key(show, resnet):
    opened = show(resnet, "block")
    for key, level in zip("132", ("stage", "layer", "block"), strict=True):
        opened.key(key)
        assert level_of(opened) == level
        pressed = "document.querySelector('[data-show][aria-pressed=true]').dataset.show"
        assert opened.evaluate(pressed) == level
    for level in LEVELS:
        opened.click_on(f"[data-show={level}]")
        assert level_of(opened) == level


def test_click_shows_the_layer_as_the_graph_has_it(show, resnet):
    opened = show(resnet, "layer")
    opened.evaluate("fit(), centre(level.boxes[2])")
    row = next(r for r in count(resnet).layers if r.layer.name == "conv1_conv")
    opened.click_on(box_with(opened, "conv1_conv"))
    shown = facts(opened)
    assert shown["input"] == "(None, 230, 230, 3)"
    assert shown["output"] == "(None, 112, 112, 64)"
    assert shown["params"] == f"{row.params:,}"
    assert shown["trainable params"] == f"{row.trainable_params:,}"
    assert shown["MACs"] == f"{row.macs:,}"
    assert shown["FLOPs"] == f"{row.flops:,}"
    assert shown["filters"] == "64"
    assert shown["kernel_size"] == "(7, 7)"
    text = panel(opened)
    assert text.split("\n")[1] == "conv1_conv"
    assert "Conv2D · in stem" in text
    for weight in row.layer.weights:
        assert f"{weight.name}\t{weight.shape}\tyes\t{weight.size:,}" in text
    assert "conv1_bn" in text.split("Connected")[1]
    assert selected(opened) == ["conv1_conv"]


def test_links_lead_along_the_network(show, resnet):
    opened = show(resnet, "layer")
    opened.click_on(box_with(opened, "conv1_conv"))
    opened.evaluate("[...document.querySelectorAll('.links .link')].at(-1).click()")
    assert selected(opened) == ["conv1_bn"]
    assert "gamma" in panel(opened)


def test_box_of_some_layers_shows_each_and_the_sum(show, resnet):
    opened = show(resnet, "block")
    opened.click_on(box_with(opened, "conv1_conv"))
    members = selected(opened)
    assert "conv1_bn" in members
    rows = [row for row in count(resnet).layers if row.layer.name in members]
    text = panel(opened)
    assert f"params\t{sum(row.params for row in rows):,}" in text
    assert f"MACs\t{sum(row.macs for row in rows):,}" in text
    for row in rows:
        assert row.layer.name in text
        assert f"MACs\t{row.macs:,}" in text


def test_folded_box_lists_its_layers(show, resnet):
    opened = show(resnet, "stage")
    opened.click_on(box_with(opened, "conv3_block2_1_conv"))
    members = selected(opened)
    assert len(members) > 20
    rows = [row for row in count(resnet).layers if row.layer.name in members]
    assert facts(opened)["params"] == f"{sum(row.params for row in rows):,}"
    assert facts(opened)["MACs"] == f"{sum(row.macs for row in rows):,}"
    opened.evaluate(
        "[...document.querySelectorAll('#panel .link')]"
        ".find((l) => l.textContent === 'conv3_block2_1_conv').click()"
    )
    assert facts(opened)["filters"] == "128"
    assert selected(opened) == members
    assert "Drawn inside" in panel(opened)


def test_choice_is_kept_across_levels(show, resnet):
    opened = show(resnet, "layer")
    search(opened, "conv4_block3_2_bn")
    opened.key("Escape")
    for key in "2123":
        opened.key(key)
        assert "conv4_block3_2_bn" in selected(opened)
        assert panel(opened).split("\n")[1] == "conv4_block3_2_bn"


def test_search_steps_through_matches_and_centres_them(show, resnet):
    opened = show(resnet, "layer")
    adds = [layer.name for layer in resnet.layers if layer.class_name == "Add"]
    assert search(opened, "ADD") == f"1 of {len(adds)}"
    assert selected(opened) == adds[:1]
    opened.key("Enter", "ArrowDown")
    assert selected(opened) == adds[2:3]
    opened.key("ArrowUp")
    assert selected(opened) == adds[1:2]
    opened.key("Enter", modifiers=8)
    opened.key("ArrowUp")
    assert selected(opened) == adds[-1:]
    middle, stage = opened.middle("svg.shown .selected"), opened.middle("#stage")
    assert middle == pytest.approx(stage, abs=2)
    marked = opened.evaluate("document.querySelectorAll('svg.shown .match').length")
    assert marked == len(adds)
    opened.key("Escape")
    assert opened.evaluate("document.querySelectorAll('.match').length") == 0
    assert search(opened, "nowhere") == "0 matches"


def test_search_finds_layers_inside_fused_boxes(show, resnet):
    opened = show(resnet, "block")
    assert search(opened, "conv2_block1_1_relu") == "1 of 1"
    assert "conv2_block1_1_conv" in selected(opened)
    assert panel(opened).split("\n")[1] == "conv2_block1_1_relu"
    assert "Drawn inside" in panel(opened)
    opened.evaluate("[...document.querySelectorAll('#panel .link')][1].click()")
    assert level_of(opened) == "layer"
    assert selected(opened) == ["conv2_block1_1_relu"]


def test_exact_name_comes_first(show):
    opened = show(small("block10", "block1", "block12"))
    assert search(opened, "block1") == "2 of 3"
    assert panel(opened).split("\n")[1] == "block1"


def test_wheel_zooms_about_the_pointer(show, resnet):
    opened = show(resnet)
    x, y, scale = camera(opened)
    point = opened.middle("svg.shown [data-box='0.3']")
    opened.wheel(*point, 0, -240)
    assert camera(opened)[2] > scale * 1.2
    assert opened.middle("svg.shown [data-box='0.3']") == pytest.approx(point, abs=1)
    opened.key("0")
    assert camera(opened) == pytest.approx((x, y, scale), rel=1e-4)
    opened.key("+")
    assert camera(opened)[2] == pytest.approx(scale * 1.25, rel=1e-4)
    opened.key("-")
    assert camera(opened)[2] == pytest.approx(scale, rel=1e-4)
    opened.click_on("[data-zoom=in]")
    assert camera(opened)[2] == pytest.approx(scale * 1.25, rel=1e-4)
    opened.click_on("[data-zoom=fit]")
    assert camera(opened) == pytest.approx((x, y, scale), rel=1e-4)


def test_touchpad_scrolls_and_pinches(show, resnet):
    opened = show(resnet)
    x, y, scale = camera(opened)
    opened.wheel(600, 400, 7, 13)
    assert camera(opened) == pytest.approx((x - 7, y - 13, scale))
    opened.wheel(600, 400, 0, -10, modifiers=2)
    assert camera(opened)[2] == pytest.approx(scale * 2.718281828**0.1, rel=1e-3)


def test_drag_moves_and_does_not_click(show, resnet):
    opened = show(resnet)
    x, y, scale = camera(opened)
    start = opened.middle("svg.shown [data-box='0.2']")
    opened.drag(start, (start[0] + 80, start[1] + 50))
    assert camera(opened) == pytest.approx((x + 80, y + 50, scale), abs=0.01)
    assert opened.evaluate("panel.hidden")
    opened.click_on("svg.shown [data-box='0.2']")
    assert not opened.evaluate("panel.hidden")


def test_drawing_cannot_be_lost(show, resnet):
    opened = show(resnet)
    for _ in range(10):
        opened.drag((200, 200), (1200, 750))
    x, y, width, height = opened.place("svg.shown")
    assert x < 1280 - 30
    assert y < 800 - 30
    for _ in range(40):
        opened.key("-")
    _, _, width, height = opened.place("svg.shown")
    assert width > 1
    assert height > 1


def test_fingers_move_and_pinch(show, resnet):
    opened = show(resnet)
    x, y, scale = camera(opened)
    opened.touch("start", (600, 300))
    opened.touch("move", (620, 330))
    opened.touch("move", (640, 360))
    opened.touch("end")
    assert camera(opened) == pytest.approx((x + 40, y + 60, scale), abs=0.01)
    opened.touch("start", (600, 400), (700, 400))
    opened.touch("move", (550, 400), (750, 400))
    opened.touch("end")
    assert camera(opened)[2] == pytest.approx(scale * 2, rel=0.05)


def test_keyboard_alone_is_enough(show, resnet):
    opened = show(resnet, "stage")
    opened.evaluate("document.querySelector('#stage').focus()")
    opened.key("Tab", "Tab")
    focused = "document.activeElement"
    assert opened.evaluate(f"{focused}.getAttribute('role')") == "button"
    assert "layer" in opened.evaluate(f"{focused}.getAttribute('aria-label')")
    place = opened.evaluate(f"{focused}.dataset.box")
    opened.key("Enter")
    assert opened.evaluate(f"{focused}.id") == "panel"
    opened.key("Escape")
    assert opened.evaluate("panel.hidden")
    assert opened.evaluate(f"{focused}.dataset.box") == place


def test_every_button_has_a_name(show, resnet):
    opened = show(resnet)
    opened.click_on("svg.shown [data-box='0.1']")
    names = opened.evaluate(
        "[...document.querySelectorAll('button, input, svg.shown [role=button]')]"
        ".map((e) => e.getAttribute('aria-label') || e.textContent)"
    )
    assert len(names) > 10
    assert all(name.strip() for name in names)


def test_hostile_names_run_nothing(show):
    graph = small(*HOSTILE)
    graph.title = HOSTILE[0]
    opened = show(graph, "layer")
    elements = opened.evaluate("document.querySelectorAll('img, [onload], [onfocus]').length")
    assert elements == 0
    for text in ("</script>", "onload", "alert(3)", "{{data}}", "202e", "&lt;b", "x1b"):
        assert search(opened, text) == "1 of 1"
        opened.key("Escape")
    for index in range(len(HOSTILE)):
        opened.evaluate(f"chooseLayer(layers[{index}])")
    opened.key("1", "2", "3")
    assert opened.evaluate("document.querySelectorAll('img, [onload], [onfocus]').length") == 0
    assert opened.evaluate("document.title") == HOSTILE[0]


def test_uncounted_and_huge_numbers_are_told(show):
    with building():
        x = Input((None, None, 3))
        graph = Graph(x, Conv2D(4, 3, name="conv")(x))
    opened = show(graph, "layer")
    search(opened, "conv")
    assert facts(opened)["MACs"] == "not counted: the size of its output is unknown"
    with building():
        x = Input((2**30 + 1,))
        graph = Graph(x, Dense(2**31 - 1, use_bias=False, name="dense")(x))
    opened = show(graph, "layer")
    search(opened, "dense")
    assert facts(opened)["MACs"] == f"{(2**30 + 1) * (2**31 - 1):,}"


def test_text_stays_in_its_box(show, resnet):
    opened = show(resnet, "layer")
    outside = opened.evaluate(
        "[...document.querySelectorAll('svg.shown .box text')].filter((text) => {"
        " const inner = text.getBBox(), outer = text.parentNode.querySelector('rect').getBBox();"
        " return inner.x < outer.x - 1 || inner.x + inner.width > outer.x + outer.width + 9;"
        "}).map((text) => text.textContent)"
    )
    assert outside == []


@pytest.mark.parametrize(("size", "scheme"), [((1280, 800), "light"), ((420, 700), "dark")])
def test_page_fits_the_window(show, resnet, size, scheme):
    opened = show(resnet, size=size, color_scheme=scheme)
    opened.click_on("svg.shown [data-box='0.1']")
    root = "document.documentElement"
    assert opened.evaluate(f"[{root}.scrollWidth, {root}.scrollHeight]") == list(size)
    dark = opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 19, 24)"
    assert dark == (scheme == "dark")


def test_prints(show, resnet):
    opened = show(resnet)
    opened.click_on("svg.shown [data-box='0.1']")
    pdf = opened.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_large_network_works_at_every_level(show):
    graph = archi.load("nasnet-large")
    opened = show(graph)
    for key in "123":
        opened.key(key)
        assert search(opened, graph.layers[700].name).endswith("of 1")
        assert graph.layers[700].name in selected(opened)
        opened.key("Escape")
