"""Which pixels Keras looks at."""

from __future__ import annotations

from archi import Graph


def pixels_seen(graph: Graph, axis: int) -> list[set[int]]:
    """Return which rows (axis 0) or columns (1) each output row or column of Keras depends on.

    All weights are positive and so is the image; a row is seen where the output changes when
    the row becomes very bright. (Not by gradients: those of a maximum go to one pixel.)
    """
    import numpy as np

    model = graph.to_keras()
    random = np.random.default_rng(0)
    model.set_weights([random.uniform(0.5, 1, w.shape) / w.size for w in model.get_weights()])
    shape = graph.inputs[0].shape[1:]
    length = shape[axis]
    images = np.ones((length + 1, *shape), "float32")
    for i in range(length):
        images[(i, slice(None), i) if axis else (i, i)] = 1e7
    outputs = np.asarray(model(images, training=False))
    changed = np.abs(outputs[:-1] - outputs[-1:]).max(axis=(2 - axis, 3))
    bright = changed > 1e-3 * outputs[-1].max()
    return [set(np.flatnonzero(bright[:, i]).tolist()) for i in range(bright.shape[1])]
