"""Networks without their names: what every layer is and what it reads."""

from __future__ import annotations


def wiring(layers, parents):
    """Describe a network without its names: every layer by what it is and what it reads.

    Equal multisets of these hashes mean equal networks up to names and order.
    """
    seen = {}
    for key, (what, order_matters) in layers.items():
        read = [hash((seen[parent], index)) for parent, index in parents[key]]
        seen[key] = hash((what, tuple(read if order_matters else sorted(read))))
    return sorted(seen.values())


def settings(config):
    """What a layer does, apart from its weights' initial values and numerical constants.

    A 1×1 convolution is the same under either padding.
    """
    keys = (
        "activation",
        "rate",
        "groups",
        "kernel_size",
        "strides",
        "pool_size",
        "padding",
        "axis",
        "dims",
    )
    found = {key: config[key] for key in keys if key in config}
    if set(found.get("kernel_size", ())) == {1}:
        del found["padding"]
    if config.get("axis") == 3:  # the last of an image batch, which others write -1
        found["axis"] = -1
    return repr(sorted(found.items()))


def twin_wiring(graph):
    layers, parents = {}, {}
    for node in graph.nodes:
        weights = sorted((w.name, w.shape, w.trainable) for w in node.layer.weights)
        config = settings(node.layer.get_config())
        what = (node.layer.class_name, node.outputs[0].shape, tuple(weights), config)
        layers[node] = (what, node.layer.class_name == "Concatenate")
        parents[node] = [(tensor.node, tensor.index) for tensor in node.inputs]
    return wiring(layers, parents)


def keras_wiring(model):
    layers, parents = {}, {}
    for layer in model.operations:
        (node,) = layer._inbound_nodes
        weights = getattr(layer, "weights", ())
        weights = sorted((w.name, tuple(w.shape), w.trainable) for w in weights)
        config = settings(layer.get_config())
        what = (type(layer).__name__, tuple(node.outputs[0].shape), tuple(weights), config)
        layers[layer.name] = (what, type(layer).__name__ == "Concatenate")
        history = [tensor._keras_history for tensor in node.input_tensors]
        parents[layer.name] = [(each.operation.name, each.tensor_index) for each in history]
    return wiring(layers, parents)
