"""Operations of `keras.ops`: each twin beside the real function, and what random calls do."""

from __future__ import annotations

import inspect
import itertools
import json
import math
import random
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import (
    op_cases,  # noqa: F401
    op_parity,
    parity,
)
from support.einsums import einsums
from support.op_cases._table import CANNOT_RUN, NOT_TAKEN, TAKEN
from support.op_parity import ACCEPTED, REFUSED, Refused, X

from archi import Graph, ops
from archi.analysis.counts import count
from archi.bridge.code import keras_code
from archi.bridge.config import functional_json
from archi.bridge.model import to_keras
from archi.bridge.verify import compare
from archi.errors import LayerError
from archi.graph import Weight, building
from archi.ops import operation_classes
from archi.readers.document.reader import build_graph
from archi.twin.dtypes import result_type
from archi.twin.opaque import Source
from archi.twin.values import Constant

FUNCTIONS = "what it does is a Python function, which no config holds"
WITHOUT = {  # the operations of Keras without a twin, and why
    "Map": FUNCTIONS,
    "Scan": FUNCTIONS,
    "AssociativeScan": FUNCTIONS,
    "VectorizedMap": FUNCTIONS,
    "WhileLoop": FUNCTIONS,
    "ForiLoop": FUNCTIONS,
    "Switch": FUNCTIONS,
    "Cond": FUNCTIONS,
    "JVP": FUNCTIONS,
    "Arange": "Keras itself takes no tensors for it, so it is never a node",
    "SegmentReduction": "what others have in common; no function makes it",
}
GROUPS = ("core", "einops", "image", "linalg", "math", "nn", "numpy")


def keras_operations() -> dict[str, type]:
    """Return every operation class of Keras by its name."""
    found = {}
    for group in GROUPS:
        module = import_module(f"keras.src.ops.{group}")
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                found[name] = value
    return found


def test_every_operation_of_keras_has_a_twin_or_a_reason(twin_keras):
    theirs, ours = keras_operations(), operation_classes()
    assert theirs.keys() - ours.keys() == WITHOUT.keys()
    assert not ours.keys() - theirs.keys()
    for name, twin in ours.items():
        assert twin.module == theirs[name].__module__, name
        given = [
            key for key in inspect.signature(theirs[name].__init__).parameters if key != "name"
        ]
        if given != ["self", "args", "kwargs"]:
            assert [*twin.arguments] == [key for key in given if key not in ("self", "kwargs")], (
                name
            )


def test_arange_takes_no_tensors_in_keras(twin_keras):
    with pytest.raises(Exception, match="symbolic"):
        twin_keras.ops.arange(twin_keras.Input(batch_shape=()))


def test_every_twin_has_cases():
    called = {ops._class_name(case.function) for case in TAKEN}
    untried = operation_classes().keys() - called
    assert untried == {"Abs", "Conj"}  # Keras's `abs` and `conj` make the long names


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_the_twin_says_what_keras_says(twin_keras, case):
    assert op_parity.check(case) == ACCEPTED


@pytest.mark.parametrize("case", NOT_TAKEN, ids=str)
def test_the_twin_refuses_what_keras_refuses(twin_keras, case):
    assert op_parity.check(case) == REFUSED


@pytest.mark.parametrize("case", CANNOT_RUN, ids=str)
def test_the_twin_refuses_what_could_never_be_run(twin_keras, case):
    with building():
        assert isinstance(op_parity.call_twin(case), Refused)
    assert not isinstance(op_parity.call_real(twin_keras, case), Refused)


# --- dtypes -----------------------------------------------------------------------------

DTYPES = """
    bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 bfloat16 float16 float32 float64
    complex64 complex128 string float8_e4m3fn float8_e5m2
""".split()  # noqa: SIM905


@pytest.mark.parametrize("count", [1, 2, 3])
def test_dtypes_are_promoted_as_keras_promotes_them(twin_keras, count):
    real = twin_keras.backend.result_type
    for dtypes in itertools.product([*DTYPES, int, float], repeat=count):
        names = [dtype if isinstance(dtype, str) else dtype.__name__ for dtype in dtypes]
        assert _or_error(result_type, *names) == _or_error(real, *dtypes), dtypes


def _or_error(function, *args):
    try:
        return function(*args)
    except ValueError:
        return ValueError


# --- operators --------------------------------------------------------------------------


def test_operators_make_what_keras_makes_of_them(twin_keras):
    """One network of every operator, on either side of a number."""

    def network(x, y):
        z = (x + y - x * y) / (x + 1) // 2 % (3 - x) @ y
        z = 1 + (2 * (4 / (5 // (6 % z)))) ** 2 - 2**z
        z = -abs(z)[:, ::2]
        truth = (z < 1) & (z <= 2) | (z > 3) ^ (z >= 4)
        return ~truth & True | (False ^ truth), 1.0 - z, True & truth, False | truth

    with building(), parity._session(twin_keras, "channels_last"):
        case = X((None, 4, 4))
        mine = network(*map(op_parity._twin_input, (case, case)))
        theirs = network(*map(op_parity._real_input, (case, case)))
        assert [(x.shape, x.dtype) for x in mine] == [(x.shape, x.dtype) for x in theirs]
        names = [_names_before(tensors) for tensors in (mine, theirs)]
        assert names[0] == names[1]


def _names_before(tensors) -> set[str]:
    """Return the names of all that a network's outputs are made of."""
    names: set[str] = set()
    pending = list(tensors)
    while pending:
        tensor = pending.pop()
        made = getattr(tensor, "node", None)
        layer = made.layer if made else tensor._keras_history.operation
        if layer.name not in names:
            names.add(layer.name)
            nodes = layer.nodes if made else layer._inbound_nodes
            pending += [x for node in nodes for x in getattr(node, "inputs", ())] if made else []
            pending += [] if made else [x for node in nodes for x in node.input_tensors]
    return names


# --- random calls, beside NumPy ---------------------------------------------------------

SHAPES = st.lists(st.integers(1, 4), max_size=4).map(tuple)


def shape_of(function: str, *args, **kwargs):
    """Return the shape of what a function gives, or LayerError where it refuses."""
    with building():
        made = [op_parity._twin_input(x) if isinstance(x, X) else x for x in args]
        try:
            return getattr(ops, function)(*made, **kwargs).shape
        except LayerError:
            return LayerError


def real_shape(function, *args, **kwargs):
    """Return the shape of what NumPy gives, or LayerError where it refuses."""
    try:
        return function(*args, **kwargs).shape
    except (ValueError, IndexError):
        return LayerError


def zeros(shape):
    import numpy as np

    return np.zeros(shape, "float32")


@given(one=SHAPES, other=SHAPES)
def test_operands_broadcast_as_arrays_do(keras, one, other):
    import numpy as np

    assert shape_of("add", X(one), X(other)) == real_shape(np.add, zeros(one), zeros(other))


KEYS = st.one_of(
    st.integers(-5, 5),
    st.none(),
    st.just(Ellipsis),
    st.builds(slice, *[st.one_of(st.none(), st.integers(-6, 6))] * 2),
    st.builds(slice, st.none(), st.none(), st.integers(-3, 3)),
)


@given(shape=SHAPES, keys=st.lists(KEYS, max_size=5).map(tuple))
def test_slices_are_those_of_arrays(keras, shape, keys):
    array = zeros(shape)
    expected = real_shape(lambda: array[keys])
    assert shape_of("get_item", X(shape), keys) == expected


@given(shape=SHAPES, axes=st.lists(st.integers(-4, 3), max_size=3), keepdims=st.booleans())
def test_reductions_are_those_of_arrays(keras, shape, axes, keepdims):
    import numpy as np

    expected = real_shape(lambda: np.asarray(zeros(shape).sum(tuple(axes), keepdims=keepdims)))
    if len({axis % max(len(shape), 1) for axis in axes}) < len(axes) and keepdims:
        return  # Keras takes an axis twice if it is kept
    assert shape_of("sum", X(shape), axes, keepdims) == expected


@given(shape=SHAPES, new=st.lists(st.integers(-1, 6), max_size=4))
def test_shapes_are_changed_as_those_of_arrays(keras, shape, new):
    expected = real_shape(lambda: zeros(shape).reshape(new))
    assert shape_of("reshape", X(shape), new) == expected


@given(case=einsums())
def test_sums_of_products_are_those_of_arrays(keras, case):
    import numpy as np

    subscripts, shapes = case
    expected = np.einsum(subscripts, *map(zeros, shapes)).shape
    assert shape_of("einsum", subscripts, *map(X, shapes)) == expected


@given(
    sizes=st.lists(st.integers(1, 3), min_size=2, max_size=4).map(tuple),
    batches=st.tuples(SHAPES, SHAPES),
)
def test_matrix_products_are_those_of_arrays(keras, sizes, batches):
    import numpy as np

    one, other = (*batches[0], *sizes[:2]), (*batches[1], *sizes[-2:])
    expected = real_shape(np.matmul, zeros(one), zeros(other))
    assert shape_of("matmul", X(one), X(other)) == expected


# --- calls that make no sense -----------------------------------------------------------

SOURCES = [
    X(shape, dtype)
    for shape in (
        (), (None,), (3,), (None, 4), (4, 4), (None, 4, 4), (2, 3, 4), (None, None, 3),
        (None, 8, 9, 3), (8, 9, 3), (None, 5, 6, 7, 2),
    )
    for dtype in ("float32", "int8", "bool", "complex64", "string", "float8_e5m2")
]  # fmt: skip
VALUES = [
    None, 0, 1, -1, 2, 3, 5, 10**30, -(10**30), 10**6, 1.5, math.nan, math.inf, True, False, "",
    "same", "valid", "a", "ij,jk->ik", "...", "channels_last", "float32", "int8", [], (), [1],
    [1, 2], (0, 1), [2, 2], [[0, 0], [1, 1]], [[1], [2]], [None], ["a"], {}, {"a": 1},
    {"class_name": "x"}, [1, 2, 3, 4], (2, 3, 3, 7), [[1, 2], [0, 1]], slice(None),
    slice(1, None, 2), slice("a"), Ellipsis, Constant([1, 2], "int32"),
    Constant([[1.0] * 3] * 3, "float32"), Constant([], "float32"), [1.5, 2], (-1, 24), [True], b"x",
]  # fmt: skip


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_a_call_that_makes_no_sense_is_one_error(seed):
    """A config and a call of anything at all: an inference with sane counts, or a LayerError."""
    dice = random.Random(seed)
    with building():
        tensors = [op_parity._twin_input(x) for x in SOURCES]

        def value():
            if dice.random() < 0.1:
                return dice.sample(tensors, dice.randrange(4))
            return dice.choice(tensors if dice.random() < 0.5 else VALUES)

        for twin in operation_classes().values():
            config = {key: dice.choice(VALUES) for key in twin.arguments if dice.random() < 0.4}
            count = 2 if twin.variadic else len(twin.operands)
            args = tuple(value() for _ in range(max(0, count + dice.choice([0, 0, 0, 1, -1]))))
            try:
                operation = twin(**config)
                node = operation.add_call(args, {})
            except LayerError:
                continue
            operation.get_config()
            operation.reach([tensor.shape for tensor in node.inputs][:1], (1, 2))
            for tensor in node.outputs:
                sizes = (*tensor.shape, *tensor.sample)
                assert all(size is None or (type(size) is int and size >= 0) for size in sizes)
            for counted in (node.inference.macs, node.inference.elementwise):
                assert counted is None or (type(counted) is int and counted >= 0)


def test_an_operation_makes_a_bounded_number_of_tensors():
    with building():
        x = op_parity._twin_input(X((None, 10**9)))
        for make in (
            lambda: ops.split(x, 10**9, axis=1),
            lambda: ops.unstack(x, axis=1),
            lambda: ops.array_split(x, 10**9, axis=1),
        ):
            with pytest.raises(LayerError, match="at most 10,000 outputs"):
                make()


def test_errors_name_the_operation_and_what_it_got():
    with building():
        x = op_parity._twin_input(X((None, 4, 6)))
        for make, message in (
            (lambda: x + op_parity._twin_input(X((5, 6))),
             "add (Add): wants operands that broadcast. Received: ((None, 4, 6), (1, 5, 6))"),
            (lambda: ops.reshape(x, (2, "a")),
             "reshape (Reshape): newshape must be a shape, such as (-1, 28, 28). "
             "Received: (2, 'a')"),
            (lambda: ops.sum(x, 3),
             "sum (Sum): wants an axis of a tensor of rank 3. Received: 3"),
            (lambda: ops.add(x), "Add needs x2"),
            (lambda: ops.concatenate([x, 2.0]),
             "concatenate (Concatenate): wants a list of tensors as xs. "
             "Received: [(None, 4, 6), 2.0]"),
        ):  # fmt: skip
            with pytest.raises(LayerError) as refused:
                make()
            assert str(refused.value) == message
    with pytest.raises(AttributeError, match=r"archi\.ops has no operation 'summ'"):
        ops.summ  # noqa: B018


# --- as code ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(operation_classes().keys() - {"Abs", "Conj"}))
def test_exported_code_makes_the_same_operation(twin_keras, name):
    """Of each operation the last call that Keras can write, likely the one of most arguments."""
    cases = [case for case in TAKEN if ops._class_name(case.function) == name]
    with building():
        called = op_parity.call_twin(cases[-1])
        graph = Graph(called.inputs, called.outputs, name=parity.NAME)
    made = {}
    exec(keras_code(graph), made)
    model = made["build"]()
    try:
        theirs = model.to_json()
    except (NotImplementedError, TypeError):
        return
    ours = json.loads(functional_json(graph))
    without = op_parity._without_inputs
    assert without(json.loads(theirs)) == without(ours)


# --- whole networks ---------------------------------------------------------------------

STEPS = {  # what may be done to a tensor of rank 3, with rank 3 again
    "add": lambda ops, layers, x: ops.add(x, 1.5),
    "Add": lambda ops, layers, x: layers.Add()([x, x]),
    "plus": lambda ops, layers, x: 2 * x + x,
    "mean": lambda ops, layers, x: x - ops.mean(x, axis=1, keepdims=True),
    "matmul": lambda ops, layers, x: x @ ops.swapaxes(x, 1, 2),
    "einsum": lambda ops, layers, x: ops.einsum("bij,bkj->bik", x, x),
    "reshape": lambda ops, layers, x: ops.reshape(x, (-1, x.shape[2], x.shape[1])),
    "Reshape": lambda ops, layers, x: layers.Reshape((x.shape[2], x.shape[1]))(x),
    "Dense": lambda ops, layers, x: layers.Dense(6, activation="relu")(x),
    "concatenate": lambda ops, layers, x: ops.concatenate([x, x], axis=-1),
    "Concatenate": lambda ops, layers, x: layers.Concatenate()([x, x]),
    "slice": lambda ops, layers, x: x[:, ::-1, : max(1, x.shape[2] // 2)],
    "split": lambda ops, layers, x: ops.stack(ops.split(x, x.shape[1], axis=1), 1)[:, :, 0],
    "where": lambda ops, layers, x: ops.where(x > 0, x, 0),
    "softmax": lambda ops, layers, x: ops.softmax(x, axis=1),
    "top": lambda ops, layers, x: ops.top_k(x, 1)[0],
    "cast": lambda ops, layers, x: ops.cast(ops.cast(x, "int32"), "float32"),
    "pad": lambda ops, layers, x: ops.pad(x, ((0, 0), (1, 0), (0, 1))),
    "take": lambda ops, layers, x: ops.take(x, [0, 0], axis=1),
    "norm": lambda ops, layers, x: x / (ops.norm(x, axis=-1, keepdims=True) + 1e-6),
}


@settings(max_examples=60)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=8))
def test_networks_of_layers_and_operations_are_those_of_keras(twin_keras, steps):
    """Names too: layers and operations count theirs together."""
    import archi.layers

    def network(functions, layers, inputs):
        x = inputs
        for step in steps:
            x = STEPS[step](functions, layers, x)
        return x

    with building(), parity._session(twin_keras, "channels_last"):
        source = X((None, 3, 4))
        inputs = op_parity._twin_input(source)
        graph = Graph(inputs, network(ops, archi.layers, inputs), name="net")
        inputs = op_parity._real_input(source)
        outputs = network(twin_keras.ops, twin_keras.layers, inputs)
        model = twin_keras.Model(inputs, outputs, name="net")
        ours, theirs = json.loads(functional_json(graph)), json.loads(model.to_json())
        assert [x.name for x in graph.layers] == [x.name for x in model.operations]
        assert _operations(ours) == _operations(theirs)
        assert list(compare(graph, to_keras(graph, initialize=False))) == []
        read = build_graph(theirs, title="net")
        assert count(read).totals == graph.totals


def _operations(document) -> list:
    layers = document["config"]["layers"]
    return [layer for layer in layers if layer["module"].startswith("keras.src.ops.")]


def test_a_weight_that_operations_read_is_the_network_s():
    """As in people's own layers; it counts once however often it is read."""
    with building():
        x = op_parity._twin_input(X((None, 4)))
        source = Source("Variable")
        source.name = "scale"
        scale = source.give((4,), "float32", (Weight("scale", (4,)),))
        y = x * scale
        graph = Graph(x, y + scale)
    assert graph.totals.params == 4
    assert y.node.inference.elementwise == 4
    assert graph.totals.weight_bytes == 16
    assert graph.totals.activation_bytes == 3 * 16  # the input, the product and the sum
