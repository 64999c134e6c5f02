"""The command line as a user and a script see it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest
from support.networks import every_network

from archi.cli import main
from archi.families.registry import catalogue

COMMANDS = main.list_commands(None)
REPORTING = ["summary wrn-16-1", "list", "info wrn", "fit wrn --params 1M"]


def data(archi, *args):
    done = archi(*args, "--format", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


# --- all commands ---------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_help_alone_is_enough(archi, name):
    done = archi(name, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: main {name} ")
    assert f"archi {name} " in done.stdout or f"archi {name}\n" in done.stdout  # an example
    command = main.get_command(None, name)
    options = [p for p in command.params if p.param_type_name == "option"]
    assert all(option.help for option in options)


def test_root_help_names_every_command(archi):
    stdout = archi("--help").stdout
    assert all(f"\n  {name} " in stdout for name in COMMANDS)
    assert "Exit codes" in stdout


def test_version(archi):
    assert archi("--version").stdout.startswith("archi, version ")


def test_an_unknown_command_suggests_a_near_one(archi):
    done = archi("sumary", "resnet50")
    assert done.exit_code == 2
    assert "No such command 'sumary'. Did you mean summary?" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["summary"],
        ["summary", "resnet51"],
        ["summary", "resnet50", "--input", "3"],
        ["summary", "resnet50", "--classes", "ten"],
        ["summary", "resnet50", "--batch", "0"],
        ["summary", "resnet50", "--depth", "0"],
        ["summary", "resnet50", "--columns", "name,nothing"],
        ["summary", "resnet50", "--format", "xml"],
        ["summary", "resnet50", "--dtype", "float8"],
        ["summary", "resnet50", "--optimizer", "sgdm"],
        ["summary", "resnet50", "--dtype", "int8", "--optimizer", "adam"],
        ["summary", "resnet50,input=1x1x3,stride=3x3", "--input", "0x0x0"],
        ["summary", "model.keras"],
        ["summary", "models:build"],
        ["info", "nothing"],
        ["export", "resnet18"],
        ["export", "resnet18", "-o", "net.png"],
        ["export", "resnet51", "-o", "net.json"],
        ["verify"],
        ["verify", "resnet18", "--all"],
        ["frobnicate"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_code_2_with_a_message_and_no_traceback(
    archi, args, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    done = archi(*args)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_errors_come_with_a_caret(archi):
    assert archi("summary", "wrn-27-10").stderr == (
        "Error: depth must be a whole number from 10 to 20,000 that is 6n+4, not '27'\n"
        "  wrn-27-10\n"
        "      ^^\n"
        "  try wrn-22-10 or wrn-28-10\n"
    )


def test_an_image_too_small_names_the_layer(archi):
    done = archi("summary", "xception", "--input", "4x4x3")
    assert done.exit_code == 2
    assert done.stderr == (
        "Error: block1_conv2 (Conv2D): wants an input of at least 3×3, its window. "
        "Received: (None, 1, 1, 32)\n"
    )


# --- output -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", REPORTING)
def test_every_format_can_be_printed_and_written(archi, command, tmp_path):
    for format in ("table", "json", "csv", "markdown"):
        printed = archi(*command.split(), "--format", format)
        path = tmp_path / format
        written = archi(*command.split(), "--format", format, "-o", str(path))
        assert (printed.exit_code, written.exit_code, written.stdout) == (0, 0, "")
        assert path.read_text("utf-8") == printed.stdout
        assert printed.stdout.endswith("\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["csv", "json", "markdown", "table"]


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
@pytest.mark.parametrize("command", REPORTING)
def test_output_is_deterministic(command, format):
    """Same bytes from processes with different hash seeds."""
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "archi", *command.split(), "--format", format],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("target", ["missing/x.json", ".", "/proc/x.json"])
def test_a_file_that_cannot_be_written_leaves_nothing(archi, tmp_path, target, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = archi("summary", "wrn-16-1", "-o", target)
    assert done.exit_code == 2
    assert "Error: " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(archi, tmp_path, monkeypatch):
    path = tmp_path / "net.json"
    path.write_text("old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space")))
    assert archi("summary", "wrn-16-1", "-o", str(path)).exit_code == 2
    assert [p.read_text("utf-8") for p in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("spec", ["resnet50", "wrn-28-10", "nasnet-mobile", "xception"])
@pytest.mark.parametrize("depth", ["1", "2", "3"])
def test_tables_fit_the_terminal_with_every_name_whole(archi, width, spec, depth):
    done = archi("summary", spec, "--depth", depth, COLUMNS=str(width))
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in done.stdout.replace(" … ", "")  # only in "block2 … block4"
    if depth == "3":
        first = [line.partition(" ")[0] for line in lines]
        # A long name goes on in the next lines, each piece of it at the left edge.
        shown = {"".join(first[i : i + n]) for i in range(len(first)) for n in (1, 2, 3)}
        names = {layer["name"] for layer in data(archi, "summary", spec)["layers"]}
        assert names <= shown


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("command", ["list", "info nasnet"])
def test_other_tables_fit_the_terminal(archi, width, command):
    done = archi(*command.split(), COLUMNS=str(width))
    assert max(map(len, done.stdout.splitlines())) <= width


def test_a_pipe_gets_no_colour_codes_and_unwrapped_rows(archi):
    stdout = archi("summary", "nasnet-mobile").stdout
    assert "\x1b" not in stdout
    assert re.search(
        r"^separable_conv_1_bn_reduction_right1_reduce_4 +BatchNormalization ", stdout, re.M
    )


def test_output_in_ascii_terminals():
    done = subprocess.run(
        [sys.executable, "-m", "archi", "summary", "resnet18"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert b"224x224x3 -> 1000" in done.stdout
    assert done.stderr == b""


def test_a_closed_pipe_is_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -m archi summary nasnet-large | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("nasnet-large")
    assert done.stderr == ""


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch):
    from archi import load

    report = load("wrn-16-1").summary()
    assert "\x1b[" in report.render(color="standard", width=100)
    assert "\x1b[" not in report.render(width=100)


def test_columns_that_were_asked_for_stay_however_narrow(archi):
    for width in ("4", "20", "60"):
        done = archi("summary", "wrn-10-1", "--columns", "inputs", COLUMNS=width)
        assert (done.exit_code, done.stderr) == (0, "")
        keys = "name,class,layers,output_shape,block,trainable_params,params_share"
        stdout = archi("summary", "wrn-10-1", "--columns", keys, COLUMNS=width).stdout
        assert "73.7%" in archi("summary", "wrn-10-1", "--columns", keys, "--depth", "1").stdout
        assert "%" in stdout


@pytest.mark.parametrize("width", ["1", "7", "10", "15", "16", "²", "0", "9" * 30, "x"])
@pytest.mark.parametrize("command", ["info wrn", "summary wrn-10-1", "list xception"])
def test_any_width_gives_a_table(archi, width, command):
    done = archi(*command.split(), COLUMNS=width)
    assert (done.exit_code, done.stderr) == (0, "")


def shell(command: str, **env: str):
    return subprocess.run(
        ["bash", "-c", command.replace("archi ", f"{sys.executable} -m archi ")],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_output_goes_to_a_pipe_by_name():
    done = shell("archi summary wrn-10-1 --format json -o /dev/stdout | cat")
    assert json.loads(done.stdout)["model"] == "wrn-10-1"


def test_colour_never_reaches_a_pipe():
    assert "\x1b" not in shell("archi summary wrn-10-1", FORCE_COLOR="1").stdout


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("archi summary wrn-10-1 > /dev/full", "can't write 'standard output'"),
        ("archi list --format csv > /dev/full", "can't write 'standard output'"),
    ],
)
def test_a_full_disk_is_one_message(command, message):
    done = shell(command)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {message}")
    assert "Traceback" not in done.stderr


def test_closed_streams_are_no_traceback():
    for command in ("archi summary wrn-10-1 >&-", "archi list 2>&-", "archi summary resnet51 2>&-"):
        assert "Traceback" not in shell(command).stderr


def test_an_overwritten_file_keeps_its_mode(archi, tmp_path):
    path = tmp_path / ("n" * 240 + ".json")
    path.write_text("old")
    path.chmod(0o600)
    assert archi("summary", "wrn-10-1", "-o", str(path)).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600


# --- summary ----------------------------------------------------------------------------


def test_summary_json_is_the_contracts(archi):
    found = data(archi, "summary", "wrn-28-10")
    assert list(found) == [
        "schema", "model", "source", "inputs", "outputs",
        "totals", "uncounted", "stages", "layers",
    ]  # fmt: skip
    assert found["schema"] == 1
    assert found["model"] == "wrn-28-10"
    assert found["source"] == {"kind": "spec", "target": "wrn-28-10"}
    assert found["inputs"] == [
        {"name": "input_layer", "shape": [None, 32, 32, 3], "dtype": "float32"}
    ]
    assert found["outputs"] == [{"name": "predictions", "shape": [None, 10], "dtype": "float32"}]
    assert found["totals"] == {
        "layers": 93,
        "params": 36_497_146,
        "trainable_params": 36_479_194,
        "non_trainable_params": 17_952,
        "macs": 5_243_328_768,
        "flops": found["totals"]["flops"],
        "weight_bytes": 4 * 36_497_146,
        "activation_bytes": 33_471_016,  # tests/analysis/test_memory.py simulates it
        "peak_activation_bytes": 3 * 4 * 32 * 32 * 160,  # two inputs and an output of an Add
        "receptive_field": [109, 109],  # 3 + 8·2 + (2 + 7·4) + (4 + 7·8)
        "depth": 26,
        "effective_stride": [4, 4],
        "effective_padding": [51, 51],  # nothing before the strided: 1 + 8 + 7·2 + 7·4
        "moved_bytes": 217_407_504,
        "intensity": found["totals"]["flops"] / 217_407_504,
    }
    assert found["uncounted"] == []
    assert found["stages"][1] == {
        "name": "conv2",
        "resolution": [32, 32],
        "layers": 29,
        "params": found["stages"][1]["params"],
        "macs": found["stages"][1]["macs"],
    }
    assert found["layers"][1] == {
        "name": "conv1",
        "class": "Conv2D",
        "block": "conv1",
        "output_shape": [None, 32, 32, 16],
        "params": 432,
        "trainable_params": 432,
        "macs": 432 * 32 * 32,
        "flops": 2 * 432 * 32 * 32,
        "inputs": ["input_layer"],
        "activation_bytes": 4 * 32 * 32 * 16,
        "live_bytes": 4 * 32 * 32 * (3 + 16),
        "moved_bytes": 4 * (32 * 32 * (3 + 16) + 432),
        "intensity": 2 * 432 * 32 * 32 / (4 * (32 * 32 * (3 + 16) + 432)),
        "receptive_field": [3, 3],
        "effective_stride": [1, 1],
        "effective_padding": [1, 1],
    }


def test_summary_json_has_the_dtype_and_the_training_that_were_asked_for(archi):
    plain = data(archi, "summary", "wrn-16-1")
    args = ("--dtype", "mixed_float16", "--optimizer", "adam", "--batch", "8")
    found = data(archi, "summary", "wrn-16-1", *args)
    assert found["dtype"] == "mixed_float16"
    totals, before = found["totals"], plain["totals"]
    assert totals["weight_bytes"] == before["weight_bytes"]
    assert totals["activation_bytes"] == 8 * before["activation_bytes"] // 2
    trained = 4 * before["trainable_params"]
    parts = {
        "weight_bytes": before["weight_bytes"],
        "gradient_bytes": trained,
        "optimizer_bytes": 2 * trained,
        "activation_bytes": found["training"]["activation_bytes"],
    }
    assert found["training"] == {
        "optimizer": "adam", "batch": 8, **parts, "total_bytes": sum(parts.values()),
    }  # fmt: skip


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_training_is_shown_where_an_optimizer_is_given(archi, format):
    shown = ("--depth", "1", "--format", format)
    assert "Training" not in archi("summary", "resnet18", *shown).stdout
    stdout = archi("summary", "resnet18", *shown, "--optimizer", "momentum").stdout
    lines = {line.strip(" -").partition(" ")[0].rstrip(":"): line for line in stdout.splitlines()}
    assert "187 MB" not in lines["Weights"]
    assert "46.8 MB" in lines["gradients"]
    assert "46.8 MB" in lines["optimizer"]
    assert "momentum" in lines["optimizer"]
    assert "one sample, with the weights" in lines["Training"]


def test_memory_and_receptive_field_are_columns(archi):
    keys = "name,activation_bytes,live_bytes,moved_bytes,receptive_field,effective_stride"
    text = archi("summary", "resnet18", "--columns", keys, "--format", "csv").stdout
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["conv1_relu"] == {
        "name": "conv1_relu", "activation_bytes": str(4 * 112 * 112 * 64),
        "live_bytes": str(2 * 4 * 112 * 112 * 64), "moved_bytes": str(2 * 4 * 112 * 112 * 64),
        "receptive_field": "7x7", "effective_stride": "2x2",
    }  # fmt: skip
    assert rows["predictions"]["receptive_field"] == ""
    keys += ",effective_padding,intensity"
    text = archi("summary", "resnet18", "--columns", keys, "--depth", "1", COLUMNS="120").stdout
    lines = {line.partition(" ")[0]: line.split() for line in text.splitlines() if line}
    assert lines["stem"][-4:] == ["11×11", "4×4", "5×5", "8.42"]
    folded = archi("summary", "resnet50", "--columns", keys, "--depth", "2", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(folded.stdout)))
    totals = data(archi, "summary", "resnet50")["totals"]
    assert sum(int(row["activation_bytes"]) for row in rows) == totals["activation_bytes"]
    assert sum(int(row["moved_bytes"]) for row in rows) == totals["moved_bytes"]
    assert max(int(row["live_bytes"]) for row in rows) == totals["peak_activation_bytes"]
    assert rows[-3]["receptive_field"] == "483x483"
    # A row of three blocks is what all three do for each byte that they move.
    layers = [each for each in data(archi, "summary", "resnet50")["layers"]
              if each["block"] in ("conv2/block2", "conv2/block3")]  # fmt: skip
    ratio = sum(each["flops"] for each in layers) / sum(each["moved_bytes"] for each in layers)
    row = next(row for row in rows if row["name"].startswith("conv2/block2"))
    assert float(row["intensity"]) == ratio


def test_an_unbounded_receptive_field_says_from_where():
    from archi import Graph
    from archi.graph import building
    from archi.layers import Conv2D, Input, Reshape

    with building():
        inputs = Input((8, 8, 3))
        x = Reshape((4, 16, 4), name="mix")(Conv2D(4, 1)(inputs))
        text = str(Graph(inputs, x).summary())
    assert re.search(r"^Receptive field +none  unbounded from mix on$", text, re.M)


@pytest.mark.parametrize("spec", every_network())
def test_stages_sum_to_the_totals(archi, spec):
    found = data(archi, "summary", spec)
    for key in ("params", "macs"):
        assert sum(each[key] for each in found["stages"]) == found["totals"][key]
    assert sum(each["layers"] for each in found["stages"]) == found["totals"]["layers"]


def test_flops_follow_the_stated_convention(archi):
    """2 × MACs, and one an element for bias, activation, merge and window tap, two for BN."""
    layers = {each["name"]: each for each in data(archi, "summary", "resnet18")["layers"]}
    elements = 112 * 112 * 64
    expected = {
        "conv1_conv": 2 * layers["conv1_conv"]["macs"] + elements,  # with bias
        "conv1_bn": 2 * elements,
        "conv1_relu": elements,
        "conv1_pad": 0,
        "pool1_pool": 9 * 56 * 56 * 64,
        "conv2_block1_add": 56 * 56 * 64,
        "avg_pool": 7 * 7 * 512,
        "predictions": 2 * 512 * 1000 + 1000 + 1000,  # bias and softmax
    }
    assert {name: layers[name]["flops"] for name in expected} == expected


def test_folding_sums_the_same_and_counts_repeats(archi):
    totals = data(archi, "summary", "resnet50")["totals"]
    for depth in ("1", "2", "3"):
        text = archi("summary", "resnet50", "--depth", depth, "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        assert sum(int(row["params"]) for row in rows) == totals["params"]
        assert sum(int(row["macs"]) for row in rows) == totals["macs"]
    folded = archi("summary", "resnet50", "--depth", "2").stdout
    assert "conv4/block2 … block6  bottleneck ×5" in folded
    stages = archi("summary", "resnet50", "--depth", "1").stdout
    assert "bottleneck ×6" in stages


def test_connections_are_shown_where_they_are_not_the_row_above(archi):
    text = archi("summary", "resnet50", "--format", "csv").stdout
    rows = {row["name"]: row["inputs"] for row in csv.DictReader(io.StringIO(text))}
    assert rows["conv2_block1_add"] == "conv2_block1_0_bn conv2_block1_3_bn"
    assert rows["conv1_conv"] == ""


def test_columns_can_be_chosen(archi):
    text = archi("summary", "wrn-16-1", "--columns", "name,flops,block", "--format", "csv").stdout
    assert text.splitlines()[:3] == [
        "name,flops,block",
        "input_layer,0,",
        "conv1,884736,conv1",
    ]


def test_options_on_the_command_line_are_those_of_the_spec(archi):
    flags = archi("summary", "resnet18", "--input", "32x32x3", "--classes", "10").stdout
    assert flags == archi("summary", "resnet18,input=32x32x3,classes=10").stdout
    assert data(archi, "summary", "wrn-16-1", "--batch", "4")["inputs"][0]["shape"][0] == 4


# Counted by hand: conv2 has 2·(64 + 16·16·9), conv3 64 + 16·32·9 + 16·32 + 128 + 32·32·9 params.
WRN_10_1_AT_80_COLUMNS = """\
wrn-10-1   32×32×3 → 10

Layer  Type    Layers  Output    Params                 MACs
─────────────────────────────────────────────────────────────────────────
conv1  Conv2D       2  32×32×16     432         0.6%   442 K  ▌      3.5%
conv2  B(3,3)       7  32×32×16   4,736  ▍      6.0%  4.72 M  █████ 37.7%
conv3  B(3,3)       8  16×16×32  14,528  █▎    18.5%  3.67 M  ███▉  29.4%
conv4  B(3,3)       8  8×8×64    57,728  █████ 73.7%  3.67 M  ███▉  29.4%
head   Dense        4  10           906  ▏      1.2%     640         0.0%

Params               78,330  78.3 K
  trainable          77,850
  non-trainable         480
MACs             12,501,632  12.5 MMACs for one sample
FLOPs            25,257,236  25.3 MFLOPs: 2 × MACs + the rest
Intensity               9.8  FLOPs for each byte; 2.59 MB moved
Weights              313 kB  as stored, without optimizer state
Activations         1.06 MB  197 kB of them at once, at inference
Receptive field       25×25  pixels, one every 4×4
Layers                   29  8 with a kernel on the longest path
"""


def test_a_summary_at_80_columns_character_by_character(archi):
    stdout = archi("summary", "wrn-10-1", "--depth", "1", COLUMNS="80").stdout
    assert stdout == WRN_10_1_AT_80_COLUMNS


# --- list and info ----------------------------------------------------------------------


def test_list_shows_every_architecture_with_counts(archi):
    found = data(archi, "list")["architectures"]
    assert [each["name"] for each in found] == catalogue()
    one = next(each for each in found if each["name"] == "resnet50")
    assert {key: one[key] for key in ("family", "template", "params", "macs", "input")} == {
        "family": "resnet",
        "template": "resnet{depth}",
        "params": 25_636_712,
        "macs": 3_857_973_248,
        "input": [224, 224, 3],
    }
    assert one["paper"].startswith("https://")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("XCEPTION", ["xception"]),
        ("wrn_16", ["wrn-16-8", "wrn-16-10"]),
        ("wrn-*-8", ["wrn-16-8", "wrn-22-8", "wrn-40-8"]),
        ("nothing", []),
    ],
)
def test_list_filters(archi, pattern, names):
    found = data(archi, "list", pattern)["architectures"]
    assert [each["name"] for each in found] == names


def test_info_shows_published_beside_computed_and_hides_no_difference(archi):
    stdout = archi("info", "nasnet").stdout
    line = next(x for x in stdout.splitlines() if "7@1920" in x and "22.6M" in x)
    assert "24,720,484" in line
    assert "differs, +9.4%" in line


def test_info_gives_the_training_recipe(archi):
    recipe = data(archi, "info", "wrn-28-10")["recipe"]
    assert recipe["optimizer"] == "SGD, Nesterov momentum 0.9"
    assert recipe["learning rate"] == "0.1, ×0.2 at epochs 60, 120 and 160"
    assert (recipe["weight decay"], recipe["batch"], recipe["epochs"]) == ("5e-4", "128", "200")


def test_info_lists_options_with_defaults(archi):
    options = {each["name"]: each for each in data(archi, "info", "resnet")["options"]}
    assert options["bias"]["default"] == "true"
    assert options["depth"]["default"] is None
    assert options["input"]["default"] == "224x224x3"


# --- export and completion --------------------------------------------------------------


def test_export_json_needs_no_keras_and_keras_reads_it(archi, tmp_path, keras):
    path = tmp_path / "net.json"
    assert archi("export", "wrn-16-1,classes=7", "-o", str(path)).exit_code == 0
    model = keras.models.model_from_json(path.read_text("utf-8"))
    assert model.output_shape == (None, 7)
    assert model.count_params() == 175_994 - 3 * 65


def test_export_keras_gives_a_real_initialised_model(archi, tmp_path, keras):
    import numpy as np

    path = tmp_path / "net.keras"
    assert archi("export", "wrn-10-1", "-o", str(path)).exit_code == 0
    assert [p.name for p in tmp_path.iterdir()] == ["net.keras"]
    model = keras.models.load_model(path)
    probabilities = model.predict(np.zeros((2, 32, 32, 3)), verbose=0)
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_the_shell_completes_commands_and_names():
    def complete(words: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", "from archi.cli import main; main(prog_name='archi')"],
            env={
                **os.environ,
                "_ARCHI_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split(" ")) - 1),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert complete("archi su") == ["summary"]
    assert complete("archi summary wrn_2") == ["wrn-22-8", "wrn-22-10", "wrn-28-10", "wrn-28-12"]
    assert "nasnet-large" in complete("archi info nas")


def test_writing_to_a_device_or_link_leaves_it_what_it_is(archi, tmp_path):
    assert archi("summary", "wrn-16-1", "-o", "/dev/null").exit_code == 0
    assert not os.path.isfile("/dev/null")
    (tmp_path / "real.json").write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    assert archi("summary", "wrn-16-1", "--format", "json", "-o", str(link)).exit_code == 0
    assert link.is_symlink()
    assert json.loads((tmp_path / "real.json").read_text("utf-8"))["model"] == "wrn-16-1"


def test_exporting_to_a_device_is_refused(archi, tmp_path, keras):
    fifo = tmp_path / "net.keras"
    os.mkfifo(fifo)
    done = archi("export", "wrn-10-1", "-o", str(fifo))
    assert done.exit_code == 2
    assert "not a regular file" in done.stderr
    assert list(tmp_path.iterdir()) == [fifo]
