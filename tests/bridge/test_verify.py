"""`archi verify` holds for what is right, and above all does not for what is wrong."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

import archi
from archi import Graph, ops
from archi.bridge.model import to_keras
from archi.bridge.verify import _random, compare, verify
from archi.graph import Weight, building
from archi.layers import Add, BatchNormalization, Conv2D, Dense, Dropout, Input

MODULE = "archi.bridge.verify"
pytestmark = pytest.mark.usefixtures("keras")


@pytest.mark.parametrize(
    "spec",
    [
        "wrn-10-1,dropout=0.3",
        "wrn-10-1,data_format=channels_first",
        "resnet18,input=64x64x3,classes=5",
        "resnet50v2,input=64x64x3,classes=5",
        "preact-resnet18,input=64x64x3,classes=5",
        "fmnist-resnet50",
        "xception,input=75x75x3,classes=5",
        "nasnet-mobile,input=64x64x3,classes=5",
        "resnet18,input=33x65x1,top=false",
    ],
)
def test_real_networks_verify_with_a_forward_pass_and_a_training_step(spec):
    found = verify(archi.load(spec))
    assert found.mismatches == []
    assert found.forward["ok"], found.forward
    assert found.train_step["ok"], found.train_step
    assert found.train_step["changed"] == found.train_step["kernels"] > 0


def wrong(infer, **changes):
    """A layer rule with something wrong in what it returns."""

    def changed(self, *shapes):
        inference = infer(self, *shapes)
        return inference._replace(**{k: change(inference) for k, change in changes.items()})

    return changed


ERRORS = {
    "a wrong weight shape": (
        Conv2D,
        {"weights": lambda i: (Weight("kernel", (3, 3, 3, 17)), *i.weights[1:])},
        "conv1: weights: [('kernel', (3, 3, 3, 17), True)] here, "
        "[('kernel', (3, 3, 3, 16), True)] in Keras",
    ),
    "a weight too many": (
        Dense,
        {"weights": lambda i: (*i.weights, Weight("scale", (1,)))},
        "total weights: 40 here, 39 in Keras",
    ),
    "a wrong output shape": (
        Dense,
        {"outputs": lambda i: ((None, 11),)},
        "predictions: outputs: [(None, 11)] here, [(None, 10)] in Keras",
    ),
    "moving statistics called trainable": (
        BatchNormalization,
        {"weights": lambda i: tuple(w._replace(trainable=True) for w in i.weights)},
        "total trainable_params: 78330 here, 77850 in Keras",
    ),
}


@pytest.mark.parametrize("error", ERRORS)
def test_a_wrong_twin_is_found_out(monkeypatch, error):
    layer, changes, mismatch = ERRORS[error]
    monkeypatch.setattr(layer, "infer", wrong(layer.infer, **changes))
    found = verify(archi.load("wrn-10-1"), run=False)
    assert mismatch in found.mismatches
    assert not found.ok


def test_a_layer_missing_in_keras_is_found_out():
    graph = archi.load("wrn-10-1")
    model = to_keras(archi.load("wrn-10-1,top=false"), initialize=False)
    differences = list(compare(graph, model))
    assert "the layer is missing on one side: predictions (Dense) here" in differences
    assert "total layers: 29 here, 27 in Keras" in differences


def test_a_network_that_gives_no_finite_output_does_not_hold(monkeypatch):
    def poisoned(shape, seed):
        return random(shape, seed) * float("nan")

    random = _random
    monkeypatch.setattr(f"{MODULE}._random", poisoned)
    found = verify(archi.load("wrn-10-1"))
    assert found.mismatches == []
    assert not found.forward["ok"]
    assert not found.train_step["ok"]
    assert not found.ok


def test_branches_that_chance_leaves_out_of_a_step_have_others():
    """All of twelve are in one step for a sample of two: 3% of the time."""
    with building():
        x = inputs = Input((4,))
        for _ in range(12):
            x = Add()([x, Dropout(0.5, noise_shape=(None, 1))(Dense(4)(x))])
        graph = Graph(inputs, x)
    step = verify(graph).train_step
    assert (step["ok"], step["changed"], step["kernels"]) == (True, 12, 12)


@pytest.mark.parametrize(("moved", "ok"), [([1, 2], True), ([1, 1], False), ([2], True)])
def test_kernels_that_stay_have_a_second_chance_with_other_values(monkeypatch, moved, ok):
    """A ReLU that is off for every sample keeps the gradient from the kernels around it."""
    models, counts = [], iter(moved)

    def step(keras, graph, model):
        models.append(model.get_weights()[0].tolist())
        changed = next(counts)
        return {"ok": changed == 2, "loss": 1.0, "changed": changed, "kernels": 2}

    monkeypatch.setattr(f"{MODULE}._train_step", step)
    with building():
        inputs = Input((4,))
        graph = Graph(inputs, Dense(2)(Dense(3, activation="relu")(inputs)))
    assert verify(graph).train_step["ok"] is ok
    assert len(models) == len(moved)
    assert all(one != other for one, other in pairwise(models))


def test_a_step_that_cannot_run_is_reported_not_raised(monkeypatch):
    def broken(graph, model):
        raise RuntimeError("no such kernel on this device")

    monkeypatch.setattr(f"{MODULE}._forward", broken)
    found = verify(archi.load("wrn-10-1"))
    assert found.forward == {"ok": False, "error": "RuntimeError: no such kernel on this device"}
    assert not found.ok


def no_kernel(keras):
    import tensorflow as tf

    raise tf.errors.UnimplementedError(None, None, "The Conv2D op is not there on the CPU")


def test_what_the_machine_cannot_run_is_no_fault_of_the_network(monkeypatch, archi, keras):
    monkeypatch.setattr(f"{MODULE}._forward", lambda graph, model: no_kernel(keras))
    monkeypatch.setattr(f"{MODULE}._train_step", lambda keras, graph, model: no_kernel(keras))
    done = archi("verify", "wrn-10-1")
    assert done.exit_code == 3
    assert "on tensorflow: equal, not run\n" in done.stdout
    why = "UnimplementedError: The Conv2D op is not there on the CPU"
    assert f"Forward pass: not run, this machine can't: {why}" in " ".join(done.stdout.split())
    said = json.loads(archi("verify", "wrn-10-1", "--format", "json").stdout)
    assert said["ok"] is True
    assert said["forward"] == said["train_step"] == {"ok": None, "not_run": why}


def test_what_differs_and_cannot_run_does_not_hold(monkeypatch, archi, keras):
    monkeypatch.setattr(f"{MODULE}._forward", lambda graph, model: no_kernel(keras))
    monkeypatch.setattr(f"{MODULE}.compare", lambda graph, model: iter(["conv: name"]))
    assert archi("verify", "wrn-10-1").exit_code == 1


def test_a_model_that_cannot_be_called_here_is_still_compared(monkeypatch, keras, tmp_path):
    (tmp_path / "called.py").write_text(
        "import keras\n"
        "class Net(keras.Model):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.dense = keras.layers.Dense(3)\n"
        "    def call(self, x):\n"
        "        return self.dense(x)\n"
    )
    graph = archi.load(f"{tmp_path / 'called.py'}:Net", options={"input": "5"})
    live = type(graph.live)
    monkeypatch.setattr(live, "_build", lambda self, model, graph: no_kernel(keras))
    found = verify(graph)
    assert (found.mismatches, found.ok) == ([], True)
    assert "Conv2D op" in found.not_run


def test_a_fixed_batch_is_what_runs():
    found = verify(archi.load("wrn-10-1", batch=3))
    assert found.ok
    assert found.forward["shapes"] == [(3, 10)]


def test_a_model_keras_cannot_build_is_one_message(monkeypatch, archi, keras):
    def refuse(config):
        raise MemoryError("no room for this")

    monkeypatch.setattr(keras.Model, "from_config", refuse)
    done = archi("verify", "wrn-10-1")
    assert done.exit_code == 2
    assert done.stderr == "Error: Keras could not build wrn-10-1: MemoryError: no room for this\n"


def test_comparing_alone_allocates_no_weights():
    model = to_keras(archi.load("wrn-40-8"), initialize=False)
    assert model.count_params() == 35_769_850
    assert all(weight._value is None for weight in model.weights)


def test_to_keras_gives_an_initialised_model(keras):
    model = archi.load("wrn-10-1").to_keras()
    assert isinstance(model, keras.Model)
    assert float(keras.ops.std(model.get_layer("conv1").weights[0])) > 0


def test_command_json_is_the_contracts(archi):
    done = archi("verify", "wrn-10-1", "--format", "json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert list(found) == [
        "schema", "ok", "target", "keras", "backend",
        "params", "mismatches", "forward", "train_step",
    ]  # fmt: skip
    assert found["ok"] is True
    assert found["target"] == "wrn-10-1"
    assert found["params"] == {"static": 78_330, "keras": 78_330}
    assert found["forward"]["ok"] is True


def test_command_exits_with_1_and_says_what_differs(archi, monkeypatch):
    layer, changes, mismatch = ERRORS["a wrong output shape"]
    monkeypatch.setattr(layer, "infer", wrong(layer.infer, **changes))
    done = archi("verify", "wrn-10-1", "--no-run")
    assert done.exit_code == 1
    assert "NOT equal" in done.stdout
    assert mismatch in " ".join(done.stdout.split())
    assert "Forward pass: not run" in done.stdout


def test_all_goes_through_the_catalogue_with_progress_on_stderr(archi, monkeypatch):
    monkeypatch.setattr("archi.families.registry.catalogue", lambda: ["wrn-10-1", "wrn-16-1"])
    done = archi("verify", "--all", "--no-run")
    assert done.exit_code == 0
    assert "2 of 2 architectures hold" in done.stdout
    assert "Verifying" in done.stderr
    assert "Verifying" not in done.stdout
    found = json.loads(archi("verify", "--all", "--no-run", "--format", "json").stdout)
    assert [each["target"] for each in found["results"]] == ["wrn-10-1", "wrn-16-1"]


def test_outputs_of_several_rows_a_sample_verify():
    """Windows cut from images, and a second output: shapes and losses of both."""
    with building():
        x = inputs = Input((8, 8, 3))
        x = ops.transpose(ops.reshape(x, (-1, 2, 4, 2, 4, 3)), (0, 1, 3, 2, 4, 5))
        windows = Dense(5)(ops.reshape(x, (-1, 16, 3)))
        images = ops.mean(ops.reshape(windows, (-1, 64, 5)), axis=1)
        graph = Graph(inputs, [windows, images])
    found = verify(graph)
    assert found.ok
    assert found.forward["shapes"] == [(2 * 4, 16, 5), (2, 5)]
