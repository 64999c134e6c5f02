"""Real networks for comparisons: Keras's own as archi graphs, and graphs run by TensorFlow."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, NamedTuple

from archi import Graph
from archi.graph import building
from archi.layers import Input, layer_classes


def twin_of(model: Any) -> Graph:
    """Return the graph of a functional `keras.Model` whose layers archi knows, unshared."""
    made: dict[str, Any] = {}
    with building():
        for layer in model.get_config()["layers"]:
            made[layer["name"]] = _call(layer, made)
        return Graph(made[model.layers[0].name], made[model.layers[-1].name])


def _call(layer: dict[str, Any], made: dict[str, Any]) -> Any:
    config = dict(layer["config"])
    if layer["class_name"] == "InputLayer":
        return Input(tuple(config["batch_shape"][1:]), name=config["name"])
    call = layer["inbound_nodes"][0]["args"][0]
    tensors = call if isinstance(call, list) else [call]
    read = [made[tensor["config"]["keras_history"][0]] for tensor in tensors]
    twin = layer_classes()[layer["class_name"]](**config)
    return twin(read if isinstance(call, list) else read[0])


def frozen(graph: Graph, batch: int = 1) -> Any:
    """Return TensorFlow's own graph of the network at inference, weights as constants."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    model = graph.to_keras()
    specs = [tf.TensorSpec((batch, *tensor.shape[1:]), tensor.dtype) for tensor in model.inputs]

    @tf.function(input_signature=specs)
    def inference(*inputs):
        return model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)

    return convert_variables_to_constants_v2(inference.get_concrete_function())


def gradients(graph: Graph, batch: int) -> Any:
    """Return TensorFlow's function from a batch and the weights to the weights' gradients."""
    import tensorflow as tf

    model = graph.to_keras()
    others = [tf.constant(v.value.numpy()) for v in model.non_trainable_variables]
    specs = [tf.TensorSpec((batch, *model.inputs[0].shape[1:]))]
    specs += [tf.TensorSpec(v.shape) for v in model.trainable_variables]

    @tf.function(input_signature=specs)
    def step(images, *weights):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs, _ = model.stateless_call(list(weights), others, images, training=True)
            loss = tf.reduce_sum(outputs[:, 0])
        return tape.gradient(loss, list(weights))

    return step.get_concrete_function()


class Allocated(NamedTuple):
    """Bytes that TensorFlow allocated while it ran a graph: the most at once, and in all."""

    peak: int
    total: int


def allocated(function: Any) -> Allocated:
    """Run a function without variables on the CPU and read what it allocated.

    One operation at a time. From the allocations and releases with their times in
    TensorFlow's own trace (RunMetadata, FULL_TRACE). What is fed and the constants are not
    among them.
    """
    import numpy as np
    import tensorflow as tf

    v1 = tf.compat.v1
    config = v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
    metadata = v1.RunMetadata()
    options = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
    feed = {
        tensor.name: np.random.default_rng(0).random(tensor.shape, "float32")
        for tensor in function.inputs
    }
    with tf.Graph().as_default(), v1.Session(config=config) as session:
        v1.import_graph_def(function.graph.as_graph_def(), name="")
        outputs = [tensor.name for tensor in function.outputs]
        for _ in range(2):  # the first run also optimises the graph
            session.run(outputs, feed, options=options, run_metadata=metadata)
    records = [
        (record.alloc_micros, record.alloc_bytes)
        for device in metadata.step_stats.dev_stats
        for node in device.node_stats
        for memory in node.memory
        for record in memory.allocation_records
    ]
    live = peak = 0
    for _, size in sorted(records, key=itemgetter(0)):
        live += size
        peak = max(peak, live)
    return Allocated(peak, sum(size for _, size in records if size > 0))


def profiled(function: Any) -> int:
    """Return the FLOPs that TensorFlow's profiler counts in a frozen function."""
    import tensorflow as tf

    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return profiler.profile(function.graph, options=options).total_float_ops
