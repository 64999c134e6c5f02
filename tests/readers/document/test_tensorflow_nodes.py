"""Nodes of TensorFlow's graphs in models of the first versions of Keras 2."""

from __future__ import annotations

import json

import pytest

from archi.readers.document.reader import build_graph

# Calls whose last operation is the node; the other operands are constants.
NODES = [
    "tf.add(x, 1.0)",
    "tf.add(1.0, x)",
    "tf.add(x, y)",
    "tf.subtract(x, y)",
    "tf.multiply(x, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])",
    "tf.math.divide(x, 2.0)",
    "tf.pow(x, 2.0)",
    "tf.maximum(x, 0.0)",
    "tf.math.squared_difference(x, y)",
    "tf.exp(x)",
    "tf.nn.relu(x)",
    "tf.nn.relu6(x)",
    "tf.nn.softmax(x)",
    "tf.nn.leaky_relu(x)",
    "tf.sigmoid(x)",
    "tf.tanh(x)",
    "tf.cast(x, tf.float16)",
    "tf.reduce_mean(x, [1])",
    "tf.reduce_sum(x, -1, keepdims=True)",
    "tf.reduce_max(x, 1)",
    "tf.argmax(x, 1)",
    "tf.reshape(x, [-1, 24])",
    "tf.transpose(x, [0, 2, 1])",
    "tf.expand_dims(x, 1)",
    "tf.squeeze(x[:, :1], [1])",
    "tf.tile(x, [1, 2, 1])",
    "tf.pad(x, [[0, 0], [1, 1], [0, 0]])",
    "tf.pad(x, [[0, 0], [1, 1], [0, 0]], 'REFLECT')",
    "tf.concat([x, y], 2)",
    "tf.stack([x, y], 1)",
    "tf.unstack(x, axis=1)",
    "tf.split(x, 2, 1)",
    "tf.split(x, [1, 5], 2)",
    "tf.matmul(x, y, transpose_b=True)",
    "tf.gather(x, [0, 2], axis=1)",
    "tf.one_hot(i, 5)",
    "tf.shape(x)",
    "tf.zeros_like(x)",
    "tf.where(b, x, y)",
    "x[:, 1:]",
    "x[:, 0]",
    "x[..., tf.newaxis]",
    "x[:, ::2, -1]",
    "tf.clip_by_value(x, 0.0, 1.0)",
    "tf.image.resize(im, [4, 5])",
    "tf.image.resize(im, [4, 5], 'nearest')",
    "tf.nn.conv2d(im, tf.ones([3, 3, 3, 5]), [1, 2, 2, 1], 'SAME')",
    "tf.nn.depthwise_conv2d(im, tf.ones([3, 3, 3, 1]), [1, 1, 1, 1], 'VALID')",
    "tf.nn.max_pool2d(im, 2, 2, 'SAME')",
    "tf.nn.avg_pool2d(im, 3, 1, 'VALID')",
    "tf.nn.bias_add(im, [1.0, 2.0, 3.0])",
    "tf.nn.depth_to_space(tf.nn.space_to_depth(wide, 2), 2)",
    "tf.einsum('bij,bkj->bik', x, y)",
    "tf.math.top_k(x, 2)",
    "tf.add_n([x, y])",
    "tf.cumsum(x, 1)",
]


@pytest.fixture(scope="module")
def keras2():
    pytest.importorskip("tensorflow")
    pytest.importorskip("tf_keras")
    from support import tf_models

    return tf_models


@pytest.mark.parametrize("text", [False, True], ids=["json", "protocol buffer"])
@pytest.mark.parametrize("expression", NODES)
def test_a_node(keras2, expression, text):
    """The last operation of a call as a layer, with the shapes that TensorFlow says."""
    document, shapes = keras2.node_document(expression, as_text=text)
    if document is None:
        return  # a node with a byte that is no text, which no version could write
    graph = build_graph(json.loads(json.dumps(document)), title="model")
    (node,) = [node for node in graph.nodes if node.layer.name == "node"]
    assert [tuple(tensor.shape) for tensor in node.outputs][: len(shapes)] == shapes
    assert node.inference.macs is not None


def test_an_unknown_node():
    layer = {
        "class_name": "TensorFlowOpLayer",
        "name": "node",
        "config": {"name": "node", "node_def": {"op": "Sprout", "attr": {}}, "constants": {}},
        "inbound_nodes": [[["x", 0, 0, {}]]],
    }
    x = {
        "class_name": "InputLayer",
        "name": "x",
        "config": {"name": "x", "batch_input_shape": [None, 3], "dtype": "float32"},
        "inbound_nodes": [],
    }
    config = {
        "name": "model",
        "layers": [x, layer],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["node", 0, 0]],
    }
    for node in ({"op": "Sprout"}, {}, [], "\x12\xff", "text", 3):
        layer["config"]["node_def"] = node
        graph = build_graph({"class_name": "Functional", "config": config}, title="model")
        assert [node.inference.macs for node in graph.nodes] == [0, None]
