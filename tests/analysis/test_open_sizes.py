"""Sizes that inputs leave open: set, or as polynomials that are right at every length."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.foreseen import foreseen
from support.real import frozen, profiled

import archi
from archi import Graph
from archi.analysis.counts import count
from archi.analysis.open_sizes import Opened, opened, resized
from archi.bridge.config import functional_json
from archi.graph import building
from archi.layers import (
    GRU,
    LSTM,
    Add,
    Attention,
    AveragePooling1D,
    Bidirectional,
    Concatenate,
    Conv1D,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    Input,
    LayerNormalization,
    MultiHeadAttention,
    SeparableConv1D,
    TimeDistributed,
)

LENGTHS = (8, 11, 16, 17, 29, 32, 41, 64, 77, 128)


def attended(x):
    return Add()([x, MultiHeadAttention(2, 3)(x, x)])


STEPS = {
    "conv": lambda x: Conv1D(4, 3, padding="same", activation="relu")(x),
    "valid": lambda x: Conv1D(4, 3)(x),
    "dilated": lambda x: Conv1D(4, 2, dilation_rate=2, padding="causal")(x),
    "separable": lambda x: SeparableConv1D(4, 3, padding="same")(x),
    "dense": lambda x: Dense(5, activation="gelu")(x),
    "lstm": lambda x: LSTM(4, return_sequences=True)(x),
    "both": lambda x: Bidirectional(GRU(3, return_sequences=True))(x),
    "attention": attended,
    "dot": lambda x: Attention()([x, x]),
    "norm": lambda x: LayerNormalization()(x),
    "each": lambda x: TimeDistributed(Dense(3))(x),
    "pool": lambda x: AveragePooling1D(3, strides=1)(x),
}


def sequential(steps, length=None):
    with building():
        x = y = Input((length, 6), name="x")
        for step in steps:
            y = STEPS[step](y)
        return Graph(x, Dense(2, name="head")(GlobalAveragePooling1D()(y)))


def at(found: Opened, metric: str, *lengths: int):
    total = 0
    for exponents, factor in found.totals[metric].items():
        term = factor
        for length, power in zip(lengths, exponents, strict=True):
            term *= length**power
        total += term
    return int(total)


@settings(max_examples=40)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5))
def test_polynomials_are_what_building_at_a_length_gives(steps):
    found = opened(sequential(steps))
    assert found is not None
    assert found.sizes == {"S": "the length of 'x'"}
    for length in LENGTHS:
        totals = sequential(steps, length).totals
        if totals.macs is None:
            continue
        for metric in ("macs", "flops", "activation_bytes"):
            assert at(found, metric, length) == getattr(totals, metric), (metric, length)


def translation(source=None, target=None):
    with building():
        a, b = (
            Input((source,), dtype="int32", name="src"),
            Input((target,), dtype="int32", name="tgt"),
        )
        x, y = attended(Embedding(50, 6)(a)), attended(Embedding(40, 6)(b))
        y = Add()([y, MultiHeadAttention(2, 3)(y, x)])
        return Graph([a, b], Dense(40, name="head")(LSTM(5, return_sequences=True)(y)))


def test_two_lengths_are_two_symbols():
    found = opened(translation())
    assert found.sizes == {"S": "the length of 'src'", "T": "the length of 'tgt'"}
    assert set(found.data()["totals_open"]["macs"]) == {"S", "T", "S^2", "S*T", "T^2"}
    for source, target in ((20, 25), (7, 64), (128, 9)):
        totals = translation(source, target).totals
        for metric in ("macs", "flops", "activation_bytes"):
            assert at(found, metric, source, target) == getattr(totals, metric)


def test_lengths_that_must_be_one_are_one():
    with building():
        a, b = Input((None, 6), name="a"), Input((None, 6), name="b")
        graph = Graph([a, b], Dense(3)(Add()([a, b])))
    found = opened(graph)
    assert found.sizes == {"S": "the length of 'a' and 'b'"}
    assert found.written("macs") == "18 × S"


def test_strides_give_no_polynomial():
    """The number of windows is rounded, which no polynomial is."""
    with building():
        x = Input((None, 6), name="x")
        graph = Graph(x, GlobalAveragePooling1D()(Conv1D(4, 3, strides=2)(x)))
    found = opened(graph)
    assert found.sizes == {"S": "the length of 'x'"}
    assert found.totals == {}
    assert graph.summary().data["totals"]["macs"] is None


FAR = {
    "51": lambda x: Conv1D(4, 8, strides=51, padding="same")(x),
    "320": lambda x: Conv1D(4, 8, strides=320, padding="same")(x),
    "pool": lambda x: AveragePooling1D(64, padding="same")(x),
    "cut": lambda x: Dense(4)(x[:, :128]),
}


@pytest.mark.parametrize("step", FAR)
def test_what_changes_only_at_great_lengths_gives_no_polynomial(step):
    with building():
        x = Input((None, 8), name="x")
        graph = Graph(x, Dense(4)(FAR[step](x)))
    assert opened(graph).totals == {}


def test_lengths_of_which_nothing_is_known_keep_their_names():
    with building():
        a, b = Input((None, 6), name="a"), Input((None, 4), name="b")
        y = Concatenate()([GlobalAveragePooling1D()(Conv1D(4, 3, strides=2)(a)), GRU(3)(b)])
        found = opened(Graph([a, b], Dense(3)(y)))
    assert found.sizes == {"S": "the length of 'a'", "T": "the length of 'b'"}
    assert found.totals == {}


def test_known_sizes_and_images_have_none():
    assert opened(archi.load("resnet18")) is None
    assert opened(sequential(["conv"], 20)) is None
    with building():
        x = Input((None, None, 3))
        assert opened(Graph(x, Dense(3)(x))) is None


def test_a_network_on_other_sizes_is_what_is_built_on_them():
    graph = resized(translation(), [(None, 20), (None, 25)])
    assert count(graph).totals == translation(20, 25).totals


@pytest.mark.parametrize("step", ["conv", "valid", "each"])
def test_tensorflow_s_profiler_counts_what_polynomials_say(keras, step):
    found = opened(sequential([step]))
    for length in (16, 40):
        graph = sequential([step], length)
        conventions = foreseen(graph) - graph.totals.flops  # where archi's and its differ
        assert profiled(frozen(graph)) == at(found, "flops", length) + conventions


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "translation.json").write_text(functional_json(translation()))
    (tmp_path / "one.json").write_text(functional_json(sequential(["lstm", "attention"])))
    return tmp_path


def test_the_summary_says_what_a_length_costs(archi, saved):
    shown = " ".join(archi("summary", "one.json").stdout.split())
    found = opened(sequential(["lstm", "attention"]))
    assert f"MACs open for one sample at any length {found.written('macs')} FLOPs" in shown
    assert "where S is the length of 'x'" in shown
    assert "Not counted" not in shown
    sized = " ".join(archi("summary", "one.json", "--sequence", "128").stdout.split())
    assert f"MACs {at(found, 'macs', 128):,} " in sized
    assert f"at any length {found.written('macs')}" in sized


def test_json_has_the_polynomials_and_no_zero(archi, saved):
    data = json.loads(archi("summary", "translation.json", "--format", "json").stdout)
    assert data["open"] == {"S": "the length of 'src'", "T": "the length of 'tgt'"}
    assert data["totals"]["macs"] is None
    assert data["totals"]["flops"] is None
    assert data["uncounted"] == []
    assert data["totals_open"]["macs"] == opened(translation()).data()["totals_open"]["macs"]
    one = json.loads(archi("summary", "resnet18", "--format", "json").stdout)
    assert "open" not in one


@pytest.mark.parametrize("command", ["summary", "compare", "check", "export", "diff", "plot"])
def test_every_command_takes_sizes(archi, saved, command):
    others = {
        "compare": ["translation.json"], "diff": ["translation.json"], "check": ["--params", "9M"],
        "export": ["-o", "x.py"], "plot": ["-o", "x.svg"],
    }.get(command, [])  # fmt: skip
    sizes = ["--input", "src=20", "--input", "tgt=25"]
    assert archi(command, "translation.json", *others, *sizes).exit_code in (0, 1)
    assert archi(command, "translation.json", *others, "--sequence", "9").exit_code in (0, 1)


def test_sizes_of_named_inputs(saved):
    graph = archi.load("translation.json", options={"input": {"src": (20,), "tgt": (25,)}})
    assert graph.totals == translation(20, 25).totals
    assert archi.load("translation.json,input=src=20,input=tgt=25").totals == graph.totals
    assert archi.load("translation.json,sequence=9").totals == translation(9, 9).totals


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--input", "q=4"], "there is no input 'q'\n  inputs are src or tgt"),
        (["--input", "4"], "the model has 2 inputs, and one size is set"),
        (["--input", "src=4x4"], "the input 'src' has sizes such as N"),
        (["--input", "src=a"], "an input is sizes such as 32x32x3, not 'a'"),
        (["--input", "3", "--input", "4"], "two sizes are set for one input"),
    ],
)
def test_sizes_that_mean_nothing_are_one_message(archi, saved, options, says):
    done = archi("summary", "translation.json", *options)
    assert done.exit_code == 2
    assert says in done.stderr


def test_checks_of_open_sizes_say_what_is_missing(archi, saved):
    done = archi("check", "one.json", "--macs", "5M")
    assert done.exit_code == 1
    assert "the length of 'x' is open; set it with --sequence" in " ".join(done.stdout.split())
    macs = at(opened(sequential(["lstm", "attention"])), "macs", 128)
    assert archi("check", "one.json", "--sequence", "128", "--macs", str(macs)).exit_code == 0
    assert archi("check", "one.json,sequence=128", "--macs", str(macs)).exit_code == 0


def test_checks_of_a_project_and_the_fixture_take_sizes(archi, saved):
    from archi.checks.pytest_plugin import check

    macs = translation(20, 25).totals.macs
    (saved / "pyproject.toml").write_text(
        f'[tool.archi.checks]\n"translation.json,input=src=20,input=tgt=25" = {{ macs = {macs} }}\n'
    )
    assert archi("check").exit_code == 0
    check("translation.json", input={"src": 20, "tgt": 25}, macs=macs)
    check("translation.json", sequence=9, macs=translation(9, 9).totals.macs)


OWN = """
import keras
from keras import layers

def build():
    a = keras.Input((None, 6), name="a")
    b = keras.Input((None, 4), name="b")
    y = layers.Concatenate()([layers.GRU(3)(a), layers.LSTM(2)(b)])
    return keras.Model([a, b], layers.Dense(2)(y))
"""


def test_own_code_takes_sizes(keras, saved):
    (saved / "own_of_two.py").write_text(OWN)
    target = "./own_of_two.py:build"
    graph = archi.load(target, options={"input": {"a": (20, 6), "b": (5, 4)}})
    assert [tensor.shape for tensor in graph.inputs] == [(None, 20, 6), (None, 5, 4)]
    assert graph.totals.macs == 20 * 9 * (6 + 3) + 5 * 8 * (4 + 2) + 5 * 2
    found = opened(archi.load(target))
    assert at(found, "macs", 20, 5) == graph.totals.macs
    assert archi.load(target, options={"sequence": 7}).inputs[0].shape == (None, 7, 6)


def test_a_sum_of_which_nothing_is_known_is_no_zero(keras, tmp_path):
    x = keras.Input((5,))
    document = json.loads(keras.Model(x, keras.layers.Dense(3, name="d")(x)).to_json())
    layer = document["config"]["layers"][1]
    layer["class_name"], layer["module"], layer["registered_name"] = "Mine", "mine", "mine>Mine"
    (tmp_path / "mine.json").write_text(json.dumps(document))
    totals = archi.load(str(tmp_path / "mine.json")).summary().data["totals"]
    names = ("params", "trainable_params", "non_trainable_params", "macs", "flops", "weight_bytes")
    assert [totals[name] for name in names] == [None] * 6
