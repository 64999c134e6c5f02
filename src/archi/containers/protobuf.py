"""Messages of Protocol Buffers, read field by field, without a schema and without copies.

The wire format: https://protobuf.dev/programming-guides/encoding/. A message is fields, each a
number, a kind and a value; what kind of thing the bytes in a field are, only who asks for it
knows. Groups, which nothing here has, are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from archi.errors import ReadError, printable
from archi.units import file_size

FIELDS = 1_000_000  # of all messages that one reader reads; about a second
_VARINT = 10  # bytes, of 64 bits
_FIXED = {1: 8, 5: 4}  # bytes, by the kind of field


class Wire:
    """Reads the messages of one file, which `what` names in errors. Raises ReadError."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.left = FIELDS

    def fields(self, data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
        """Yield the fields of a message: number and value, which is a number or bytes."""
        at, end = 0, len(data)
        while at < end:
            self._count()
            key, at = self._varint(data, at)
            kind = key & 7
            if kind == 0:
                value, at = self._varint(data, at)
                yield key >> 3, value
                continue
            size, at = self._size(kind, data, at)
            if at + size > end:
                raise self._damaged()
            yield key >> 3, data[at : at + size]
            at += size

    def parts(self, data: memoryview, number: int) -> Iterator[memoryview]:
        """Yield the bytes of every field of this number that has bytes."""
        for found, value in self.fields(data):
            if found == number and not isinstance(value, int):
                yield value

    def varints(self, data: memoryview) -> list[int]:
        """Return the whole numbers that are packed into a field."""
        numbers, at = [], 0
        while at < len(data):
            self._count()
            number, at = self._varint(data, at)
            numbers.append(number)
        return numbers

    def section(self, file: BinaryIO, numbers: tuple[int, ...], limit: int) -> memoryview:
        """Return the first field that this way of numbers leads to, without reading others.

        Empty where there is none. Raises ReadError where it has more than `limit` bytes.
        """
        start, end = 0, file.seek(0, os.SEEK_END)
        for number in numbers:
            start, end = self._find(file, number, start, end)
        if end - start > limit:
            size = file_size(limit)
            raise ReadError(f"{self.what} has a part larger than {size}, the most archi reads")
        file.seek(start)
        return memoryview(file.read(end - start))

    def text(self, value: int | memoryview) -> str:
        """Return the text that is in a field; a text may not be a number, or not be UTF-8."""
        try:
            return str(value, "utf-8") if isinstance(value, memoryview) else ""
        except UnicodeDecodeError:
            raise self._damaged() from None

    def _find(self, file: BinaryIO, number: int, at: int, end: int) -> tuple[int, int]:
        while at < end:
            self._count()
            file.seek(at)
            head = memoryview(file.read(min(2 * _VARINT, end - at)))
            key, used = self._varint(head, 0)
            if key & 7 == 0:
                _, used = self._varint(head, used)
                at += used
                continue
            size, used = self._size(key & 7, head, used)
            at += used
            if at + size > end:
                raise self._damaged()
            if key >> 3 == number and key & 7 == 2:
                return at, at + size
            at += size
        return end, end

    def _size(self, kind: int, data: memoryview, at: int) -> tuple[int, int]:
        if kind == 2:
            return self._varint(data, at)
        if kind not in _FIXED:
            raise self._damaged()
        return _FIXED[kind], at

    def _varint(self, data: memoryview, at: int) -> tuple[int, int]:
        """Return a number, seven bits a byte and the least first, and where it ends."""
        value = shift = 0
        for byte in data[at : at + _VARINT]:
            value |= (byte & 0x7F) << shift
            at += 1
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, at
            shift += 7
        raise self._damaged()

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ReadError(f"{self.what} has more fields than archi reads, {FIELDS:,}")

    def _damaged(self) -> ReadError:
        return ReadError(f"{printable(self.what)} is damaged: it is no protocol buffer")
