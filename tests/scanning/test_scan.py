"""`archi scan`: every rule, on files made for it; nothing on genuine ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from support import fuzz, hostile

from archi.containers import hdf5 as _hdf5
from archi.containers.hdf5 import read_contents
from archi.errors import ArchiError, ReadError, printable
from archi.readers import read_graph, read_source
from archi.scanning import quick_scan, scan
from archi.scanning import scanner as _scan
from archi.scanning.findings import SEVERITIES, rule, rules
from archi.scanning.report import scan_report, warning
from archi.scanning.rules.config import NON_MODELING
from archi.scanning.sarif import sarif
from archi.settings import Settings

RULES = {
    "lambda-bytecode", "lambda-layer", "foreign-module", "foreign-function", "non-modeling-api",
    "torch-module-pickle", "external-savedmodel", "external-file", "h5-external-storage",
    "h5-external-link", "h5-soft-link", "h5-virtual", "h5-shape-bomb", "zip-traversal",
    "zip-bomb", "path-in-name", "npz-pickle", "registered-name-mismatch", "duplicate-key",
    "duplicate-member", "unexpected-member",
}  # fmt: skip


def name(case):
    return case.name


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_scan_finds_it(case, tmp_path):
    found = scan(case.write(tmp_path))
    assert (case.rule, case.severity, case.where) in [each[:3] for each in found.findings]


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_quick_scan_finds_what_is_of_high_severity(case, tmp_path):
    path = case.write(tmp_path)
    high = [each for each in scan(path).findings if each.severity == "high"]
    assert quick_scan(path) == high


@pytest.mark.parametrize("case", hostile.FINDINGS, ids=name)
def test_a_quick_scan_of_what_a_reader_read_finds_the_same(case, tmp_path):
    path = str(case.write(tmp_path))
    try:
        source = read_source(path)
        read_graph(source, Settings())
    except ArchiError:
        return
    assert quick_scan(path, source=source) == quick_scan(path)


def test_every_rule_has_a_file_that_shows_it():
    assert {rule.id for rule in rules()} == {case.rule for case in hostile.FINDINGS} == RULES


# --- genuine files -------------------------------------------------------------------------


def no_findings(path):
    found = scan(path)
    assert (found.findings, found.unread) == ([], [])
    assert quick_scan(path) == []


def genuine_models(keras):
    """Models with everything in their config that could be taken for something else."""
    layers = keras.layers
    dense = keras.Sequential([keras.Input((8,)), layers.Dense(4, "relu"), layers.Dense(2)])
    dense.compile("adam", "mse", metrics=["mae", keras.metrics.MeanSquaredError()])
    dense.train_on_batch(np.zeros((2, 8)), np.zeros((2, 2)))
    yield "trained", dense

    x = keras.Input((12,), name="words")
    y = layers.Embedding(100, 16, embeddings_regularizer="l2", mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(y)
    y = layers.MultiHeadAttention(2, 4)(y, y) + y
    y = layers.TimeDistributed(dense_block(keras))(y)
    y = keras.ops.relu(keras.ops.mean(y, axis=1))
    y = layers.Dense(3, activation=keras.activations.gelu, kernel_constraint="max_norm")(y)
    network = keras.Model(x, {"out": y})
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    network.compile(keras.optimizers.AdamW(schedule), {"out": keras.losses.Huber()})
    yield "sequences", network

    policy = keras.DTypePolicy("mixed_float16")
    image = keras.Input((16, 16, 3))
    y = layers.Rescaling(1 / 255)(layers.RandomFlip()(image))
    y = layers.Conv2D(4, 3, dtype=policy, activation="swish")(y)
    y = layers.SpectralNormalization(layers.Conv2D(4, 3))(layers.BatchNormalization()(y))
    nested = keras.Model(image, layers.GlobalAveragePooling2D()(y), name="features")
    yield "nested", keras.Model(image, layers.Softmax()(nested(image)))

    words = layers.StringLookup(vocabulary=["a", "b"])
    text = keras.Input((1,), dtype="string")
    yield "lookup", keras.Model(text, words(text))


def dense_block(keras):
    return keras.Sequential([keras.layers.Dense(16), keras.layers.LayerNormalization()])


def test_saved_models_have_no_findings(keras, tmp_path):
    for name, network in genuine_models(keras):
        for ending in ("keras", "json", "h5"):
            path = tmp_path / f"{name}.{ending}"
            if ending == "json":
                path.write_text(network.to_json())
            elif (name, ending) == ("lookup", "h5"):
                continue  # Keras has no way to save its vocabulary there
            else:
                network.save(path)
            no_findings(path)


def test_a_quick_scan_of_a_saved_model_starts_no_process(keras, tmp_path, monkeypatch):
    monkeypatch.setattr(_hdf5, "_run_child", None)
    for name, network in genuine_models(keras):
        path = tmp_path / f"{name}.keras"
        network.save(path)
        assert quick_scan(path) == []
    dense = next(genuine_models(keras))[1]
    dense.save(tmp_path / "dense.h5")
    assert quick_scan(tmp_path / "dense.h5") == []


# --- what Keras itself makes of them ----------------------------------------------------------

# Without torch-module-pickle, which needs torch, and zip-bomb, whose files here are smaller.
REFUSALS = {
    "lambda-bytecode": "lambda",
    "foreign-module": "Could not locate class|could not be deserialized",
    "foreign-function": "Could not locate function",
    "non-modeling-api": "not a modeling function|not a KerasSaveable",
    "external-savedmodel": "SavedModel",
    "external-file": "vocabulary file outside",
    "registered-name-mismatch": "does not use registered names",
    "h5-external-storage": "external Dataset",
    "h5-external-link": "ExternalLink",
    "h5-soft-link": "SoftLink",
    "h5-virtual": "virtual Dataset",
    "h5-shape-bomb": "shape bomb",
}


def test_what_is_no_part_of_a_model_is_what_keras_says(twin_keras):
    from keras.src.saving.serialization_lib import NON_MODELING_APIS

    theirs = {name.rpartition(".")[2] for name in NON_MODELING_APIS}
    assert NON_MODELING - theirs == {"set_global_attribute", "func_load", "extract_archive"}
    assert theirs <= NON_MODELING


UNREAD = (hostile.link_deep_inside, hostile.link_in_a_part_of_the_weights)  # by this model


@pytest.mark.parametrize("rule", REFUSALS)
def test_keras_refuses_what_the_rule_says_it_does(rule, twin_keras, tmp_path):
    cases = [case for case in hostile.FINDINGS if (case.rule, case.suffix) == (rule, ".keras")]
    for case in cases:
        if case.make in UNREAD:
            continue
        with pytest.raises(Exception, match=REFUSALS[rule]):
            twin_keras.saving.load_model(case.write(tmp_path))


# --- the rules themselves ------------------------------------------------------------------


def test_rules_say_what_they_are():
    for each in rules():
        assert each.title[0].isupper()
        assert not each.title.endswith(".")
        assert each.help.endswith(".")
        assert each.severity in SEVERITIES
        assert all(re.fullmatch(r"CVE-20\d\d-\d{4,5}", number) for number in each.cve)
        assert each.fixed_in is None or re.fullmatch(r"\d+\.\d+\.\d+", each.fixed_in)
        assert each.fixed_in or not each.cve


def test_a_rule_id_is_used_once():
    with pytest.raises(ValueError, match=r"duplicate-key is in archi\.scanning\.rules\.document"):
        rule("duplicate-key", looks_at="document", severity="low")(list)


def findings(path, document):
    hostile.archive(path, document)
    return [each[:3] for each in scan(path).findings]


@pytest.mark.parametrize(
    "node",
    [
        hostile.function("relu"),
        hostile.function("my_loss"),
        hostile.function("relu", "keras.activations"),
        hostile.function("relu", "keras.src.activations.activations"),
        hostile.function("mean_squared_error", "keras.src.losses.losses"),
        hostile.function("mse", "tf_keras.src.losses"),
        hostile.function("einsum", "keras.ops"),
        hostile.layer("Dense", "x"),
        hostile.layer("Dense", "x", module="keras.src.layers.core.dense"),
        hostile.layer("BertBackbone", "x", module="keras_hub.src.models.bert.bert_backbone"),
        {"class_name": "Dense", "config": {"name": "conv1/bn"}},
        {"class_name": "Mine", "config": {}, "module": None, "registered_name": "me>Mine"},
        {"class_name": "Dense", "config": {}, "module": "keras.layers", "registered_name": "Dense"},
        {
            "class_name": "__typespec__",
            "spec_name": "TensorSpec",
            "module": "tensorflow.python.framework.tensor",
            "config": [[None, 3], "float32", "x"],
            "registered_name": None,
        },
        hostile.layer("StringLookup", "x", vocabulary=["a", "b"]),
        hostile.layer("StringLookup", "x", vocabulary=None),
    ],
    ids=str,
)
def test_what_is_in_genuine_files_is_no_finding(node, tmp_path):
    assert findings(tmp_path / "a.keras", hostile.model(hostile.dense(thing=node))) == []


def test_there_may_be_more_findings_than_are_shown(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([hostile.as_lambda()] * 1500))
    found = scan(path)
    assert (len(found.findings), found.more) == (1000, 500)
    assert "1,500 findings, the first 1,000 shown" in scan_report(found).title


def test_many_findings_do_not_hide_a_worse_one(tmp_path):
    path = tmp_path / "a.json"
    many = [hostile.layer("Lambda", "x", function="f")] * 1500
    path.write_text(json.dumps([*many, hostile.as_lambda()]))
    found = scan(path)
    assert found.findings[0].rule == "lambda-bytecode"
    assert (len(found.findings), found.more) == (1000, 501)
    assert [each.rule for each in quick_scan(path)] == ["lambda-bytecode"]


def test_more_objects_than_are_looked_at_are_said_so(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"class_name": "a", "config": 0}] * 200_001))
    with pytest.raises(ReadError, match="more objects than archi looks at, 200,000"):
        scan(path)


def test_what_could_not_be_read_is_told_with_what_was_found(archi, tmp_path):
    path = tmp_path / "a.keras"
    hostile.archive(path, hostile.model(layer=hostile.as_lambda()), h5=b"no HDF5")
    found = scan(path)
    assert [each.rule for each in found.findings] == ["lambda-bytecode"]
    assert len(found.unread) == 1
    done = archi("scan", str(path))
    assert done.exit_code == 1
    assert "not looked at: can't read " in " ".join(done.stdout.split())


def test_files_are_what_keras_takes_them_for(tmp_path):
    """By their ending; those with another, and HDF5 called .keras, are what they start like."""
    makers = {"keras": hostile.lambda_in_keras, "hdf5": hostile.lambda_of_keras_2}
    makers["json"] = hostile.lambda_in_json
    endings = {"keras": (".keras", ".zip"), "hdf5": (".h5", ".hdf5", ".keras", ".model")}
    endings["json"] = (".json", ".txt")
    for kind, make in makers.items():
        for ending in endings[kind]:
            path = tmp_path / f"model{ending}"
            path.unlink(missing_ok=True)
            make(path)
            assert _scan.kind_of(path) == kind
            assert [each.rule for each in scan(path).findings] == ["lambda-bytecode"]
            assert quick_scan(path) == scan(path).findings


def test_a_part_that_breaks_hides_nothing(tmp_path):
    path = tmp_path / "a.keras"
    linked = hostile.weights(hostile.external_link)
    broken = linked.replace(b"TREE", b"EERT")
    for h5, other in ((linked, b"junk"), (linked, broken), (broken, linked), (b"junk", linked)):
        hostile.archive(path, hostile.model(), h5=h5, more=[("model_00001.weights.h5", other)])
        found = scan(path)
        assert [each.rule for each in found.findings] == ["h5-external-link"]
        assert len(found.unread) == 1
        assert quick_scan(path) == found.findings


def test_arrays_that_are_not_looked_at_are_told(tmp_path):
    path = tmp_path / "a.keras"
    hostile.very_many_arrays(path)
    assert [each for each in scan(path).unread if "more arrays than archi looks at" in each]
    large = tmp_path / "large.keras"
    hostile.archive(large, hostile.model(hostile.as_lambda()))
    hostile.add_member(large, "a.npz", like_a_zip(), 65 << 20)
    assert [each for each in scan(large).unread if "more arrays than archi looks at" in each]


def like_a_zip():
    """Something deflated that starts as a zip archive does."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(b"PK\3\4" + bytes(1000)) + packer.flush()


def test_what_stands_before_the_break_is_found(tmp_path):
    def fill(file):
        file["a"] = h5py.ExternalLink("x.h5", "/")
        file.create_group("b/c")

    content = hostile.weights(fill)
    start = content.rindex(b"SNOD")
    path = tmp_path / "a.keras"
    hostile.archive(path, hostile.model(), h5=content[:start] + b"DONS" + content[start + 4 :])
    found = scan(path)
    assert [each.rule for each in found.findings] == ["h5-external-link"]
    assert len(found.unread) == 1


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def evil(tmp_path):
    path = tmp_path / "evil.keras"
    hostile.archive(
        path, hostile.model(hostile.layer("Lambda", "evil", function=hostile.as_lambda()))
    )
    return str(path)


@pytest.fixture
def fine(tmp_path):
    path = tmp_path / "fine.keras"
    hostile.archive(path, hostile.model(hostile.dense()))
    return str(path)


def test_exit_codes(archi, evil, fine, tmp_path):
    assert archi("scan", evil).exit_code == 1
    assert archi("scan", fine).exit_code == 0
    done = archi("scan", str(tmp_path / "nothing.keras"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: can't read ")


def test_the_table(archi, evil, fine):
    assert archi("scan", fine).stdout == "fine.keras   nothing found\n"
    assert archi("scan", evil).stdout.split("\n")[0] == "evil.keras   1 finding: 1 high"
    assert re.search(
        r"^high +lambda-bytecode +evil: function +Python", archi("scan", evil).stdout, re.M
    )


def test_bytecode_in_hdf5_was_refused_later(tmp_path):
    path = tmp_path / "evil.h5"
    hostile.lambda_of_keras_2(path)
    (found,) = scan(path).findings
    assert (found.cve, found.fixed_in) == (("CVE-2025-9905",), "3.11.3")


def test_json_is_that_of_the_contract(archi, evil, fine):
    data = json.loads(archi("scan", evil, "--format", "json").stdout)
    assert (data["schema"], data["file"], data["ok"]) == (1, evil, False)
    assert data["findings"] == [
        {
            "rule": "lambda-bytecode",
            "severity": "high",
            "where": "evil: function",
            "detail": "Python bytecode is unmarshalled and run",
            "cve": ["CVE-2024-3660"],
            "fixed_in": "2.13.0",
        }
    ]
    data = json.loads(archi("scan", fine, "--format", "json").stdout)
    assert (data["ok"], data["findings"], data["unread"]) == (True, [], [])


NASTY = "\x1b[31m[bold]:smile:\u202e<b>|`*_=x\r\n\0"


def test_names_from_the_file_reach_no_output_as_they_are(archi, tmp_path):
    path = tmp_path / "a.keras"
    evil = hostile.layer("Lambda", NASTY, function=hostile.function(NASTY, NASTY))
    more = [(f"../{NASTY[:-1]}.npy", hostile.object_array())]
    hostile.archive(
        path, hostile.model(evil, hostile.layer(NASTY, "=1+1", module=NASTY)), more=more
    )
    for format in ("table", "csv", "markdown", "json"):
        text = archi("scan", str(path), "--format", format).stdout
        assert all(line.isprintable() for line in text.split("\n")), format
        assert "smile" in text  # and not an emoji
    assert "'=1+1" in archi("scan", str(path), "--format", "csv").stdout
    assert "\\<b\\>\\|\\`\\*" in archi("scan", str(path), "--format", "markdown").stdout
    log = tmp_path / "a.sarif"
    archi("scan", str(path), "--sarif", str(log))
    assert log.read_text("utf-8").replace("\n", "").isascii()
    texts = [
        result["message"]["text"]
        for result in json.loads(log.read_text("utf-8"))["runs"][0]["results"]
    ]
    assert all(text.isprintable() for text in texts)


def test_a_file_name_may_be_anything(archi, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\x1b[31m.keras"
    hostile.archive(os.fsdecode(path), hostile.model(hostile.layer("TFSMLayer", "x")))
    log = tmp_path / "a.sarif"
    done = archi("scan", os.fsdecode(path), "--sarif", str(log))
    assert done.exit_code == 1
    assert done.stdout.startswith("\\udcff\\x1b[31m.keras   1 finding")
    assert json.loads(log.read_text("utf-8"))["runs"][0]["artifacts"][0]["location"][
        "uri"
    ].endswith("/%FF%1B%5B31m.keras")


# --- SARIF ------------------------------------------------------------------------------------

TEXT = {"text": str}
# What the standard requires of a log with these parts (sections 3.13 to 3.52), and GitHub.
SHAPE = {
    "$schema": str,
    "version": str,
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": str,
                    "rules": [
                        {
                            "id": str,
                            "name": str,
                            "shortDescription": TEXT,
                            "fullDescription": TEXT,
                            "help": TEXT,
                            "helpUri": str,
                            "defaultConfiguration": {"level": str},
                            "properties": {"tags": [str], "security-severity": str},
                        }
                    ],
                }
            },
            "columnKind": str,
            "artifacts": [{"location": {"uri": str}}],
            "results": [
                {
                    "ruleId": str,
                    "ruleIndex": int,
                    "level": str,
                    "message": TEXT,
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": str},
                                "region": {"startLine": int},
                            },
                            "logicalLocations": [{"fullyQualifiedName": str, "kind": str}],
                        }
                    ],
                    "partialFingerprints": {"archi/v1": str},
                    "properties": {"cve": [str], "fixed_in": object},
                }
            ],
            "invocations": [
                {
                    "executionSuccessful": bool,
                    "toolExecutionNotifications": [{"level": str, "message": TEXT}],
                }
            ],
        }
    ],
}


def assert_shape(value, shape):
    if isinstance(shape, dict):
        assert value.keys() == shape.keys()
        for key, inner in shape.items():
            assert_shape(value[key], inner)
    elif isinstance(shape, list):
        for each in value:
            assert_shape(each, shape[0])
    else:
        assert isinstance(value, shape)


@pytest.mark.parametrize("case", hostile.FINDINGS[::5], ids=name)
def test_sarif_has_the_shape_of_the_standard(case, tmp_path):
    path = case.write(tmp_path)
    found = scan(path)
    log = json.loads(sarif(found, str(tmp_path)))
    assert_shape(log, SHAPE)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    listed = run["tool"]["driver"]["rules"]
    assert [each["id"] for each in listed] == sorted(RULES)
    assert len(run["results"]) == len(found.findings)
    for result, each in zip(run["results"], found.findings, strict=True):
        assert listed[result["ruleIndex"]]["id"] == result["ruleId"] == each.rule
        assert (
            result["level"] == {"high": "error", "medium": "warning", "low": "note"}[each.severity]
        )
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == path.name
        assert place["logicalLocations"][0]["fullyQualifiedName"] == printable(each.where)
    scores = {each["id"]: float(each["properties"]["security-severity"]) for each in listed}
    assert scores["lambda-bytecode"] > 7 > scores["duplicate-key"] > 4 > scores["h5-soft-link"] > 0
    by_id = {each["id"]: each for each in listed}
    assert by_id["foreign-module"]["helpUri"] == "https://nvd.nist.gov/vuln/detail/CVE-2025-1550"


def test_sarif_names_files_from_the_repository(evil, tmp_path, monkeypatch):
    found = scan(evil)

    def uri(folder):
        return json.loads(sarif(found, folder))["runs"][0]["artifacts"][0]["location"]["uri"]

    assert uri(str(tmp_path)) == "evil.keras"
    assert uri(str(tmp_path.parent)) == f"{tmp_path.name}/evil.keras"
    assert uri(str(tmp_path / "elsewhere")) == Path(os.path.realpath(evil)).as_uri()
    monkeypatch.chdir(tmp_path)
    assert uri("") == "evil.keras"


ONLY_LIGHT = """
import sys
from archi.cli import main
try:
    main()
finally:
    print("MODULES", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def test_scanning_imports_nothing_heavy(evil):
    command = [sys.executable, "-c", ONLY_LIGHT, "scan", evil]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    modules = set(done.stderr.rpartition("MODULES")[2].split())
    assert not modules & {"tensorflow", "keras", "numpy", "h5py", "zipfile"}


def test_the_docs_have_every_rule():
    page = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "docs", "scan.md")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for each in rules():
        known = ", ".join(each.cve)
        row = f"| `{each.id}` | {each.severity} | {each.title} | {known} | {each.fixed_in or ''} |"
        assert row in text


# --- for other commands -------------------------------------------------------------------


def test_a_quick_scan_takes_what_is_at_hand(evil, monkeypatch):
    contents = read_contents(evil, ["model.weights.h5"])
    source = read_source(evil)._replace(contents=contents)
    expected = quick_scan(evil)
    monkeypatch.setattr(_scan, "parse", None)
    monkeypatch.setattr(_scan, "plain_contents", None)
    monkeypatch.setattr(_scan, "read_partly", None)
    assert quick_scan(evil, source=source) == expected


def test_the_warning_is_one_line(evil):
    text = warning(quick_scan(evil), "a\nb.keras")
    assert text == (
        "Warning: 'a\\nb.keras' is not safe to load with Keras: lambda-bytecode; see archi scan"
    )


# --- fuzzing --------------------------------------------------------------------------------


def run_fuzz(*code):
    folder = os.path.dirname(os.path.dirname(fuzz.__file__))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
    return subprocess.run(
        [sys.executable, *code], capture_output=True, text=True, check=False, env=environment
    )


def test_nothing_but_clear_errors_comes_out_of_mutated_files(tmp_path):
    done = run_fuzz("-m", "support.fuzz", "--inputs", "200", "--keep", str(tmp_path / "kept"))
    assert done.returncode == 0, done.stdout
    assert ", 0 failures; " in done.stdout


BAD_TARGETS = """
import os, pathlib, pickle, sys, time
from support import fuzz

def bug(path): raise KeyError("an ordinary bug")
def unpickles(path): pickle.loads(b"cos\\nsystem\\n.")
def executes(path): exec("1")
def starts_a_program(path): os.system("true")
def hangs(path): time.sleep(9)
def takes_all_memory(path): bytearray(1 << 40)

targets = [bug, unpickles, executes, starts_a_program, hangs, takes_all_memory]
fuzz.SECONDS = 1
fuzz.TARGETS[:] = [lambda path, target=target: fuzz.warm and target(path) for target in targets]
fuzz.HDF5_TARGETS[:] = []
sys.exit(fuzz.run(1, 0, pathlib.Path(sys.argv[1])))
"""


def test_fuzzing_notices_what_it_is_there_for(tmp_path):
    done = run_fuzz("-c", BAD_TARGETS, str(tmp_path))
    assert done.returncode == 6, done.stdout
    for words in ("an ordinary bug", "pickle.find_class", "exec", "os.system", "TookTooLong"):
        assert words in done.stdout
    assert "MemoryError" in done.stdout
