"""Nodes of TensorFlow's graphs as Keras 2 wrote them: JSON, or before 2.3 a protocol buffer.

The messages are `NodeDef` and `AttrValue` of tensorflow/core/framework.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from archi.containers.protobuf import Wire
from archi.errors import ReadError

TYPES = {
    1: "DT_FLOAT",
    2: "DT_DOUBLE",
    3: "DT_INT32",
    4: "DT_UINT8",
    5: "DT_INT16",
    6: "DT_INT8",
    9: "DT_INT64",
    10: "DT_BOOL",
    14: "DT_BFLOAT16",
    19: "DT_HALF",
}


def read_node_def(node: Any) -> dict[str, Any]:
    """Return a `NodeDef` as JSON has it, nothing for what is none."""
    if isinstance(node, dict):
        return node
    if not isinstance(node, str):
        return {}
    try:
        return _node(Wire("a node of a graph"), memoryview(node.encode("utf-8")))
    except (ReadError, UnicodeEncodeError, struct.error):
        return {}


def _node(wire: Wire, data: memoryview) -> dict[str, Any]:
    found: dict[str, Any] = {"attr": {}}
    for number, value in wire.fields(data):
        if number == 2:
            found["op"] = wire.text(value)
        elif number == 5 and isinstance(value, memoryview):
            entry = dict(wire.fields(value))
            held = entry.get(2)
            if isinstance(held, memoryview):
                found["attr"][wire.text(entry.get(1, 0))] = _attribute(wire, held)
    return found


def _attribute(wire: Wire, data: memoryview) -> dict[str, Any]:
    for number, value in wire.fields(data):
        if number == 1 and isinstance(value, memoryview):
            return {"list": {"i": _numbers(wire, value)}}
        if number == 2 and isinstance(value, memoryview):
            return {"s": base64.b64encode(bytes(value)).decode("ascii")}
        if number == 3 and isinstance(value, int):
            return {"i": _signed(value)}
        if number == 4 and isinstance(value, memoryview):
            return {"f": struct.unpack("<f", value)[0]}
        if number == 5:
            return {"b": bool(value)}
        if number == 6:
            return {"type": TYPES.get(value, "")} if isinstance(value, int) else {}
    return {}


def _numbers(wire: Wire, data: memoryview) -> list[int]:
    """Return the whole numbers of a list, which are packed into one field or are a field each."""
    numbers: list[int] = []
    for number, value in wire.fields(data):
        if number != 3:
            continue
        numbers += [value] if isinstance(value, int) else wire.varints(value)
    return list(map(_signed, numbers))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number
