"""TensorFlow's functions on symbolic tensors: which twin a call of one is.

`twin_call("linalg.matmul", [a, b], {"transpose_b": True})` gives the operation and what to
call it with. What an operation of Keras 3 does as well is that operation (`operations.py`
has the table); what none does is a `Function`, whose rules are in the files named after
what they are about. Names are those that TensorFlow exports functions under, such as
`math.add`, `compat.v1.shape`, `keras.backend.mean` or `raw_ops.AddV2`.
"""

from __future__ import annotations

from archi.tensorflow.calls import TwinCall, is_known, twin_call
from archi.tensorflow.function import Function
from archi.tensorflow.nodes import node_arguments

__all__ = ["Function", "TwinCall", "is_known", "node_arguments", "twin_call"]
