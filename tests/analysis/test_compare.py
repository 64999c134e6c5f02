"""`archi compare`: totals side by side, and what each network spends where."""

from __future__ import annotations

import csv
import io
import json

import pytest
from support import geometry

from archi import Graph, load
from archi.analysis.compare import RATIOS, compare, ratio
from archi.errors import ArchiError
from archi.graph import building
from archi.layers import Conv2D, Dense, Flatten, Input
from archi.pictures.chart import Chart, chart
from archi.pictures.drawing.scene import Group, Rect, Text
from archi.render import render
from archi.units import times

SWEEP = [f"wrn-{depth}-{width}" for depth in (16, 22, 28, 40) for width in (4, 8, 10)]


def data(*names: str, **options) -> dict:
    return compare([load(name) for name in names], **options).data


def test_json_has_the_fields_of_the_contract():
    found = data("nasnet-mobile", "xception")
    assert found["schema"] == 1
    assert [each["model"] for each in found["models"]] == ["nasnet-mobile", "xception"]
    for name, each in zip(("nasnet-mobile", "xception"), found["models"], strict=True):
        summary = load(name).summary().data
        assert each["totals"] == summary["totals"]
        assert each["stages"] == summary["stages"]
    assert found["ratios"][1]["peak_activation_bytes"] == pytest.approx(38_723_328 / 7_417_260)
    assert found["ratios"][0] == {"model": "nasnet-mobile", **dict.fromkeys(RATIOS, 1.0)}
    # Params as Keras's documentation has them: 5.3M and 22.9M.
    assert found["ratios"][1]["params"] == pytest.approx(22_910_480 / 5_326_716)


def test_ratios_are_to_the_first_given_whatever_the_order_shown():
    found = data("resnet18", "resnet50", "resnet34", sort="params")
    assert [each["model"] for each in found["ratios"]] == ["resnet50", "resnet34", "resnet18"]
    assert found["ratios"][2]["params"] == 1.0


@pytest.mark.parametrize("sort", ["params", "macs", "memory", "layers", "depth"])
def test_sorting_puts_the_largest_first(sort):
    key = {"memory": "peak_activation_bytes"}.get(sort, sort)
    totals = [each["totals"][key] for each in data(*SWEEP, sort=sort)["models"]]
    assert totals == sorted(totals, reverse=True)


def test_sorting_by_name():
    names = [each["model"] for each in data("xception", "resnet18", sort="name")["models"]]
    assert names == ["resnet18", "xception"]


@pytest.mark.parametrize("name", ["resnet50", "xception", "nasnet-mobile", "fmnist-resnet50"])
def test_what_is_spent_by_resolution_adds_up(name):
    model = data(name)["models"][0]
    for metric in ("params", "macs"):
        assert sum(row[metric] for row in model["by_resolution"]) == model["totals"][metric]


def test_resolutions_of_resnet34():
    """He et al. 2016a, Table 1: the stem at /2, stages at /4 to /32."""
    model = data("resnet34")["models"][0]
    stages = {stage["name"]: stage for stage in model["stages"]}
    rows = {row["fall"]: row for row in model["by_resolution"]}
    assert list(rows) == [1, 2, 4, 8, 16, 32, "vector"]
    for fall, stage in ((4, "conv2"), (8, "conv3"), (16, "conv4"), (32, "conv5")):
        assert rows[fall]["macs"] == stages[stage]["macs"]
        assert rows[fall]["params"] == stages[stage]["params"]
    assert rows["vector"]["params"] == 513_000


def test_odd_resolutions_are_aligned():
    """299 → 149, 147, 74, 37, 19, 10: each is nearest to one power of two."""
    rows = [row["fall"] for row in data("xception")["models"][0]["by_resolution"]]
    assert rows == [1, 2, 4, 8, 16, 32, "vector"]


def test_unknown_sizes_are_a_row_of_their_own():
    rows = compare([open_size()]).data["models"][0]["by_resolution"]
    assert rows == [{"fall": "unknown", "params": 112, "macs": None}]
    table = render(compare([open_size(), load("resnet18")]), "table")
    (row,) = [line for line in table.splitlines() if line.startswith("unknown ")][:1]
    assert row.split() == ["unknown", "?", "0"]


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        (
            "nasnet-mobile",
            "xception",
            "xception takes 14.8× the MACs and 4.30× the params of nasnet-mobile. "
            "Most of what it does more is at 1/16 of the input's resolution.",
        ),
        ("resnet50", "resnet50v2", "resnet50 takes 1.11× the MACs and 1.00× the params"),
        ("resnet18", "resnet18", "Both take about the same MACs; resnet18 has 1.00× the params of"),
        (
            "resnet50,classes=10",
            "resnet50",
            "Both take about the same MACs; resnet50 has 1.09× the params of resnet50,classes=10.",
        ),
    ],
)
def test_two_networks_are_judged_in_a_sentence(archi, a, b, sentence):
    output = archi("compare", a, b).output
    assert sentence in " ".join(output.split())


def test_the_table_shows_totals_with_bars(archi):
    lines = archi("compare", "nasnet-mobile", "xception", COLUMNS="100").output.splitlines()
    assert lines[4:6] == [
        "nasnet-mobile  5.33 M  █▏    1.00×   564 M  ▍     1.00×  7.42 MB     771     58",
        "xception       22.9 M  █████ 4.30×  8.36 G  █████ 14.8×  38.7 MB     134     37",
    ]


def test_gauges_of_all_networks_have_one_scale(archi):
    """The largest of both columns fills the bar, and nothing else does."""
    output = archi("compare", "nasnet-mobile", "xception").output
    part = output.partition("MACs by resolution")[2].partition("Params by")[0]
    assert part.count("█████") == 1
    assert "/16 (14×14, 19×19)              ▏       191 M  █████ 5.18 G" in part


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_twelve_networks_fit(archi, columns):
    result = archi("compare", *SWEEP, COLUMNS=str(columns))
    lines = result.output.splitlines()
    assert lines[0] == "12 networks"
    assert max(map(len, lines)) <= columns
    for title in ("MACs by resolution", "Params by resolution"):
        at = lines.index(title)
        assert lines[at + 1].split() == ["32×32", "16×16", "8×8", "vector"]
        assert [line.split()[0] for line in lines[at + 3 : at + 15]] == SWEEP


def test_by_type(archi):
    output = archi("compare", "resnet50", "xception", "--by", "type").output
    assert "MACs by type of layer" in output
    part = output.partition("MACs by type of layer")[2].partition("Params by")[0]
    assert [line.split()[0] for line in part.splitlines()[3:6]] == [
        "SeparableConv2D",
        "Conv2D",
        "Dense",
    ]


def test_csv_is_the_table_of_totals(archi):
    rows = list(csv.DictReader(io.StringIO(archi("compare", *SWEEP, "--format", "csv").output)))
    assert [row["model"] for row in rows] == SWEEP
    assert int(rows[8]["params"]) == 36_497_146
    assert float(rows[8]["params_ratio"]) == pytest.approx(36_497_146 / int(rows[0]["params"]))


def test_markdown_and_json_are_written(archi, tmp_path):
    assert "| resnet18 | 11.7 M | 1.00×" in archi(
        "compare", "resnet18", "resnet34", "--format", "markdown"
    ).output.replace("\\", "")
    path = tmp_path / "out.json"
    archi("compare", "resnet18", "resnet34", "--format", "json", "-o", str(path))
    assert len(json.loads(path.read_text("utf-8"))["models"]) == 2


def test_options_apply_to_every_target(archi):
    output = archi("compare", "resnet18", "wrn-16-4", "--classes", "7", "--format", "json").output
    for model in json.loads(output)["models"]:
        assert "classes=7" in model["model"]


def open_size(name: str = "open") -> Graph:
    with building():
        x = Input((None, None, 3))
        return Graph(x, Conv2D(4, 3)(x), title=name)


def test_what_is_not_counted_is_said_and_not_compared():
    report = compare([open_size(), load("resnet18")])
    text = render(report, "table")
    assert "Not counted in open: conv2d" in text
    assert "the params of" not in text
    assert next(line for line in text.splitlines() if line.startswith("open  ")).count("?") == 2
    assert [each["macs"] for each in report.data["ratios"]] == [None, None]
    assert [row["macs"] for row in report.data["models"][0]["by_resolution"]] == [None]


def test_the_largest_input_is_the_image():
    with building():
        vector, image = Input((10,)), Input((32, 32, 3))
        y = Conv2D(4, 3, strides=2, padding="same")(image)
        graph = Graph([vector, image], [y, Dense(2)(vector)])
    rows = compare([graph]).data["models"][0]["by_resolution"]
    assert {row["fall"] for row in rows} == {1, 2, "vector"}


def test_the_batch_is_in_the_title(archi):
    lines = archi("compare", "resnet18", "resnet34", "--batch", "8").output.splitlines()
    assert lines[0] == "resnet18 and resnet34, batch 8"


LONG = ["nasnet-a-7@1920,stem_filters=32,input=331x331x3", "wrn-28-10,dropout=0.3,classes=100"]


def test_networks_with_long_names_are_rows(archi):
    lines = archi("compare", *LONG, COLUMNS="80").output.splitlines()
    assert max(map(len, lines)) <= 80
    assert "/1" in lines[lines.index("MACs by resolution") + 1].split()


def test_what_a_network_has_none_of_is_zero(archi):
    output = archi("compare", "resnet50", "xception", "--by", "type", "--format", "json").output
    assert "?" not in archi("compare", *LONG, "resnet50", "--by", "type").output
    assert json.loads(output)["schema"] == 1


def test_one_network_is_compared_with_itself(archi):
    assert archi("compare", "resnet18").exit_code == 0


def test_nothing_to_compare_is_an_error(archi):
    assert archi("compare").exit_code == 2
    with pytest.raises(ArchiError, match="nothing to compare"):
        compare([])
    for options in ({"sort": "beauty"}, {"by": "luck"}):
        with pytest.raises(ArchiError, match="can't compare by"):
            compare([load("resnet18")], **options)


def test_ratio_of_nothing():
    assert ratio(None, 5) is None
    assert ratio(5, 0) is None
    assert ratio(5, None) is None
    assert ratio(0, 5) == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00×"), (0.9991, "1.00×"), (1, "1.00×"), (9.994, "9.99×"), (9.996, "10.0×"),
        (99.94, "99.9×"), (99.96, "100×"), (1234.5, "1,234×"),
    ],
)  # fmt: skip
def test_times(value, text):
    assert times(value) == text


# The chart.


def labels(scene) -> list[Text]:
    return [item for item in scene.items if isinstance(item, Group) for item in item.items[1:]]


def dots(scene) -> list[Rect]:
    return [item.items[0] for item in scene.items if isinstance(item, Group)]


@pytest.mark.parametrize(
    "names", [SWEEP, ["resnet18"], ["resnet18"] * 3, ["nasnet-mobile", "nasnet-large", "xception"]]
)
def test_names_in_a_chart_hide_nothing(names):
    scene = chart([load(name) for name in names])
    texts = [(t.x, t.y - 0.75 * t.size, t.width, 0.8 * t.size) for t in labels(scene)]
    points = [(d.x, d.y, d.width, d.height) for d in dots(scene)]
    assert [text.text for text in labels(scene)] == names
    geometry.assert_no_overlap(texts)
    for text in texts:
        geometry.assert_no_overlap([text, points[texts.index(text)]])
    geometry.assert_inside(texts + points, [], (scene.width, scene.height))


def test_a_chart_puts_networks_where_they_belong():
    names = ["resnet18", "resnet34", "nasnet-large"]
    graphs = [load(name) for name in names]
    small, middle, large = dots(chart(graphs))
    assert small.x < middle.x < large.x
    assert small.y > middle.y > large.y
    by_name = {item.text: item for item in chart(graphs).items if isinstance(item, Text)}
    assert by_name["20 M"].x < middle.x < by_name["50 M"].x  # 21.8 M params
    assert by_name["5 G"].y < middle.y < by_name["2 G"].y  # 3.66 GMACs


def test_chart_formats(archi, tmp_path):
    for suffix, start in ((".png", b"\x89PNG"), (".svg", b"<svg"), (".pdf", b"%PDF")):
        path = tmp_path / f"chart{suffix}"
        assert archi("compare", "resnet18", "resnet34", "--chart", str(path)).exit_code == 0
        assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["chart.html", "chart.dot", "chart", "chart.gif"])
def test_other_chart_formats_are_refused(archi, tmp_path, name):
    result = archi("compare", "resnet18", "resnet34", "--chart", str(tmp_path / name))
    assert (result.exit_code, result.stdout) == (2, "")
    assert ".png, .svg or .pdf" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_network_without_macs_has_no_place_in_a_chart():
    with building():
        x = Input((4,))
        graph = Graph(x, Flatten()(x), title="idle")
    with pytest.raises(ArchiError, match="'idle' has no params or no MACs"):
        Chart([graph])


def test_strange_names_are_drawn_safely():
    with building():
        x = Input((4,))
        graph = Graph(x, Dense(4)(x), title="</text>\x1b\u202e" + "x" * 100)
    (label,) = labels(chart([graph]))
    assert label.text.isprintable()
    assert len(label.text) == 40
