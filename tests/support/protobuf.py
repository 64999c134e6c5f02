"""Protocol buffers and a SavedModel's files, written byte by byte."""

from __future__ import annotations

import json


def varint(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | str | bytes) -> bytes:
    """One field: a number, or text or a message with its length in front."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def keras_object(number: int, path: str, identifier: str, metadata) -> bytes:
    """A SavedObject of keras/protobuf/saved_metadata.proto."""
    text = metadata if isinstance(metadata, (str, bytes)) else json.dumps(metadata)
    parts = [field(2, number), field(3, path), field(4, identifier), field(5, text)]
    return b"".join([*parts, field(6, field(1, 2))])


def saved_metadata(*objects: bytes) -> bytes:
    """A SavedMetadata: what `keras_metadata.pb` is."""
    return b"".join(field(1, each) for each in objects)


def variable(name: str, shape: list[int], trainable: bool = True, dtype: int = 1) -> bytes:
    """An object that is a variable."""
    sizes = b"".join(field(2, field(1, size)) for size in shape)
    inside = field(1, dtype) + field(2, sizes) + field(3, int(trainable)) + field(6, name)
    return field(7, inside)


def holder(children: dict[str, int], identifier: str = "", metadata: str = "") -> bytes:
    """An object that has others, by name; one of older Keras has its config, too."""
    parts = [field(1, field(1, child) + field(2, name)) for name, child in children.items()]
    if identifier:
        parts.append(field(4, field(1, identifier) + field(3, metadata)))
    return b"".join(parts)


def saved_model(*objects: bytes) -> bytes:
    """A SavedModel whose object graph has these objects, and an empty graph of operations."""
    graph = b"".join(field(1, each) for each in objects)
    meta = field(1, field(4, "serve")) + field(2, b"") + field(7, graph)
    return field(1, 1) + field(2, meta)
