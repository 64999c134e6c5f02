"""The functions of TensorFlow that a Keras tensor can be passed to, by the names they are saved as.

    PYTHONPATH=src:tests python tests/support/tensorflow_functions.py

writes them to `tensorflow_functions.txt` beside this file, from the TensorFlow and the
Keras 2 that are installed. Keras 2 makes a layer of a call that TensorFlow dispatches, and
saves it under the name that `tf_export` gave the function.
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from types import ModuleType
from typing import Any

DATA = Path(__file__).with_suffix(".txt")
MODULES = ("math", "nn", "linalg", "image", "signal", "random", "bitwise", "dtypes", "debugging")
V1_MODULES = ("", "math", "nn", "linalg", "image", "signal", "random", "debugging")
KERAS_MODULES = ("activations", "backend", "losses", "metrics")


def committed() -> list[str]:
    """Return the names in the data file."""
    return DATA.read_text(encoding="utf-8").split()


def installed() -> dict[str, Any]:
    """Return the functions that are installed, by the names that they are saved as."""
    from tensorflow.python.util.dispatch import FALLBACK_DISPATCH_ATTR
    from tensorflow.python.util.tf_export import get_canonical_name_for_symbol

    found: dict[str, Any] = {}
    for module in _modules():
        for name in dir(module):
            function = getattr(module, name, None)
            if name.startswith("_") or inspect.isclass(function) or not callable(function):
                continue
            if not hasattr(function, FALLBACK_DISPATCH_ATTR):
                continue
            symbol = get_canonical_name_for_symbol(
                function, add_prefix_to_v1_names=True
            ) or get_canonical_name_for_symbol(
                function, api_name="keras", add_prefix_to_v1_names=True
            )
            if symbol:
                found[symbol] = function
    return dict(sorted(found.items()))


def _modules() -> list[ModuleType]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf_keras

    v1 = tf.compat.v1
    return [
        tf,
        tf.__operators__,
        *(getattr(tf, name) for name in MODULES),
        *(getattr(v1, name) if name else v1 for name in V1_MODULES),
        *(getattr(tf_keras, name) for name in KERAS_MODULES),
    ]


if __name__ == "__main__":
    DATA.write_text("\n".join(installed()) + "\n", encoding="utf-8")
