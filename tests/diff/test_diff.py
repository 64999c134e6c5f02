"""`archi diff`: what changed is found, exactly and the same from both sides."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.mutation import Plan, Step
from support.networks import every_network

import archi as package
from archi import Graph
from archi.analysis.counts import count
from archi.diff._folding import MANY
from archi.diff._sequences import common, increasing
from archi.diff.difference import difference
from archi.diff.report import diff_report
from archi.graph import building
from archi.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Input,
    MaxPooling2D,
)
from archi.render import render

NETWORKS = ("resnet18", "wrn-16-1", "xception", "nasnet-mobile", "resnet50v2")
load = cache(package.load)


def kinds(found):
    return Counter(change.kind for change in found.changes)


def net(*layers, size=(8, 8, 4)):
    """A chain of layers."""
    with building():
        x = inputs = Input(size)
        for make in layers:
            x = make()(x)
        return Graph(inputs, x)


def facts(found):
    """What a diff says, without order."""
    return sorted(
        (c.kind, str(c.names), [(a.name, a.text) for a in c.arguments], c.reads, c.params, c.macs)
        for c in (*found.changes, *found.follows)
    )


def mirrored(found):
    """What the diff the other way round should say."""
    other = {"added": "removed", "removed": "added"}
    return sorted(
        (
            other.get(c.kind, c.kind),
            str(c.names[::-1]),
            [(a.name, a.text[::-1]) for a in c.arguments],
            c.reads[::-1],
            -c.params,
            None if c.macs is None else -c.macs,
        )
        for c in (*found.changes, *found.follows)
    )


def check_sound(a, b, found):
    """Every layer is accounted for once, costs sum to the totals, and the mirror agrees."""
    for graph, side, gone in ((a, 0, "removed"), (b, 1, "added")):
        names = Counter(c.names[side] for c in found.changes if c.kind == gone)
        assert set(names.values()) <= {1}
        assert found.paired + len(names) == len(graph.layers)
    before, after = count(a).totals, count(b).totals
    changes = (*found.changes, *found.follows)
    assert sum(c.params for c in changes) == after.params - before.params
    assert sum(c.macs or 0 for c in changes) == after.macs - before.macs
    assert facts(difference(b, a)) == mirrored(found)


# --- properties -----------------------------------------------------------------------


@pytest.mark.parametrize("spec", [*every_network(), "nasnet-large"])
def test_a_network_does_not_differ_from_itself(spec):
    found = difference(load(spec), package.load(spec))
    assert (found.changes, found.follows, found.renumbered) == ([], [], [])
    assert found.equal
    assert found.paired == len(load(spec).layers)


PAIRS = [
    ("resnet50", "resnet101"),
    ("resnet50", "resnet50v2"),
    ("resnet18", "preact-resnet18"),
    ("wrn-28-10", "wrn-40-4"),
    ("wrn-16-1", "wrn-16-2,dropout=0.3"),
    ("nasnet-mobile", "xception"),
    ("nasnet-a-5@1536", "nasnet-a-6@1536"),
    ("nasnet-mobile", "nasnet-large"),
    ("resnet18", "xception"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_diff_of_networks_is_sound_and_mirrors(first, second):
    found = difference(load(first), load(second))
    assert not found.equal
    check_sound(load(first), load(second), found)


@st.composite
def plans(draw, named):
    """A random network of vectors of one size, its names given or automatic."""
    steps = {0.0: Step("InputLayer", {"batch_shape": (None, 4)}, None, [])}
    for i in range(1, draw(st.integers(4, 16))):
        name = f"layer_{i}" if named else None
        kind = draw(st.sampled_from(["dense", "dense", "relu", "add", "concatenate"]))
        near = st.integers(max(0, i - 4), i - 1).map(float)
        if kind == "add":
            steps[float(i)] = Step("Add", {}, name, [draw(near), draw(near)], (), True)
        elif kind == "concatenate":
            args = {"axis": -1}
            steps[i - 0.5] = Step(
                "Concatenate", args, name and f"c{i}", [draw(near), draw(near)], (), True
            )
            steps[float(i)] = Step("Dense", {"units": 4}, name, [i - 0.5])
        elif kind == "relu":
            steps[float(i)] = Step("Activation", {"activation": "relu"}, name, [draw(near)])
        else:
            steps[float(i)] = Step("Dense", {"units": 4}, name, [draw(near)])
    plan = Plan(steps, [])
    read = {key for step in steps.values() for key in step.reads}
    plan.outputs = [key for key in steps if key not in read]
    return plan


CHANGES = {
    "Dense": ("use_bias", False),
    "Conv2D": ("kernel_initializer", "ones"),
    "Activation": ("activation", "elu"),
    "BatchNormalization": ("momentum", 0.5),
    "SeparableConv2D": ("depth_multiplier", 2),
}


def mutate(draw, plan, shapes, named):
    """Make one mutation far from those made before; return what a diff should find."""
    choice = draw(st.sampled_from(["change", "rename", "insert", "branch", "remove", "rewire"]))
    keys = [key for key, step in plan.steps.items() if step.reads and plan.free(key)]
    if choice in ("change", "rename"):
        wanted = [
            key
            for key in keys
            if (plan.steps[key].kind in CHANGES if choice == "change" else plan.steps[key].name)
        ]
        assume(wanted)
        key = draw(st.sampled_from(wanted))
        return (
            plan.rename(key)
            if choice == "rename"
            else plan.change(key, *CHANGES[plan.steps[key].kind])
        )
    if choice == "remove":
        read = plan.all_readers()
        wanted = [
            key
            for key in keys
            if len(plan.steps[key].reads) == 1
            and key in read
            and shapes.get(key) == shapes.get(plan.steps[key].reads[0])
        ]
        assume(wanted)
        return plan.remove(draw(st.sampled_from(wanted)))
    assume(keys)
    reader = draw(st.sampled_from(keys))
    position = draw(st.integers(0, len(plan.steps[reader].reads) - 1))
    if choice == "rewire":
        now = plan.steps[reader].reads[position]
        wanted = [
            key
            for key in plan.steps
            if key < reader and key != now and shapes.get(key) == shapes.get(now, 0)
        ]
        assume(wanted and len(plan.readers(now)) > 1)
        return plan.rewire(reader, position, draw(st.sampled_from(wanted)))
    return getattr(plan, choice)(reader, position, named)


def mutated(draw, plan, times, named):
    """Return both graphs, and the changes made as (kind, name before, name after, argument)."""
    a, names = plan.build()
    sizes = {row.layer.name: row.output_shapes[0] for row in count(a).layers}
    shapes = {key: sizes[name] for key, name in names.items()}
    made = [each for _ in range(times) for each in mutate(draw, plan, shapes, named)]
    b, after = plan.build()
    return (
        a,
        b,
        sorted(
            (kind, str(names.get(key)), str(after.get(key)), argument)
            for kind, key, argument in made
        ),
    )


def reported(found):
    return sorted(
        (c.kind, str(c.names[0]), str(c.names[1]), "".join(a.name for a in c.arguments))
        for c in found.changes
    )


@given(st.data(), plans(named=True), st.integers(1, 3))
@settings(max_examples=300)
def test_mutations_of_named_random_networks_are_found_exactly(data, plan, times):
    a, b, made = mutated(data.draw, plan, times, named=True)
    found = difference(a, b)
    assert reported(found) == made
    check_sound(a, b, found)


@given(st.data(), plans(named=False))
@settings(max_examples=300)
def test_a_mutation_of_an_unnamed_random_network_is_found(data, plan):
    """Which of several alike was mutated can't be told; never is more found than was done."""
    a, b, made = mutated(data.draw, plan, 1, named=False)
    found = difference(a, b)
    assert len(found.changes) <= len(made)
    if len(a.layers) != len(b.layers):
        assert kinds(found) == Counter(kind for kind, *_ in made)
    check_sound(a, b, found)


@pytest.mark.parametrize("spec", NETWORKS)
@pytest.mark.parametrize("named", [True, False])
@given(data=st.data(), times=st.integers(1, 3))
@settings(max_examples=8)
def test_mutations_of_known_networks_are_found_exactly(spec, named, data, times):
    a, b, made = mutated(data.draw, Plan.of(load(spec)), times, named)
    found = difference(a, b)
    assert reported(found) == made
    check_sound(a, b, found)


@given(plans(named=False), plans(named=False))
@settings(max_examples=100)
def test_any_two_networks_give_a_sound_diff(first, second):
    a, b = first.build()[0], second.build()[0]
    check_sound(a, b, difference(a, b))


# --- what a person is told ------------------------------------------------------------


def rows(found):
    """The table's rows: kind, layers, what, where."""
    return [row[:4] for row in diff_report(found).main_table.rows]


def spec_rows(first, second):
    return rows(difference(load(first), load(second)))


def test_one_changed_argument_is_one_line():
    found = difference(load("nasnet-large"), load("nasnet-large,classes=10"))
    assert rows(found) == [("changed", 1, "Dense units 1000 → 10", "predictions")]
    assert found.follows == []
    (change,) = found.changes
    assert (change.params, change.macs) == (-990 * 4033, -990 * 4032)


def test_added_blocks_are_one_line():
    assert spec_rows("resnet50", "resnet101") == [
        ("added", 170, "bottleneck ×17", "conv4/block7 … block23")
    ]
    assert spec_rows("resnet101", "resnet50") == [
        ("removed", 170, "bottleneck ×17", "conv4/block7 … block23")
    ]


def test_one_argument_changed_in_many_layers_is_a_line_and_what_follows_another():
    assert spec_rows("wrn-28-10", "wrn-28-12") == [
        ("changed", 9, "Conv2D filters 160 → 192", "conv2_block{1–4}_{0–2}_conv"),
        ("changed", 9, "Conv2D filters 320 → 384", "conv3_block{1–4}_{0–2}_conv"),
        ("changed", 9, "Conv2D filters 640 → 768", "conv4_block{1–4}_{0–2}_conv"),
        ("follows", 62, "other shapes, params and MACs", "conv2, conv3, conv4, head"),
    ]


def test_equal_layers_added_in_many_places_are_one_line():
    assert spec_rows("wrn-28-10", "wrn-28-10,dropout=0.3") == [
        ("added", 12, "Dropout(0.3)", "conv{2–4}_block{1–4}_2_dropout")
    ]


def test_names_with_numbers_that_shift_do_not_hide_what_is_the_same():
    """In NASNet a cell's number is in its layers' names, and one more cell shifts them all."""
    found = difference(load("nasnet-a-5@1536"), load("nasnet-a-6@1536"))
    assert kinds(found) == {"added": 135, "moved": 4, "renamed": 414}
    added = [row for row in rows(found) if row[0] == "added"]
    assert added == [("added", 45, "normal cell", f"stage{n}/cell6") for n in (1, 2, 3)]


def test_rewiring_is_moving():
    found = spec_rows("nasnet-large", "nasnet-large,skip_reduction=false")
    assert found == [
        (
            "moved",
            2,
            "Activation reads normal_concat_{4,11} → normal_concat_{5,12}",
            "adjust_relu_1_{7,13}",
        )
    ]


def test_networks_with_nothing_in_common_are_shown_as_wholes():
    found = difference(load("nasnet-mobile"), load("xception"))
    text = render(diff_report(found), "table")
    assert "next to nothing in common" in text
    assert "next to nothing" not in render(
        diff_report(difference(load("resnet18"), load("resnet34"))), "table"
    )
    assert len(rows(found)) <= 12
    assert ("removed", 186, "normal cell ×4", "stage1") in rows(found)


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_diff_fits_the_terminal_and_one_screen(archi, first, second, width):
    lines = archi("diff", first, second, COLUMNS=str(width)).stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= 75
    assert len(spec_rows(first, second)) <= MANY + 1


# --- what is what ---------------------------------------------------------------------


def test_automatic_names_that_shift_are_not_renamed():
    relu, norm = lambda: Activation("relu"), BatchNormalization
    a = net(norm, relu, lambda: Conv2D(4, 1), relu, lambda: Conv2D(8, 1), relu)
    b = net(
        norm,
        relu,
        lambda: Activation("elu"),
        lambda: Conv2D(4, 1),
        relu,
        lambda: Conv2D(8, 1),
        relu,
    )
    found = difference(a, b)
    assert kinds(found) == {"added": 1}
    assert found.renumbered == [("activation_1", "activation_2"), ("activation_2", "activation_3")]
    assert "2 automatic names numbered differently" in render(diff_report(found), "table")


def test_counting_alone_is_no_difference():
    a = net(lambda: Conv2D(4, 1))
    with building():
        Conv2D(1, 1)
        inputs = Input((8, 8, 4))
        b = Graph(inputs, Conv2D(4, 1)(inputs))
    found = difference(a, b)
    assert found.equal
    assert found.renumbered == [("conv2d", "conv2d_1")]


def test_names_that_someone_gave_are_renamed_as_weights_load_by_name():
    a, b = net(lambda: Dense(4, name="old")), net(lambda: Dense(4, name="new"))
    found = difference(a, b)
    assert rows(found) == [("renamed", 1, "Dense", "old → new")]
    assert not found.equal


def test_a_wholly_renamed_network_is_one_line():
    def make(prefix):
        return net(*(lambda i=i: Dense(4 + i, name=f"{prefix}{i}") for i in range(9)))

    assert rows(difference(make("a"), make("b"))) == [("renamed", 9, "Dense", "a{0–8} → b{0–8}")]


def test_another_class_in_the_same_place_is_a_change():
    def make(pool):
        return net(BatchNormalization, lambda: pool(2), BatchNormalization)

    found = difference(make(MaxPooling2D), make(AveragePooling2D))
    assert rows(found) == [("changed", 1, "MaxPooling2D → AveragePooling2D", "max_pooling2d")]
    (change,) = found.changes
    assert change.arguments[0][:3] == ("class", "MaxPooling2D", "AveragePooling2D")


def merge(swap=False, more=False):
    with building():
        x, y, z = (Input((4,), name=name) for name in "xyz")
        read = [y, x] if swap else [x, y]
        return Graph([x, y, z], Dense(2)(Concatenate(name="join")([*read, *([z] if more else [])])))


def test_inputs_in_another_order_are_moved():
    assert rows(difference(merge(), merge(swap=True))) == [
        ("moved", 1, "Concatenate reads x, y → y, x", "join")
    ]


def test_reading_one_more_that_was_there_is_moved_and_bears_its_cost():
    found = difference(merge(), merge(more=True))
    assert [(c.kind, c.name, c.params) for c in found.changes] == [("moved", "join", 0)]
    assert [(c.name, c.params) for c in found.follows] == [("dense", 8)]


def test_reading_through_new_layers_from_elsewhere_is_moved():
    def make(source, layer):
        with building():
            x, y = Input((4,), name="x"), Input((4,), name="y")
            kept = Add(name="kept")([x, y])
            end = Dense(2, name="end")(layer({"x": x, "y": y}[source]))
            return Graph([x, y], [kept, end])

    a = make("x", Dense(4, name="old"))
    through = difference(a, make("x", BatchNormalization(name="new")))
    elsewhere = difference(a, make("y", BatchNormalization(name="new")))
    assert kinds(through) == {"changed": 1, "renamed": 1}  # another class in the same place
    assert kinds(elsewhere) == {"added": 1, "removed": 1, "moved": 1}


def test_outputs_and_inputs_of_the_network_count():
    def ends(outputs, inputs):
        with building():
            x = {name: Input((4,), name=name) for name in "ab"}
            y = {name: Dense(4, name=f"d{name}")(x[name]) for name in "ab"}
            return Graph([x[name] for name in inputs], [y[name] for name in outputs])

    assert difference(ends("ab", "ab"), ends("ab", "ab")).equal
    for other, what in ((ends("ba", "ab"), "outputs"), (ends("ab", "ba"), "inputs")):
        found = difference(ends("ab", "ab"), other)
        assert [(c.kind, c.name) for c in found.changes] == [("moved", what)]


def shared(times):
    with building():
        x = Input((4,))
        dense = Dense(4, name="shared")
        y = x
        for _ in range(times):
            y = dense(y)
        return Graph(x, y)


def test_a_shared_layer_called_once_more_is_moved():
    assert difference(shared(2), shared(2)).equal
    found = difference(shared(2), shared(3))
    assert [(c.kind, c.name, c.params, c.macs) for c in found.changes] == [
        ("moved", "shared", 0, 16)
    ]


def test_layers_without_blocks_are_shown_as_runs():
    conv = [lambda: Conv2D(4, 1), BatchNormalization, lambda: Activation("relu")]
    found = difference(net(*conv), net(*conv, *conv, *conv))
    (row,) = rows(found)
    assert row[:3] == ("added", 6, "Conv2D ×2, BatchNormalization ×2, Activation ×2")


def test_unknown_macs_are_unknown_and_named():
    found = difference(
        net(lambda: Conv2D(4, 1), size=(None, None, 4)),
        net(lambda: Conv2D(8, 1), size=(None, None, 4)),
    )
    (change,) = found.changes
    assert (change.params, change.macs) == (20, None)
    assert "not counted for: conv2d" in render(diff_report(found), "table")


def test_hostile_names_reach_no_terminal_and_break_no_format():
    evil = 'a\x1b[31m|`\u202e"<b>\n'
    found = difference(net(), net(*[lambda i=i: Dense(4, name=f"{evil}{i}") for i in range(9)]))
    renamed = difference(net(lambda: Dense(4, name=evil)), net(lambda: Dense(4, name=f"{evil}!")))
    for report in (diff_report(found), diff_report(found, all=True), diff_report(renamed)):
        for format in ("table", "csv", "markdown"):
            text = render(report, format)
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert all(line.isprintable() for line in text.splitlines())
        assert json.loads(render(report, "json"))["equal"] is False


# --- what each kind of evidence is for ------------------------------------------------


def dense(*units, prefix=""):
    """A chain of dense layers; names are automatic without a prefix."""
    named = [f"{prefix}{i}" if prefix else None for i in range(len(units))]
    return net(*(lambda n=n, u=u: Dense(u, name=n) for n, u in zip(named, units, strict=True)))


def test_a_wider_unnamed_network_is_wider_in_every_place():
    """Though its layers look like layers further down in the other."""
    found = difference(dense(4, 8, 16, 32, 64), dense(8, 16, 32, 64, 128))
    assert kinds(found) == {"changed": 5}


def test_what_is_above_or_below_a_change_is_the_same_under_other_names():
    units = [*range(4, 20)]
    for other in ([*units, 99], [99, *units]):
        found = difference(dense(*units, prefix="a"), dense(*other, prefix="b"))
        assert kinds(found) == {"added": 1, "renamed": len(units)}


def test_what_is_between_changes_is_the_same_under_other_names():
    units = [*range(4, 20)]
    found = difference(dense(*units, prefix="a"), dense(99, *units, 99, prefix="b"))
    assert kinds(found) == {"added": 2, "renamed": len(units)}


def test_unnamed_pairs_among_changes_are_found():
    """Of every three layers one is changed, so that all have another neighbour than before."""
    before = [unit for i in range(10) for unit in (100 + i, 200 + i, 300)]
    after = [unit for i in range(10) for unit in (100 + i, 200 + i, 301)]
    found = difference(dense(*before), dense(7, *after, 9))
    assert kinds(found) == {"added": 2, "changed": 10}


def test_without_a_subsequence_one_change_is_still_found(monkeypatch):
    monkeypatch.setattr("archi.diff._alignment.CELLS", 0)
    units = [*range(4, 20)]
    for other in ([*units, 99], [99, *units], [*units[:5], 99, *units[5:]]):
        assert kinds(difference(dense(*units), dense(*other))) == {"added": 1}


def test_inputs_are_each_others_by_position():
    def make(name, size, *layers):
        with building():
            x = inputs = Input((size,), name=name)
            for units in layers:
                x = Dense(units)(x)
            return Graph(inputs, x)

    found = difference(make("image", 4, 5, 6, 7), make("pixels", 8, 6, 7))
    assert sorted((c.kind, c.name) for c in found.changes) == [
        ("changed", "image"),
        ("removed", "dense"),
        ("renamed", "image"),
    ]


def test_very_many_different_changes_are_folded_by_argument():
    found = difference(dense(*range(10, 50)), dense(*range(60, 100)))
    assert [row[:3] for row in rows(found)] == [("changed", 40, "Dense units")]


# --- scale ----------------------------------------------------------------------------


def chain(rates):
    """A long network of which only the activations tell the layers apart."""
    return net(*(lambda rate=rate: Dense(4, activation=rate) for rate in rates), size=(4,))


def test_two_insertions_far_apart_in_an_unnamed_network_are_found():
    names = ["relu", "elu", "tanh", "selu", "gelu"]
    layers = [names[i * i % 5] for i in range(300)]
    found = difference(chain(layers), chain(["mish", *layers[:200], "mish", *layers[200:], "mish"]))
    assert kinds(found) == {"added": 3}


def test_what_is_too_large_to_align_is_still_sound_and_says_so(monkeypatch):
    monkeypatch.setattr("archi.diff._alignment.CELLS", 10)
    names = ["relu", "elu", "tanh"]
    layers = [names[i * i % 3] for i in range(60)]
    a, b = (
        chain(layers),
        chain(["mish", *layers[:9], "mish", *layers[9:40], "mish", *layers[42:], "mish"]),
    )
    found = difference(a, b)
    check_sound(a, b, found)
    assert not found.complete
    assert "too large and too different" in render(diff_report(found), "table")


def test_deep_networks_are_aligned():
    found = difference(load("wrn-4006-1"), load("wrn-4012-1"))
    assert kinds(found) == {"added": 21}


@given(st.lists(st.integers(0, 3), max_size=9), st.lists(st.integers(0, 3), max_size=9))
def test_common_subsequences_are_longest_within_the_bound_and_common_beyond(a, b):
    def longest(a, b):
        if not a or not b:
            return 0
        if a[0] == b[0]:
            return 1 + longest(a[1:], b[1:])
        return max(longest(a[1:], b), longest(a, b[1:]))

    for cells in (100, 0):
        pairs, used = common(a, b, cells)
        assert used <= cells
        assert all(a[i] == b[j] for i, j in pairs)
        assert pairs == sorted(pairs)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert not cells or len(pairs) == longest(a, b)


@given(st.lists(st.integers(0, 20), unique=True))
def test_increasing_subsequences_are_longest(values):
    best = [0] * len(values)
    for i, value in enumerate(values):
        best[i] = 1 + max((best[j] for j in range(i) if values[j] < value), default=0)
    found = [values[i] for i in increasing(values)]
    assert found == sorted(found)
    assert len(found) == max(best, default=0)


# --- the command ----------------------------------------------------------------------


def test_json_has_every_change(archi):
    data = json.loads(archi("diff", "wrn-16-1", "wrn-16-1,classes=3", "--format", "json").stdout)
    assert data == {
        "schema": 1,
        "a": {"model": "wrn-16-1", "source": {"kind": "spec", "target": "wrn-16-1"}},
        "b": {
            "model": "wrn-16-1,classes=3",
            "source": {"kind": "spec", "target": "wrn-16-1,classes=3"},
        },
        "equal": False,
        "changes": [
            {
                "kind": "changed",
                "layer": "predictions",
                "class": "Dense",
                "block": "head",
                "name": {"from": "predictions", "to": "predictions"},
                "arguments": [{"name": "units", "from": 10, "to": 3}],
                "params": -455,
                "macs": -448,
                "output_shape": {"from": [None, 10], "to": [None, 3]},
            }
        ],
        "follows": [],
        "renumbered": [],
        "totals": {
            "layers": {"a": 50, "b": 50, "delta": 0, "gained": 0, "lost": 0},
            "params": {"a": 175_994, "b": 175_539, "delta": -455, "gained": 0, "lost": -455},
            "macs": {"a": 26_657_408, "b": 26_656_960, "delta": -448, "gained": 0, "lost": -448},
        },
        "uncounted": [],
        "complete": True,
    }


def test_csv_has_raw_numbers_that_sum_to_the_difference(archi):
    for options in ([], ["--all"]):
        text = archi("diff", "wrn-16-1", "wrn-16-2", "--format", "csv", *options).stdout
        found = list(csv.DictReader(io.StringIO(text)))
        assert sum(int(row["params"]) for row in found) == 693_498 - 175_994
        assert sum(int(row["macs"]) for row in found) == 101_106_944 - 26_657_408


def test_all_shows_every_layer(archi):
    text = archi("diff", "wrn-28-10", "wrn-28-10,dropout=0.3", "--all").stdout
    assert text.count("added   Dropout(0.3)") == text.count("_2_dropout") == 12


def test_the_exit_code_says_whether_they_differ_where_it_is_asked_for(archi):
    assert archi("diff", "resnet18", "resnet34").exit_code == 0
    assert archi("diff", "resnet18", "resnet34", "--exit-code").exit_code == 1
    same = archi("diff", "resnet18", "ResNet-18", "--exit-code")
    assert same.exit_code == 0
    assert same.stdout == (
        "resnet18 → resnet18\n\nEqual: all 71 layers have the same class, arguments and inputs.\n"
    )
    assert archi("diff", "resnet18", "resnet18", "--format", "csv").stdout.count("\n") == 1


def test_options_apply_to_both_networks(archi):
    options = ["--input", "32x32x3", "--classes", "10", "--batch", "2", "--format", "json"]
    data = json.loads(archi("diff", "resnet18", "resnet18,classes=7", *options).stdout)
    assert data["equal"]
    assert data["a"]["model"] == "resnet18,input=32x32x3,classes=10"


@pytest.mark.parametrize("args", [["resnet18"], ["resnet18", "resnet51"], ["resnet18", "x.keras"]])
def test_wrong_use_is_one_message(archi, args):
    done = archi("diff", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_every_format_can_be_printed_and_written(archi, tmp_path):
    for format in ("table", "json", "csv", "markdown"):
        args = ["diff", "wrn-16-1", "wrn-16-2", "--format", format]
        path = tmp_path / format
        assert archi(*args, "-o", str(path)).stdout == ""
        assert path.read_text("utf-8") == archi(*args).stdout


@pytest.mark.parametrize(
    ("before", "after"), [("ab", "aba"), ("a", "aa"), ("ab", "abb"), ("aab", "ab")]
)
def test_a_tensor_read_once_more_is_a_change(before, after):
    def network(reads: str, ends: str) -> Graph:
        with building():
            x = Input((4,), name="x")
            named = {"a": Dense(4, name="a")(x), "b": Dense(4, name="b")(x)}
            y = Add(name="s")([named[each] for each in reads])
            return Graph(x, [y, *(named[each] for each in ends)])

    outputs = difference(network("ab", before), network("ab", after))
    assert [(c.kind, c.name) for c in outputs.changes] == [("moved", "outputs")]
    inputs = difference(network(before + "b", "ab"), network(after + "b", "ab"))
    assert [(c.kind, c.name) for c in inputs.changes] == [("moved", "s")]


def test_totals_with_unknown_macs_are_unknown():
    def network(size) -> Graph:
        with building():
            x = Input((size, size, 4), name="x")
            return Graph(x, Conv2D(4, 3, name="c")(x))

    totals = diff_report(difference(network(8), network(None))).data["totals"]
    assert set(totals["macs"].values()) == {None}
    assert totals["params"]["delta"] == 0
