"""What the machine that runs the tests can compute."""

from __future__ import annotations

from functools import cache


@cache
def convolves(dtype: str, data_format: str) -> bool:
    """Whether TensorFlow has a kernel here for a convolution of this dtype and layout."""
    import tensorflow as tf

    image = tf.zeros((1, 3, 8, 8) if data_format == "NCHW" else (1, 8, 8, 3), dtype)
    kernel = tf.zeros((3, 3, 3, 4), dtype)
    try:
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            y = tf.nn.conv2d(image, kernel, 1, "VALID", data_format)
        tape.gradient(y, kernel)
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError):
        return False
    return True
