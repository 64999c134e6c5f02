"""Model files made to break something: an answer or one clear message, and clean output."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import subprocess
import sys
import time
import zipfile
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support import fuzz, hostile

import archi as package
from archi.diff.difference import difference
from archi.errors import ArchiError
from archi.pictures.plot import Plot
from archi.readers.document._places import NAME
from archi.readers.document.reader import CALLS, NESTING

KERAS2 = Path(__file__).parents[1] / "support" / "keras2"


def tensor(name, call=0, output=0):
    config = {"shape": [None, 8, 8, 3], "dtype": "float32", "keras_history": [name, call, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def layer(class_name, name, *reads, module="keras.layers", **config):
    """Return the document of a layer, called once on each of what it reads."""
    calls = [{"args": [read], "kwargs": {}} for read in reads]
    return {
        "module": module, "class_name": class_name, "config": {"name": name, **config},
        "registered_name": None, "name": name, "inbound_nodes": calls,
    }  # fmt: skip


def start(name="in"):
    return layer("InputLayer", name, batch_shape=[None, 8, 8, 3])


def model(*layers, output="out", name="net"):
    config = {
        "name": name, "layers": list(layers),
        "input_layers": [layers[0]["name"], 0, 0], "output_layers": [output, 0, 0],
    }  # fmt: skip
    return {"module": "keras", "class_name": "Functional", "config": config}


def load(document, tmp_path, **options):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    return package.load(str(path), **options)


# --- documents that are wrong ---------------------------------------------------------------

END = layer("ReLU", "out", tensor("in"))
WRONG = {
    "'a' are in a circle": model(
        start(), layer("Add", "a", [tensor("in"), tensor("b")]), layer("ReLU", "b", tensor("a")),
        layer("ReLU", "out", tensor("b")),
    ),
    "reads 'gone', which is no layer": model(start(), layer("ReLU", "out", tensor("gone"))),
    "reads call 3 of 'a', which has none": model(
        start(), layer("ReLU", "a", tensor("in")), layer("ReLU", "out", tensor("a", 3))
    ),
    "no output 7 of call 0 of 'a'": model(
        start(), layer("ReLU", "a", tensor("in")), layer("ReLU", "out", tensor("a", 0, 7))
    ),
    "two layers are named 'in'": model(start(), start(), END),
    "the output 'out' is no layer": model(start()),
    "tensor that is no layer's output": model(start(), layer("ReLU", "out", tensor(["in"]))),
    "is longer than the names archi reads": model(start(), layer("A" * (NAME + 1), "out")),
    "are not a list of layers": {"class_name": "Functional", "config": {"layers": [5]}},
    "describes no Keras model": [],
}  # fmt: skip


@pytest.mark.parametrize("says", WRONG)
def test_what_is_wrong_is_said(says, tmp_path):
    document = WRONG[says]
    if says == "are not a list of layers":
        document["config"] |= {"input_layers": [], "output_layers": []}
    with pytest.raises(ArchiError, match=re.escape(says)) as caught:
        load(document, tmp_path)
    assert caught.value.message.isprintable()


def test_a_call_on_no_tensors_is_shown(tmp_path):
    """Keras 2 forgets what `tf.einsum` is called on but for its first argument, which is text."""
    graph = load(model(start(), layer("ReLU", "out", 5)), tmp_path)
    (row,) = graph.summary().data["uncounted"]
    assert row["why"] == "what it is called on is not in the file"


def test_a_layer_whose_twin_refuses_what_it_reads_is_shown(tmp_path):
    graph = load(model(start(), layer("Dense", "a", tensor("in"), units=-4), END), tmp_path)
    assert [each.name for each in graph.layers] == ["in", "out", "a"]  # which nothing reads
    document = model(start(), layer("Dense", "out", tensor("in"), units=-4))
    uncounted = load(document, tmp_path).summary().data["uncounted"]
    why = "units must be a whole number of at least 1. Received: -4"
    assert uncounted == [{"layer": "out", "class": "Dense", "why": why}]
    document = model(start(), layer("Conv1D", "out", tensor("in"), filters=2, kernel_size=3))
    (uncounted,) = load(document, tmp_path).summary().data["uncounted"]
    assert "dimensions" in uncounted["why"]


@pytest.mark.parametrize("dtype", ["float16", {"class_name": "DTypePolicy"}, 7])
def test_a_layer_whose_twin_refuses_its_config_is_compared_with_one_that_is_right(dtype, tmp_path):
    right = load(model(start(), layer("Dense", "out", tensor("in"), units=4)), tmp_path)
    wrong = model(start(), layer("Dense", "out", tensor("in"), units=[4], dtype=dtype, more={}))
    wrong = load(wrong, tmp_path)
    for networks in ((right, wrong), (wrong, right)):
        (change,) = difference(*networks).changes
        changed = {each.name: [each.before, each.after] for each in change.arguments}
        assert changed.keys() == {"dtype", "units"}
        assert changed["units"] in ([4, [4]], [[4], 4])


def test_a_dtype_of_an_unknown_layer_is_the_same_in_either_words(tmp_path):
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    first, second = (
        load(model(start(), layer("Gate", "out", tensor("in"), dtype=dtype)), tmp_path)
        for dtype in ("float32", policy)
    )
    assert difference(first, second).changes == []


def nested(depth, calls=1, module="keras"):
    """Return a model in a model in a model, each called so many times on its own output."""
    inner, last = layer("ReLU", "out", tensor("in")), 0
    for _ in range(depth):
        document = model(start(), inner, name="m")
        document["config"]["output_layers"] = ["out", last, 0]
        reads = [tensor("in"), *(tensor("out", call) for call in range(calls - 1))]
        inner = {**layer("Functional", "out", *reads, module=module), "config": document["config"]}
        last = calls  # as an output, a model's calls count from 1
    outer = model(start(), inner)
    outer["config"]["output_layers"] = ["out", last, 0]
    return outer


def test_nesting_is_bounded(tmp_path):
    deepest = load(nested(NESTING - 1), tmp_path).layers[-1].name
    assert deepest == "/".join(["out"] * NESTING)
    with pytest.raises(ArchiError, match="nested more than"):
        load(nested(NESTING), tmp_path)


def test_models_that_are_called_twice_in_models_called_twice_are_bounded(tmp_path):
    began = time.process_time()
    with pytest.raises(ArchiError, match=f"more than {CALLS:,} layers"):
        load(nested(35, calls=2), tmp_path)
    assert time.process_time() - began < 10


def test_a_model_shared_without_being_called_is_looked_at_once(tmp_path):
    inner, last, levels = layer("ReLU", "out", tensor("in")), 0, 12
    for number in range(levels):  # each holds the one before twice: 4,096 times the innermost
        again = {**inner, "name": "again", "inbound_nodes": []}
        both = [{**each, "shared_object_id": number} for each in (inner, again)]
        document = model(start(), *both)
        document["config"]["output_layers"] = ["out", last, 0]
        inner = {**layer("Functional", "out", tensor("in")), "config": document["config"]}
        last = 1
    document = model(start(), inner)
    document["config"]["output_layers"] = ["out", 1, 0]
    assert len(load(document, tmp_path).layers) == levels + 2


def is_shown(path):
    """Whether a file can be shown; anything but one clear message raises."""
    try:
        fuzz.shown(path)
    except ArchiError as error:
        return fuzz.assert_clean(error.message + error.hint)
    return True


def test_documents_that_are_wrong_anywhere(tmp_path):
    """A long run of this is in `fuzz`."""
    rng = random.Random(1)
    texts = [path.read_bytes() for path in sorted(KERAS2.glob("*.json"))]
    texts.append(json.dumps(nested(3, calls=2)).encode())
    answers = 0
    path = tmp_path / "model.json"
    for _ in range(400):
        path.write_bytes(fuzz.mutate_json(rng.choice(texts), rng))
        answers += bool(is_shown(path))
    assert 50 < answers < 350


HUGE = 10**90
CHAINS = {  # what makes sizes of more digits with every layer
    "UpSampling2D": {"size": HUGE},
    "ZeroPadding2D": {"padding": HUGE},
    "Conv2D": {"filters": HUGE, "kernel_size": HUGE, "padding": "same"},
    "AveragePooling2D": {"pool_size": 2**20, "strides": 2**20, "padding": "same"},
    "MaxPooling2D": {"pool_size": HUGE, "strides": HUGE, "padding": "same"},
}


@pytest.mark.parametrize("class_name", CHAINS)
@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_no_size_is_too_large_to_be_shown(tmp_path, class_name, format):
    """Python writes no whole number of more than 4,300 digits, and has floats up to 1e308."""
    layers = [
        layer(class_name, f"a{number}", tensor(f"a{number - 1}"), **CHAINS[class_name])
        for number in range(1, 250)
    ]
    graph = load(model(start("a0"), *layers, output="a249"), tmp_path)
    numbers = re.findall(r"[0-9]+", graph.summary(optimizer="adam").render(format))
    assert max(map(len, numbers)) < 120


def test_shapes_that_no_tensor_has_are_unknown(tmp_path):
    shapes = ([None, 2**62, 2], [None, *[2**52] * 2000], [1] * 300)
    for shape in shapes:
        first = layer("InputLayer", "in", batch_shape=shape)
        with pytest.raises(ArchiError, match="more than 2\\*\\*63 values"):
            load(model(first, END), tmp_path)
        read = tensor("mine")
        read["config"]["shape"] = shape
        mine = layer("Mine", "mine", tensor("in"), module="me")
        graph = load(model(start(), mine, layer("ReLU", "out", read)), tmp_path)
        assert graph.summary().data["layers"][1]["output_shape"] is None
    document = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": []}},
        {"class_name": "ReLU", "config": {"name": "out"}},
    ]}}  # fmt: skip
    assert load(document, tmp_path).batch == 1


def test_weights_of_a_shape_that_no_tensor_has_are_unknown(tmp_path):
    path = tmp_path / "model.keras"
    config = hostile.model({**hostile.dense(), "module": "mine"})
    hostile.archive(path, config, h5=hostile.weights(hostile.shape_of_many_digits))
    assert package.load(str(path)).layers[-1].params is None


def test_a_layer_after_one_that_its_twin_refuses_sees_no_one_knows_what(tmp_path):
    refused = layer("Conv2D", "a", tensor("in"), filters=3, kernel_size=3, groups=2)
    after = layer("Conv2D", "out", tensor("a"), filters=3, kernel_size=3)
    rows = load(model(start(), refused, after), tmp_path).summary().data["layers"]
    assert [row["receptive_field"] for row in rows] == [(1, 1), None, None]


# --- limits ---------------------------------------------------------------------------------


def very_long(count):
    """Return a network of so many layers, as short as documents can be."""
    layers = [start("a0")]
    for number in range(1, count):
        kind = ("BatchNormalization", "ReLU", "Dense")[number % 3]
        config = {"units": 4} if kind == "Dense" else {}
        layers.append(layer(kind, f"a{number}", tensor(f"a{number - 1}"), **config))
        del layers[-1]["registered_name"], layers[-1]["config"]["name"]
    return model(*layers, output=f"a{count - 1}")


def very_long_list(count, class_name="Dense", **config):
    """Return a Sequential network of so many layers of one class."""
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "a0"}}
    layers = [
        {"class_name": class_name, "config": {"name": f"a{number}", **config}}
        for number in range(1, count)
    ]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


VERY_LONG = {
    "functional": very_long,
    "sequential": lambda count: very_long_list(count, units=4),
    "unknown": lambda count: very_long_list(count, "Mine"),
}


@pytest.mark.nightly
@pytest.mark.parametrize("suffix", ["json", "keras"])
@pytest.mark.parametrize("format", ["table", "json"])
@pytest.mark.parametrize("more", [(), ("--scan",)], ids=["plain", "scanned"])
@pytest.mark.parametrize("kind", VERY_LONG)
def test_fifty_thousand_layers(tmp_path, kind, more, format, suffix):
    path = tmp_path / f"model.{suffix}"
    text = json.dumps(VERY_LONG[kind](50_000), separators=(",", ":"))
    if suffix == "json":
        path.write_text(text)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("config.json", text)
    code = (
        "import resource, sys; from archi.cli import main\n"
        "try: main()\n"
        "finally: used = resource.getrusage(resource.RUSAGE_SELF);"
        " print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "summary", path, "--format", format, *more],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, memory = map(float, done.stderr.split())
    assert "a49999" in done.stdout
    assert format == "json" or len(done.stdout.encode()) < 4_000_000
    assert (seconds < 5, memory < 290_000) == (True, True), (seconds, memory)


def test_many_layers_that_archi_does_not_know_take_no_longer(tmp_path):
    began = time.process_time()
    load(very_long_list(8000, "Mine"), tmp_path).summary()
    assert time.process_time() - began < 8


def test_a_layer_that_reads_one_tensor_thousands_of_times_is_drawn(tmp_path):
    reads = layer("Add", "out", [tensor("in")] * 8000)
    began = time.process_time()
    Plot(load(model(start(), reads), tmp_path), "layer").scene  # noqa: B018
    assert time.process_time() - began < 8  # twelve times as long where each looks at all


# --- names that are more than names ----------------------------------------------------------

NAMES = [
    "\x1b[31mred\x07\x9b5m", "[bold red]markup[/]", ":smile:\u202etxt\u2066\u200b",
    "<script>alert(1)</script>", '"]; evil [label="x\\', "--> end\n    A --> B", "`code` | **b**",
    '=cmd|"/C calc"!A0', "+1", "-2+3", "@SUM(A1)", "\t=1", "::error file=x::boo%0A\r\n::x",
    "</testcase><x a='", "&amp;{{7*7}}]]>", "a/b", "é漢字",
]  # fmt: skip


def hostile_names(known):
    """Return a network with these names, and classes with these names if not all are known."""
    layers = [start(NAMES[0])]
    for number, (before, name) in enumerate(pairwise(NAMES)):
        kind, config = name, {}
        if known and number == 1:  # sees the whole image: its name stands beside the field
            kind, config = "GroupNormalization", {"groups": 1}
        elif known or number % 2:
            kind, config = "Conv2D", {"filters": 3, "kernel_size": 3, "padding": "same"}
        layers.append(layer(kind, name, tensor(before), **config))
    return model(*layers, output=NAMES[-1], name=NAMES[1])


@pytest.fixture(params=[True, False], ids=["known", "unknown"])
def file(request, tmp_path):
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(hostile_names(request.param)))
    return str(path)


def assert_printable(text):
    for line in text.split("\n"):
        assert line.isprintable(), ascii(line)


COMMANDS = [
    ("summary",), ("summary", "--depth", "1"), ("summary", "--depth", "2"),
    ("summary", "--columns", "name,class,block,inputs"), ("summary", "--scan"), ("scan",),
    ("check", "--params", "1"), ("compare", "resnet18"), ("diff", "resnet18"),
    ("fit", "wrn", "--like"), ("verify", "--no-run"), ("export", "-o", "out.py"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
def test_every_output_is_clean(archi, file, command, format, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    if command[0] in ("verify", "export") and format != "table":
        pytest.skip("needs real Keras, or has no formats")
    if command[0] == "verify":
        pytest.skip("see test_files")
    options = [] if command[0] == "export" else ["--format", format]
    if command[0] == "fit":
        done = archi("fit", "wrn", "--like", file, *options)
    else:
        done = archi(command[0], file, *command[1:], *options)
    assert done.exit_code in (0, 1, 2)
    assert "Traceback" not in done.stderr
    assert_printable(done.stderr)
    if format == "json" and done.exit_code != 2 and command[0] != "export":
        assert done.stdout.isascii()
        json.loads(done.stdout)
    else:
        assert_printable(done.stdout)
    if format == "csv" and done.exit_code == 0 and command[0] != "export":
        for row in csv.reader(io.StringIO(done.stdout)):
            for value in row:
                assert not re.match(r"[=+\-@\t\r]", value) or re.fullmatch(r"[-+]?[\d.e%-]+", value)
    if format == "markdown":
        assert "<script>" not in re.sub(r"\\.", "", done.stdout)
        assert "`code` |" not in done.stdout


PICTURES = [("--level", level, suffix) for level in ("stage", "block", "layer")
            for suffix in ("svg", "dot", "mmd", "html")]  # fmt: skip
PICTURES += [("--style", "keras", suffix) for suffix in ("svg", "dot", "mmd")]


@pytest.mark.parametrize(("option", "value", "suffix"), PICTURES)
def test_every_picture_is_clean(archi, file, option, value, suffix, tmp_path):
    path = tmp_path / f"net.{suffix}"
    done = archi("plot", file, "-o", str(path), option, value)
    assert done.exit_code == 0, done.stderr
    text = path.read_text(encoding="utf-8")
    assert_printable(text.replace("\t", ""))
    if suffix != "dot":  # where it may stand in quotes
        assert "<script>alert" not in text
    if suffix == "svg":
        elements = list(ElementTree.fromstring(text).iter())
        tags = {element.tag.rpartition("}")[2] for element in elements}
        assert tags <= {
            "svg", "g", "rect", "path", "text", "tspan", "title", "style", "defs",
            "marker", "polygon", "line", "desc", "circle", "clipPath", "use",
        }  # fmt: skip
        links = [value for each in elements for key, value in each.items() if "href" in key]
        assert all(link.startswith("#") for link in links)
    if suffix == "dot":
        unescaped = re.sub(r'"(?:[^"\\]|\\.)*"|<(?:[^<>]|<[^<>]*>)*>', "", text)
        assert "evil" not in unescaped
        assert "script" not in unescaped
    if suffix == "mmd":
        assert not re.search(r"^\s*A --> B", text, re.MULTILINE)


def test_annotations_and_reports_of_checks_are_clean(archi, file, tmp_path, monkeypatch):
    report = tmp_path / "junit.xml"
    done = archi("check", file, "--params", "1", "--junit", str(report), GITHUB_ACTIONS="true")
    assert done.exit_code == 1
    assert_printable(done.stdout)
    ElementTree.fromstring(report.read_text("utf-8"))
    lines = [line for line in done.stdout.split("\n") if line.startswith("::")]
    assert all(line.startswith(("::error", "::notice", "::warning")) for line in lines)
    assert not any("boo" in line for line in lines)
