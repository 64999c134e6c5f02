"""HDF5 as h5py writes it when nobody asks for more, read without libhdf5.

Says what is in a file that is *plainly harmless*: superblock version 0, groups as symbol
tables of hard links, datasets stored in one piece or in their header, of ordinary numbers,
all within the file. That is every weights file Keras writes, and takes milliseconds. Of
any other file it says nothing, and a child process with libhdf5 is asked (`_hdf5`).

The format: "HDF5 File Format Specification", version 3.0, sections II.A (superblock),
III.A to III.E (B-trees, groups, heaps) and IV (object headers and their messages).
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

from archi.containers._hdf5_contents import ATTRIBUTES, Contents, Dataset
from archi.containers.archive import STORED, Archive
from archi.containers.regular import open_regular
from archi.errors import ReadError

OBJECTS = 100_000
DEPTH = 50  # of groups, and of the tree that one group's names are in
READS, BYTES = 200_000, 64 << 20  # of all files together; ResNet-50 takes 2,300 and 1.3 MB
HEADER = 1 << 20  # bytes of one object's header
TEXT = 16 << 20  # bytes of an attribute

_SUPERBLOCK = struct.Struct("<8s8B2HL4Q QQLL QQ")
_ENTRY = struct.Struct("<QQLL QQ")
_MESSAGE = struct.Struct("<HHB3x")
_NOWHERE = 2**64 - 1
_SPACE, _TYPE, _OLD_FILL, _FILL, _LAYOUT, _ATTRIBUTE = 0x01, 0x03, 0x04, 0x05, 0x08, 0x0C
_NOTHING, _CONTINUED, _TABLE, _TIME = 0x00, 0x10, 0x11, 0x12
_KNOWN = {_SPACE, _TYPE, _OLD_FILL, _FILL, _LAYOUT, _ATTRIBUTE, _NOTHING, _TABLE, _TIME}
_ONCE = (_SPACE, _TYPE, _LAYOUT, _TABLE)
_CACHED_TABLE = 1
# Bit offset, exponent place and size, mantissa place and size, exponent bias of IEEE floats.
_FLOATS = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}


class _Unknown(Exception):
    """Something out of the ordinary, whatever it is."""


def plain_contents(
    path: str | os.PathLike[str], members: Sequence[str] = ("",)
) -> dict[str, Contents]:
    """Return what those members of a zip archive hold that are plainly harmless HDF5.

    "" is the file itself. What is anything else, or can't be read, is left out.
    """
    found = {}
    left = Budget(READS, BYTES)
    try:
        if list(members) == [""]:
            with open_regular(path) as file:
                return {"": _File(file, left).contents()}
        with Archive(path) as archive:
            for name in members:
                member = archive.find(name)
                if member and member.method == STORED:
                    with suppress(*_UNREADABLE):
                        found[name] = _File(archive.open(member), left).contents()
    except _UNREADABLE:
        pass
    return found


class Budget:
    """What may still be read: how many times, and how many bytes."""

    def __init__(self, reads: int, size: int) -> None:
        self.reads, self.size = reads, size

    def spend(self, size: int) -> bool:
        """Take one read of `size` bytes from it; return whether there was enough left."""
        self.reads -= 1
        self.size -= size
        return self.reads >= 0 and self.size >= 0


# What is cut short or no text is out of the ordinary, too.
_UNREADABLE = (_Unknown, ReadError, struct.error, ValueError, LookupError)


class _File:
    def __init__(self, file: BinaryIO, left: Budget) -> None:
        self.file, self.left = file, left
        self.length = file.seek(0, os.SEEK_END)
        self.seen: set[int] = set()

    def contents(self) -> Contents:
        fields = _SUPERBLOCK.unpack(self.at(0, _SUPERBLOCK.size))
        signature, versions = fields[0], fields[1:9]
        base, free, end, driver = fields[12:16]
        _, root, kind, _, tree, heap = fields[16:]
        expected = signature == b"\x89HDF\r\n\x1a\n" and versions == (0, 0, 0, 0, 0, 8, 8, 0)
        self.require(expected and (base, free, driver) == (0, _NOWHERE, _NOWHERE))
        self.require(end == self.length and kind == _CACHED_TABLE)
        messages = self.messages(root)
        self.require(self.table(messages) == (tree, heap))
        attributes = dict(self.attributes(messages))
        return Contents(attributes, list(self.datasets(tree, heap)), [])

    def at(self, offset: int, length: int) -> bytes:
        """Return bytes of the file, all of them."""
        self.require(offset + length <= self.length and self.left.spend(length))
        self.file.seek(offset)
        return self.file.read(length)

    def once(self, address: int) -> None:
        """Note that a thing stands at an address; nothing else may."""
        self.require(address not in self.seen)
        self.seen.add(address)

    @staticmethod
    def require(ordinary: bool) -> None:
        if not ordinary:
            raise _Unknown

    def messages(self, address: int) -> list[tuple[int, bytes]]:
        """Return the messages of the object header at an address (IV.A.1.a)."""
        self.once(address)
        version, reserved, count, _, size = struct.unpack("<BBHLL", self.at(address, 12))
        self.require((version, reserved) == (1, 0) and size <= HEADER)
        found: list[tuple[int, bytes]] = []
        blocks = [(address + 16, size)]
        total = 0
        for start, length in blocks:
            total += length
            self.require(total <= HEADER)
            block = self.at(start, length)
            at = 0
            while at < length:
                kind, held, flags = _MESSAGE.unpack_from(block, at)
                at += _MESSAGE.size
                self.require(at + held <= length and flags in (0, 1))
                data = block[at : at + held]
                at += held
                if kind == _CONTINUED:
                    blocks.append(struct.unpack_from("<QQ", data))
                    self.once(blocks[-1][0])
                else:
                    self.require(kind in _KNOWN)
                found.append((kind, data))
        kinds = [kind for kind, _ in found]
        self.require(len(found) == count and all(kinds.count(kind) < 2 for kind in _ONCE))
        return found

    def one(self, messages: list[tuple[int, bytes]], wanted: int) -> bytes:
        for kind, data in messages:
            if kind == wanted:
                return data
        raise _Unknown

    def table(self, messages: list[tuple[int, bytes]]) -> tuple[int, int]:
        """Return where a group's names are: its B-tree and its local heap."""
        self.require(_LAYOUT not in [kind for kind, _ in messages])
        tree, heap = struct.unpack_from("<QQ", self.one(messages, _TABLE))
        return tree, heap

    def datasets(self, tree: int, heap: int) -> Iterator[Dataset]:
        groups = [(tree, heap, "", 0)]
        count = 0
        while groups:
            tree, heap, path, depth = groups.pop()
            self.require(depth <= DEPTH)
            inner = []
            for name, address, cached in self.links(tree, heap):
                count += 1
                self.require(count <= OBJECTS)
                messages = self.messages(address)
                if any(kind == _TABLE for kind, _ in messages):
                    table = self.table(messages)
                    self.require(cached in (None, table))
                    inner.append((*table, f"{path}/{name}", depth + 1))
                else:
                    self.require(cached is None)
                    yield self.dataset(messages, f"{path}/{name}")
            groups += reversed(inner)

    def links(self, tree: int, heap: int) -> Iterator[tuple[str, int, tuple[int, int] | None]]:
        """Yield name, address and cached table of everything in a group, all hard links."""
        self.once(heap)
        kind, version, size, _, start = struct.unpack("<4sB3xQQQ", self.at(heap, 32))
        self.require((kind, version) == (b"HEAP", 0) and size <= HEADER)
        names = self.at(start, size)
        for node in self.leaves(tree, 0):
            self.once(node)
            kind, version, count = struct.unpack("<4sBxH", self.at(node, 8))
            self.require((kind, version) == (b"SNOD", 1))
            for fields in _ENTRY.iter_unpack(self.at(node + 8, count * _ENTRY.size)):
                offset, address, cache, _, *table = fields
                end = names.find(b"\0", offset)
                self.require(offset < size and end > offset and cache in (0, _CACHED_TABLE))
                name = names[offset:end].decode()
                yield name, address, (table[0], table[1]) if cache else None

    def leaves(self, tree: int, depth: int) -> Iterator[int]:
        """Yield the symbol nodes of a group's B-tree (III.A.1)."""
        self.once(tree)
        kind, type, level, count = struct.unpack("<4sBBH", self.at(tree, 8))
        self.require((kind, type) == (b"TREE", 0) and depth <= DEPTH)
        # After the two siblings: key, child, key, child, …, key.
        for (child,) in struct.iter_unpack("<8xQ", self.at(tree + 24, count * 16)):
            if level == 0:
                yield child
            else:
                yield from self.leaves(child, depth + 1)

    def dataset(self, messages: list[tuple[int, bytes]], path: str) -> Dataset:
        shape = self.shape(self.one(messages, _SPACE))
        dtype, size = self.dtype(self.one(messages, _TYPE))
        layout = self.one(messages, _LAYOUT)
        declared = math.prod(shape) * size
        version, kind = layout[0], layout[1]
        self.require(version == 3 and kind in (0, 1))  # compact, contiguous
        if kind == 0:
            (stored,) = struct.unpack_from("<H", layout, 2)
        else:
            start, stored = struct.unpack_from("<QQ", layout, 2)
            self.require(start + stored <= self.length or stored == 0 == declared)
        self.require(stored == declared)
        return Dataset(path, shape, dtype, declared, stored)

    def shape(self, space: bytes) -> tuple[int, ...]:
        version, rank, flags = space[:3]
        self.require(version == 1 and rank <= 32 and flags in (0, 1))
        return struct.unpack_from(f"<{rank}Q", space, 8)

    def dtype(self, kind: bytes) -> tuple[str, int]:
        """Return the NumPy name and size of an integer or IEEE float, little-endian."""
        code, bits, size = kind[0], int.from_bytes(kind[1:4], "little"), kind[4:8]
        width = int.from_bytes(size, "little")
        if code == 0x10:
            signed = bits == 0x08
            precision = struct.unpack_from("<HH", kind, 8)
            ordinary = bits in (0, 8) and precision == (0, 8 * width) and width in (1, 2, 4, 8)
            self.require(ordinary)
            return f"{'' if signed else 'u'}int{8 * width}", width
        self.require(code == 0x11 and width in _FLOATS)
        self.require(bits == 0x20 | (8 * width - 1) << 8)  # implied bit; sign bit on top
        self.require(struct.unpack_from("<HHBBBBL", kind, 8) == _FLOATS[width])
        return f"float{8 * width}", width

    def attributes(self, messages: list[tuple[int, bytes]]) -> Iterator[tuple[str, str]]:
        """Yield those attributes of the root that Keras reads; all must be text."""
        for kind, data in messages:
            if kind != _ATTRIBUTE:
                continue
            version, _, *sizes = struct.unpack_from("<BBHHH", data)
            self.require(version in (1, 3))
            at = 8 if version == 1 else 9  # and an encoding
            parts = []
            for size in sizes:
                parts.append(data[at : at + size])
                at += size if version == 3 else -(-size // 8) * 8
            name = parts[0].rstrip(b"\0").decode()
            if name in ATTRIBUTES:
                self.require(self.shape(parts[2]) == ())
                text = self.text(parts[1], data[at:])
                self.require(b"\0" not in text)  # libhdf5 would end it there
                yield name, text.decode()

    def text(self, kind: bytes, value: bytes) -> bytes:
        """Return a string: fixed in length, or variable, which is in a global heap (III.E)."""
        if kind[0] == 0x13:
            length = int.from_bytes(kind[4:8], "little")
            return value[:length].rstrip(b"\0")
        self.require(kind[0] == 0x19 and kind[1] & 0x0F == 1)
        length, address, index = struct.unpack_from("<LQL", value)
        head, version, size = struct.unpack("<4sB3xQ", self.at(address, 16))
        self.require((head, version) == (b"GCOL", 1) and size <= 2 * TEXT and length <= TEXT)
        at = 16
        while at + 16 <= size:
            number, held = struct.unpack("<HxxxxxxQ", self.at(address + at, 16))
            if number == index:
                self.require(length <= held <= size - at - 16)
                return self.at(address + at + 16, length)
            self.require(number != 0)
            at += 16 + -(-held // 8) * 8
        raise _Unknown
