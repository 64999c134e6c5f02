"""Whole pictures: their geometry, and files that come out right on a bare machine."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from support import geometry
from support.networks import every_network

from archi import Graph
from archi import load as archi_load
from archi.errors import ArchiError
from archi.graph import building
from archi.layers import Dense, Input
from archi.pictures.diagrams import LEVELS
from archi.pictures.diagrams.keras import Switches
from archi.pictures.drawing.fonts import text_width
from archi.pictures.drawing.palette import FAINT, FILL, INK, SHADES, STROKE, fill
from archi.pictures.drawing.scene import Group, Line, Rect, Text, arrow_head
from archi.pictures.formats import suffixes, writer
from archi.pictures.plot import Plot


def scene_of(name: str, level: str):
    return Plot(archi_load(name), level).scene


def groups(scene) -> list[Group]:
    return [item for item in scene.items if isinstance(item, Group)]


def outline(group: Group) -> tuple[float, float, float, float]:
    rects = [item for item in group.items if isinstance(item, Rect)]
    left, top = min(r.x for r in rects), min(r.y for r in rects)
    right, bottom = max(r.x + r.width for r in rects), max(r.y + r.height for r in rects)
    return left, top, right - left, bottom - top


def check_geometry(plot: Plot) -> None:
    """No boxes overlap, no edge runs through one, no text leaves its box or the picture."""
    diagram, scene = plot.diagram, plot.scene
    boxes = [outline(group) for group in groups(scene)]
    routes = [item.points for item in scene.items if isinstance(item, Line)]
    geometry.assert_inside(boxes, routes, (scene.width, scene.height))
    geometry.assert_no_overlap(boxes, gap=8)
    geometry.assert_clear_of_boxes(boxes, routes)
    for number, panel in enumerate(diagram.panels):
        own, boxes = boxes[: len(panel.boxes)], boxes[len(panel.boxes) :]
        edges, routes = routes[: len(panel.edges)], routes[len(panel.edges) :]
        direction = "down" if number else diagram.direction
        geometry.check_picture(own, edges, panel.edges, direction=direction)
    assert (boxes, routes) == ([], [])
    for group in groups(scene):
        check_texts(group)


def check_texts(group: Group) -> None:
    rects = [item for item in group.items if isinstance(item, Rect)]
    for text in (item for item in group.items if isinstance(item, Text)):
        assert text.width == pytest.approx(text_width(text.text, text.size, text.bold))
        assert any(is_inside(text, rect) for rect in rects), text


def is_inside(text: Text, rect: Rect) -> bool:
    return (
        rect.x + 4 <= text.x
        and text.x + text.width <= rect.x + rect.width - 4
        and rect.y <= text.y - 0.8 * text.size
        and text.y + 0.25 * text.size <= rect.y + rect.height
    )


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", every_network())
def test_geometry(name, level):
    check_geometry(Plot(archi_load(name), level))


@pytest.mark.parametrize("level", ["stage", "block"])
@pytest.mark.parametrize("name", every_network())
def test_pictures_fit_a_page(name, level):
    scene = scene_of(name, level)
    assert 1 / 3 <= scene.width / scene.height <= 3


def test_headings_of_panels_are_clear_of_boxes():
    scene = scene_of("nasnet-mobile", "block")
    headings = [item for item in scene.items if isinstance(item, Text)]
    assert [item.text for item in headings if item.bold] == [
        "Reduction cell ×4",
        "Normal cell ×12",
    ]
    boxes = [outline(group) for group in groups(scene)]
    places = [(t.x, t.y - t.size, t.width, 1.25 * t.size) for t in headings]
    geometry.assert_no_overlap(boxes + places, gap=2)
    geometry.assert_inside(places, [], (scene.width, scene.height))


def test_a_stack_shows_boxes_behind():
    scene = scene_of("resnet34", "stage")
    counts = [sum(isinstance(i, Rect) for i in group.items) for group in groups(scene)]
    assert counts == [1, 1, 1, 3, 3, 3, 3, 1, 1]


def test_folds_are_the_users_choice():
    graph = archi_load("resnet34")
    tall, wide = (Plot(graph, "block", folds=n).scene for n in (1, 6))
    assert tall.height > 5 * tall.width
    assert wide.width > wide.height


# A process for which nothing is installed but Python and wheels: no programs, no fonts.
DRAW = """
import sys
from archi.cli import main
main()
"""
BARE = {
    "PATH": "/nonexistent",
    "FONTCONFIG_FILE": "/nonexistent",
    "FONTCONFIG_PATH": "/nonexistent",
    "XDG_DATA_HOME": "/nonexistent",
    "XDG_DATA_DIRS": "/nonexistent",
    "HOME": "/nonexistent",
}


def draw(folder, *args: str, **env: str) -> None:
    subprocess.run(
        [sys.executable, "-c", DRAW, "plot", *args],
        cwd=folder,
        env={**os.environ, **env},
        check=True,
        timeout=60,
    )


FILES = [part for suffix in ("png", "svg", "pdf") for part in ("-o", f"net.{suffix}")]


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A folder with pictures of resnet34, drawn where there are no fonts and no dot."""
    folder = tmp_path_factory.mktemp("bare")
    draw(folder, "resnet34", *FILES, **BARE)
    return folder


def ink(image, text: Text, zoom: float) -> float:
    """The share of dark pixels where a text should be."""
    x, y = text.x * zoom, (text.y - 0.75 * text.size) * zoom
    part = image.crop((int(x), int(y), int(x + text.width * zoom) + 1, int(text.y * zoom) + 1))
    pixels = part.convert("L").tobytes()
    return sum(pixel < 140 for pixel in pixels) / len(pixels)


def labels(name: str, level: str) -> list[Text]:
    return [i for g in groups(scene_of(name, level)) for i in g.items if isinstance(i, Text)]


def assert_text_is_drawn(image, zoom: float) -> None:
    shares = [ink(image, label, zoom) for label in labels("resnet34", "block")]
    assert len(shares) > 100
    assert min(shares) > 0.08


def test_png_shows_text_without_fonts_or_dot(bare):
    from PIL import Image

    image = Image.open(bare / "net.png")
    scene = scene_of("resnet34", "block")
    assert image.size == (round(2 * scene.width), round(2 * scene.height))
    assert_text_is_drawn(image, zoom=2)


def test_svg_shows_text_without_fonts_or_dot(bare):
    import resvg_py
    from PIL import Image

    svg = (bare / "net.svg").read_text("utf-8")
    png = resvg_py.svg_to_bytes(svg_string=svg, zoom=2, skip_system_fonts=True)
    assert_text_is_drawn(Image.open(io.BytesIO(bytes(png))), zoom=2)


def test_svg_holds_its_text_as_text(bare):
    root = ElementTree.parse(bare / "net.svg").getroot()
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [label.text for label in labels("resnet34", "block")]
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "resnet34"
    assert "http" not in (bare / "net.svg").read_text("utf-8").replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_pdf_shows_text_without_fonts_or_dot(bare):
    pypdfium2 = pytest.importorskip("pypdfium2")
    page = pypdfium2.PdfDocument(bare / "net.pdf")[0]
    scene = scene_of("resnet34", "block")
    assert page.get_size() == pytest.approx((0.75 * scene.width, 0.75 * scene.height))
    found = page.get_textpage().get_text_bounded()
    assert found.count("Conv · BN · ReLU") == 17
    assert "7×7, 64, /2" in found
    assert_text_is_drawn(page.render(scale=2 / 0.75).to_pil(), zoom=2)


def test_pictures_do_not_depend_on_the_machine(bare, tmp_path):
    """Same bytes with other fonts, another hash seed and at another time."""
    draw(tmp_path, "resnet34", *FILES, PYTHONHASHSEED="7")
    for name in ("net.png", "net.svg", "net.pdf"):
        assert (tmp_path / name).read_bytes() == (bare / name).read_bytes(), name


@pytest.mark.parametrize("suffix", suffixes())
@pytest.mark.parametrize("level", LEVELS)
def test_every_format_draws_every_level_alike_each_time(suffix, level):
    first, second = (writer(f"x{suffix}")(Plot(archi_load("wrn-10-1"), level)) for _ in range(2))
    assert first == second
    assert len(first) > 500


@pytest.fixture
def hostile():
    """A network whose layer names try to break out of every format."""
    with building():
        x = y = Input((4,), name="<script>alert(1)<!--")
        for name in (
            "\"'&<>]]>",
            "a\x1b[31m\x00\u202eb",
            "日本語 \U0001f600",
            "\ud800",
            "%%{init}%%\n;",
            "-->",
        ):
            y = Dense(4, name=name)(y)
        return Graph(x, y, title='</title><b>&"\ud800\x00')


@pytest.mark.parametrize("level", LEVELS)
def test_svg_is_well_formed_whatever_the_names(hostile, level):
    svg = writer("x.svg")(Plot(hostile, level)).decode()
    root = ElementTree.fromstring(svg)
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert tags <= {"svg", "title", "defs", "path", "rect", "g", "use", "text"}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("suffix", suffixes())
def test_any_name_can_be_drawn(hostile, suffix, level):
    assert writer(f"x{suffix}")(Plot(hostile, level))


def test_what_the_typeface_lacks_is_an_empty_box():
    from archi.pictures.drawing.fonts import font

    face = font(bold=False)
    assert face.glyph("×") != face.glyph("日")
    assert face.glyph("日") == face.glyph("本")
    assert face.glyph("日").path


# What is painted: lines and arrows, colours, text where it belongs.


@pytest.mark.parametrize(
    ("before", "sides"),
    [
        ((0, -20), {(-2.5, -7), (2.5, -7)}),
        ((0, 20), {(-2.5, 7), (2.5, 7)}),
        ((-20, 0), {(-7, -2.5), (-7, 2.5)}),
        ((20, 0), {(7, -2.5), (7, 2.5)}),
    ],
)
def test_arrow_heads_point_to_the_end(before, sides):
    tip, *others = arrow_head([before, (0, 0)])
    assert tip == (0, 0)
    assert set(others) == sides


def rasterised(folder, suffix: str):
    """A picture as pixels, two for a unit of the drawing."""
    import resvg_py
    from PIL import Image

    path = folder / f"net{suffix}"
    if suffix == ".png":
        return Image.open(path).convert("RGB")
    if suffix == ".svg":
        png = resvg_py.svg_to_bytes(
            svg_string=path.read_text("utf-8"), zoom=2, skip_system_fonts=True
        )
        return Image.open(io.BytesIO(bytes(png))).convert("RGB")
    pypdfium2 = pytest.importorskip("pypdfium2")
    return pypdfium2.PdfDocument(path)[0].render(scale=2 / 0.75).to_pil().convert("RGB")


def is_dark(image, x: float, y: float) -> bool:
    """Whether there is ink within a pixel of a point of the drawing."""
    places = [(round(2 * x) + a, round(2 * y) + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    return any(sum(image.getpixel(place)) < 3 * 160 for place in places)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_every_edge_is_painted_with_its_arrow(bare, suffix):
    image = rasterised(bare, suffix)
    lines = [i for i in scene_of("resnet34", "block").items if isinstance(i, Line)]
    assert len(lines) == 71  # 55 steps and 16 skips
    for line in lines:
        for (x1, y1), (x2, y2) in geometry.segments(line.points):
            assert is_dark(image, (x1 + x2) / 2, (y1 + y2) / 2)
        x, y = line.points[-1]  # edges come in from above
        assert is_dark(image, x - 1.5, y - 5)
        assert is_dark(image, x + 1.5, y - 5)
        assert not is_dark(image, x - 6, y - 4)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_boxes_have_the_colour_of_their_kind(bare, suffix):
    image = rasterised(bare, suffix)
    plot = Plot(archi_load("resnet34"), "block")
    for group, box in zip(groups(plot.scene), plot.diagram.panels[0].boxes, strict=True):
        left, top, width, _ = outline(group)
        corner = image.getpixel((round(2 * (left + width / 2)), round(2 * top) + 5))
        wanted = tuple(int(fill(box.kind)[i : i + 2], 16) for i in (1, 3, 5))
        assert max(abs(a - b) for a, b in zip(corner, wanted, strict=True)) <= 2
        (rect,) = [item for item in group.items if isinstance(item, Rect)]
        assert (rect.fill, rect.stroke) == (fill(box.kind), STROKE)


def test_colours_tell_kinds_apart():
    assert len(set(FILL.values())) == len(FILL)
    for shades in SHADES.values():
        lightness = [sum(int(color[i : i + 2], 16) for i in (1, 3, 5)) for color in shades]
        assert lightness == sorted(set(lightness), reverse=True)
    assert [fill("conv", depth) for depth in range(5)] == [*SHADES["conv"], SHADES["conv"][-1]]
    assert fill("no such kind") == FILL["other"]


@pytest.mark.parametrize("name", ["resnet34", "nasnet-large"])
def test_stages_grow_darker_as_resolution_falls(name):
    boxes = Plot(archi_load(name), "stage").diagram.panels[0].boxes
    blocks = [box for box in boxes if box.title.startswith(("basic", "normal"))]
    depths = [box.depth for box in blocks]
    assert depths == sorted(set(depths))
    assert depths[-1] < len(SHADES["conv"])


def test_titles_are_bold_and_black_and_the_rest_is_small_and_grey():
    for group in groups(scene_of("resnet34", "block")):
        title, *lines = [item for item in group.items if isinstance(item, Text)]
        assert (title.bold, title.color) == (True, INK)
        assert all((line.bold, line.color) == (False, FAINT) for line in lines)
        assert all(line.size < title.size for line in lines)


@pytest.mark.parametrize("level", LEVELS)
def test_text_stands_in_the_middle_of_its_box(level):
    for group in groups(scene_of("resnet34", level)):
        front = [item for item in group.items if isinstance(item, Rect)][-1]
        texts = [item for item in group.items if isinstance(item, Text)]
        above = texts[0].y - 0.73 * texts[0].size - front.y  # capitals are 0.73 high
        below = front.y + front.height - texts[-1].y
        assert above == pytest.approx(below, abs=3)
        for text in texts:
            left = text.x - front.x
            assert left == pytest.approx(front.width - left - text.width, abs=0.01)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_text_is_as_wide_as_it_was_measured(bare, suffix):
    """Ink reaches the last quarter of the last letter and goes no further."""
    image = rasterised(bare, suffix).convert("L")
    for text in labels("resnet34", "block"):
        end = text.x + text.width
        top, bottom = 2 * (text.y - 0.75 * text.size), 2 * text.y
        inside = image.crop((int(2 * (end - 0.6 * text.size)), int(top), int(2 * end), int(bottom)))
        beyond = image.crop((int(2 * end) + 1, int(top), int(2 * (end + 6)), int(bottom)))
        assert min(inside.tobytes()) < 160
        assert min(beyond.tobytes()) > 190


def test_svg_boxes_say_what_they_stand_for(bare):
    root = ElementTree.parse(bare / "net.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    titles = [g.findtext(f"{space}title") for g in root.iter(f"{space}g") if g.get("data-box")]
    assert titles[1].splitlines() == [
        *("Conv · BN · ReLU", "7×7, 64, /2", "112×112×64"),
        *("conv1_pad", "conv1_conv", "conv1_bn", "conv1_relu"),
    ]
    assert len(titles) == 56


def test_two_svgs_can_stand_on_one_page():
    """What has one id in both is one outline."""
    outlines: dict[str, str] = {}
    for name in ("resnet34", "xception"):
        root = ElementTree.fromstring(writer("x.svg")(Plot(archi_load(name), "stage")))
        for path in root.iter("{http://www.w3.org/2000/svg}path"):
            if path.get("id"):
                assert outlines.setdefault(path.get("id"), path.get("d")) == path.get("d")
    assert len(outlines) > 20


@pytest.mark.parametrize(("dpi", "given"), [(None, 192), (96, 96), (300, 300)])
def test_a_png_says_how_large_it_is(dpi, given):
    from PIL import Image

    image = Image.open(io.BytesIO(writer("x.png")(Plot(archi_load("wrn-10-1"), "stage", dpi=dpi))))
    image.load()
    assert image.info["dpi"] == pytest.approx((given, given), abs=0.02)


def test_large_pictures_are_drawn_at_96_dpi_unless_asked_for(monkeypatch):
    from PIL import Image

    from archi.pictures.formats import png

    plot = Plot(archi_load("wrn-10-1"), "block")
    monkeypatch.setattr(png, "FINE_PIXELS", 1000)
    image = Image.open(io.BytesIO(png.render(plot)))
    assert image.size == (round(plot.scene.width), round(plot.scene.height))
    assert image.info["dpi"] == pytest.approx((96, 96), abs=0.02)


def test_captions_tell_the_batch():
    assert Plot(archi_load("resnet18")).diagram.caption == (
        "224×224×3 → 1000 · 71 layers · 11,703,912 params · 1.81 GMACs"
    )
    assert Plot(archi_load("resnet18", batch=8)).diagram.caption.endswith(
        "14.5 GMACs for a batch of 8"
    )


@pytest.mark.parametrize(
    ("name", "level", "rankdir"),
    [
        ("nasnet-a-100@96", "block", None),
        ("wrn-202-1", "block", "LR"),
        ("resnet152", "layer", "LR"),
        ("nasnet-mobile", "block", "LR"),
    ],
)
def test_long_and_turned_pictures_fit_a_page(name, level, rankdir):
    scene = Plot(archi_load(name), level, rankdir=rankdir).scene
    assert 1 / 3 <= scene.width / scene.height <= 3


# The command line.


def test_the_suffix_decides(archi, tmp_path):
    paths = {suffix: tmp_path / f"net{suffix}" for suffix in suffixes()}
    args = [part for path in paths.values() for part in ("-o", str(path))]
    result = archi("plot", "resnet18", *args)
    assert (result.exit_code, result.output) == (0, "")
    starts = {
        ".png": b"\x89PNG",
        ".svg": b"<svg",
        ".pdf": b"%PDF",
        ".html": b"<!",
        ".dot": b"digraph",
        ".mmd": b"",
    }
    for suffix, path in paths.items():
        assert path.read_bytes().startswith(starts[suffix]), suffix


def test_capital_suffixes_are_suffixes(archi, tmp_path):
    assert archi("plot", "resnet18", "-o", str(tmp_path / "NET.PNG")).exit_code == 0
    assert (tmp_path / "NET.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["net.gif", "net", "png", "net.png.txt"])
def test_unknown_suffixes_are_refused_before_anything_is_written(archi, tmp_path, name):
    good, bad = tmp_path / "net.svg", tmp_path / name
    result = archi("plot", "resnet18", "-o", str(good), "-o", str(bad))
    assert result.exit_code == 2
    assert "the ending says the format" in result.stderr
    assert ".dot, .html, .mmd, .pdf, .png or .svg" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_can_not_be_written(archi, tmp_path):
    (tmp_path / "net.png").mkdir()
    result = archi("plot", "resnet18", "-o", str(tmp_path / "net.png"))
    assert result.exit_code == 2
    assert "is a directory" in result.stderr
    assert list((tmp_path / "net.png").iterdir()) == []


def test_a_missing_folder_is_named(archi, tmp_path):
    result = archi("plot", "resnet18", "-o", str(tmp_path / "no" / "net.png"))
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: can't write")
    assert list(tmp_path.iterdir()) == []


def test_too_large_a_png_is_refused_and_nothing_is_written(archi, tmp_path):
    old = tmp_path / "net.png"
    old.write_bytes(b"old")
    args = ("--level", "layer", "--fold", "1", "--dpi", "1200")
    result = archi("plot", "resnet152", *args, "-o", str(old))
    assert result.exit_code == 2
    assert re.match(r"Error: a PNG of [\d,]+ × [\d,]+ pixels is too large", result.stderr)
    assert "--dpi" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["net.png"]
    assert old.read_bytes() == b"old"


def test_a_long_pdf_is_scaled_to_the_largest_page(archi, tmp_path):
    pypdfium2 = pytest.importorskip("pypdfium2")
    path = tmp_path / "net.pdf"
    args = ("--level", "layer", "--fold", "1", "-o", str(path))
    assert archi("plot", "resnet152", *args).exit_code == 0
    width, height = pypdfium2.PdfDocument(path)[0].get_size()
    assert max(width, height) == pytest.approx(14_400)


def test_dpi_sets_the_size_of_a_png(archi, tmp_path):
    from PIL import Image

    for dpi in (96, 192):
        archi("plot", "resnet18", "--dpi", str(dpi), "-o", str(tmp_path / f"{dpi}.png"))
    small, large = (Image.open(tmp_path / f"{dpi}.png").size for dpi in (96, 192))
    assert large == pytest.approx([2 * length for length in small], abs=1)


def test_the_python_api_draws_too(tmp_path):
    graph = archi_load("resnet18")
    graph.plot(str(tmp_path / "net.svg"), level="stage")
    assert (tmp_path / "net.svg").read_text("utf-8") == writer("x.svg")(
        Plot(graph, "stage")
    ).decode()
    for path, level, message in (("net.gif", "stage", "the ending"), ("net.svg", "x", "no level")):
        with pytest.raises(ArchiError, match=message):
            graph.plot(str(tmp_path / path), level=level)


def test_rankdir_turns_the_picture(archi, tmp_path):
    texts = {}
    for direction in ("TB", "LR"):
        path = tmp_path / f"{direction}.dot"
        archi("plot", "resnet18", "--rankdir", direction, "-o", str(path))
        texts[direction] = path.read_text("utf-8")
    assert texts["TB"].replace("rankdir=TB", "rankdir=LR") == texts["LR"]
    plot = Plot(archi_load("resnet18"), "block", rankdir="LR")
    check_geometry(plot)


KERAS_STYLES = [
    {},
    {"show_shapes": True},
    dict.fromkeys(
        ("show_shapes", "show_dtype", "show_layer_names", "show_layer_activations"), True
    ),
    {"show_trainable": True},
]


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("switches", KERAS_STYLES)
def test_geometry_of_keras_style(switches, rankdir):
    for name in ("resnet18", "xception"):
        check_geometry(Plot(archi_load(name), keras=Switches(**switches), rankdir=rankdir))


@pytest.mark.parametrize("suffix", ["dot", "svg", "png", "pdf"])
def test_a_layer_that_reads_its_own_output_is_drawn(suffix):
    """It is one box in Keras's style, with an edge to itself."""
    with building():
        x = Input((4,))
        layer = Dense(4)
        graph = Graph(x, layer(layer(x)))
    assert writer(f"x.{suffix}")(Plot(graph, keras=Switches()))


@pytest.mark.parametrize("last", ["no/net.png", "net.gif", "big.png"])
def test_of_several_files_all_are_written_or_none(archi, tmp_path, last, monkeypatch):
    from archi.pictures.formats import png

    monkeypatch.setattr(png, "MAX_PIXELS", 1000)
    result = archi("plot", "wrn-10-1", "-o", str(tmp_path / "net.svg"), "-o", str(tmp_path / last))
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_protected_file_is_left_alone(archi, tmp_path, monkeypatch):
    """As root one may write anything; so the system's answer is what is tested."""
    path = tmp_path / "net.svg"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda where, mode: mode != os.W_OK)
    result = archi("plot", "wrn-10-1", "-o", str(path))
    assert (result.exit_code, path.read_text("utf-8")) == (2, "old")
    assert "Permission denied" in result.stderr


def test_writers_do_not_meet(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from archi.files import write_file

    (tmp_path / f".archi-{os.getpid()}.part").write_text("another's")
    jobs = [(str(tmp_path / f"{i % 3}"), bytes([65 + i % 3]) * 5000) for i in range(90)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda job: write_file(*job), jobs))
    for path, content in jobs:
        with open(path, "rb") as file:
            assert file.read() == content
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("option", ["--fold=2", "--rankdir=LR", "--dpi=96"])
def test_options_of_files_are_refused_in_the_terminal(archi, option):
    result = archi("plot", "wrn-10-1", option)
    assert result.exit_code == 2
    assert "are for pictures in files" in result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--show-shapes", "-o", "net.png"], "--show-shapes belongs to --style keras"),
        (["--expand-nested", "-o", "net.png"], "--expand-nested belongs to --style keras"),
        (["--style", "keras"], "--style keras draws into a file"),
        (["--style", "keras", "--level", "block", "-o", "net.png"], "--level is for archi's own"),
        (["--style", "keras", "-o", "net.html"], "an HTML file shows archi's own levels"),
    ],
)
def test_options_that_do_not_go_together(archi, args, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = archi("plot", "resnet18", *args)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {message}")
    assert list(tmp_path.iterdir()) == []


# The terminal.


def test_the_terminal_shows_the_stages(archi):
    result = archi("plot", "resnet18", COLUMNS="60")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 60
    assert "│ basic block ×2 (/2) │││" in result.output


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 140, 300])
@pytest.mark.parametrize("name", ["resnet34", "nasnet-a-7@1920"])
def test_the_terminal_picture_fits(archi, name, columns):
    lines = archi("plot", name, COLUMNS=str(columns)).output.splitlines()
    assert max(map(len, lines)) <= max(columns, 24)
    assert sum(line.count("▶") for line in lines) == {"resnet34": 8, "nasnet-a-7@1920": 10}[name]
