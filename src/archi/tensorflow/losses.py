"""Losses of `tf.nn`, `tf.keras.losses` and the backend: one FLOP for each element compared."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference
from archi.tensorflow.function import Function, rule
from archi.twin.layer import product


@rule(
    "nn.sigmoid_cross_entropy_with_logits",
    "nn.weighted_cross_entropy_with_logits",
    "nn.log_poisson_loss",
    "keras.backend.binary_crossentropy",
    "keras.backend.binary_focal_crossentropy",
)
def elementwise_loss(
    op: Function,
    labels: Any,
    logits: Any = None,
    pos_weight: Any = None,
    target: Any = None,
    output: Any = None,
    log_input: Any = None,
    compute_full_loss: Any = False,
    from_logits: Any = False,
    apply_class_balancing: Any = False,
    alpha: Any = 0.25,
    gamma: Any = 2.0,
) -> Inference:
    """A loss of each element."""
    given = [each for each in (logits, output, log_input) if each is not None]
    x, wanted = op.array(given[0] if given else labels), op.array(labels, *given)
    return op.maps(op.broadcast(wanted.shape, x.shape), x.dtype)


@rule(
    "nn.softmax_cross_entropy_with_logits",
    "nn.softmax_cross_entropy_with_logits_v2",
    "keras.backend.categorical_crossentropy",
    "keras.backend.categorical_focal_crossentropy",
)
def categorical_loss(
    op: Function,
    labels: Any,
    logits: Any = None,
    axis: Any = -1,
    target: Any = None,
    output: Any = None,
    from_logits: Any = False,
    alpha: Any = 0.25,
    gamma: Any = 2.0,
) -> Inference:
    """A loss of each vector along an axis."""
    x = op.array(output if logits is None else logits)
    return op.reduces(x, op.without(x.shape, -1 if axis is None else axis), x.dtype)


@rule(
    "nn.sparse_softmax_cross_entropy_with_logits",
    "keras.backend.sparse_categorical_crossentropy",
)
def sparse_categorical_loss(
    op: Function,
    labels: Any,
    logits: Any = None,
    target: Any = None,
    output: Any = None,
    from_logits: Any = False,
    axis: Any = -1,
    ignore_class: Any = None,
) -> Inference:
    """A loss of each vector, by the number of its class."""
    x = op.array(output if logits is None else logits)
    return op.reduces(x, op.without(x.shape, axis), x.dtype)


@rule("nn.compute_average_loss", "nn.scale_regularization_loss")
def average_loss(
    op: Function, per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Inference:
    """The sum over the samples, over their number."""
    x = op.array(per_example_loss)
    return op.reduces(x, (), x.dtype)


@rule("nn.ctc_loss", "nn.ctc_loss_v2", "nn.ctc_loss_v3")
def ctc_loss(
    op: Function,
    labels: Any,
    logits: Any,
    label_length: Any = None,
    logit_length: Any = None,
    logits_time_major: Any = True,
    unique: Any = None,
    blank_index: Any = None,
) -> Inference:
    """A loss of each sequence, over all the ways in which it may be read."""
    x = op.array(logits)
    batch = x.shape[1 if logits_time_major else 0]
    return op.counted([((batch,), x.dtype)], None, why="its cost is up to the algorithm")


@rule("compat.v1.nn.ctc_loss")
def ctc_loss_v1(
    op: Function,
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: Any = False,
    ctc_merge_repeated: Any = True,
    ignore_longer_outputs_than_inputs: Any = False,
    time_major: Any = True,
    logits: Any = None,
) -> Inference:
    """As `ctc_loss`."""
    given = logits if inputs is None else inputs
    return ctc_loss(op, labels, given, logits_time_major=time_major)


@rule("keras.backend.ctc_batch_cost")
def ctc_batch_cost(
    op: Function, y_true: Any, y_pred: Any, input_length: Any, label_length: Any
) -> Inference:
    """As `ctc_loss`, a column of them."""
    x = op.array(y_pred)
    return op.counted([((x.shape[0], 1), x.dtype)], None, why="its cost is up to the algorithm")


_MEANS = (
    "cosine_similarity",
    "hinge",
    "squared_hinge",
    "categorical_hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
)


@rule(*(f"keras.losses.{name}" for name in _MEANS), *(f"keras.metrics.{name}" for name in _MEANS))
def mean_loss(
    op: Function,
    y_true: Any,
    y_pred: Any,
    axis: Any = -1,
    delta: Any = 1.0,
    from_logits: Any = False,
    label_smoothing: Any = 0.0,
    apply_class_balancing: Any = False,
    alpha: Any = 0.25,
    gamma: Any = 2.0,
    threshold: Any = 0.5,
) -> Inference:
    """The mean of a loss over the last axis: three FLOPs an element."""
    x = op.array(y_pred)
    whole = op.broadcast(op.array(y_true, x).shape, x.shape)
    return op.counted([(op.without(whole, axis), x.dtype)], product(3, *whole))


@rule(
    "keras.losses.categorical_crossentropy",
    "keras.losses.categorical_focal_crossentropy",
    "keras.losses.sparse_categorical_crossentropy",
    "keras.metrics.categorical_accuracy",
    "keras.metrics.categorical_crossentropy",
    "keras.metrics.categorical_focal_crossentropy",
    "keras.metrics.sparse_categorical_accuracy",
    "keras.metrics.sparse_categorical_crossentropy",
    "keras.metrics.sparse_top_k_categorical_accuracy",
    "keras.metrics.top_k_categorical_accuracy",
)
def class_loss(
    op: Function,
    y_true: Any,
    y_pred: Any,
    from_logits: Any = False,
    label_smoothing: Any = 0.0,
    axis: Any = -1,
    ignore_class: Any = None,
    alpha: Any = 0.25,
    gamma: Any = 2.0,
    k: Any = 5,
) -> Inference:
    """A loss, or a hit, of each vector along an axis."""
    x = op.array(y_pred)
    return op.reduces(x, op.without(x.shape, axis), x.dtype)
