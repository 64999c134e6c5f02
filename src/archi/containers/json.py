"""JSON from outside, bounded before it is parsed.

Python's own parser does the work, at the speed of C. What it would let through is looked
for first in the *skeleton*, the text without its strings: nesting, the number of values,
the length of numbers. A Keras config of 16 MiB (some 15,000 convolutions) takes 0.4 s.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections import Counter
from itertools import accumulate, chain
from math import isfinite
from typing import Any, NamedTuple

from archi.errors import ReadError, printable, quote
from archi.units import file_size

LIMIT = 16 << 20  # bytes
DEPTH = 400  # a model nested in another takes three levels; Keras itself gives up near 100 of them
DIGITS = 100  # in a row; a 64-bit integer has 20, a float as Python writes it 17
KEYS = 500_000  # of one object where duplicates are looked for, which takes twice the memory
MEMORY = 160_000_000  # bytes, of what the text turns into

# What CPython allocates, in bytes, in the worst case measured: for an object and the table
# of its first five pairs, a list and its first items, any other value.
_OBJECT, _LIST, _VALUE = 220, 80, 80
_BLOCK = 1 << 18
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (DIGITS + 1))
_LARGE_EXPONENT = re.compile(rb"[eE]\+?[0-9]{3}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Duplicate(NamedTuple):
    """A key that an object has more than once; the last value is the one that counts."""

    owner: dict[str, Any]
    key: str


def parse(
    content: bytes | str, what: str = "the file", duplicates: list[Duplicate] | None = None
) -> Any:
    """Return what JSON text says. Raises ReadError where it is no JSON, or beyond a bound.

    `what` names the text in messages. Keys that occur twice in an object are added to
    `duplicates`. Strings can be written as UTF-8, and numbers are finite but for `Infinity`,
    `-Infinity` and `NaN`, which are no JSON and which Keras writes, as for a padding's value.
    """
    data, text = _decode(content, what)
    skeleton = _skeleton(data)
    _check_memory(skeleton, sys.getsizeof(text), what)
    _check_depth(skeleton, what)
    if _LONG_NUMBER.search(skeleton):
        raise ReadError(f"{what} has a number of more than {DIGITS} digits")
    value = _loads(text, what, duplicates)
    if _LARGE_EXPONENT.search(skeleton) or _SURROGATE.search(data):
        _check_values(value, what)
    return value


def _decode(content: bytes | str, what: str) -> tuple[bytes, str]:
    try:
        data = content.encode() if isinstance(content, str) else content
        if len(data) > LIMIT:
            raise ReadError(f"{what} is larger than {file_size(LIMIT)}, the most archi reads")
        return data, data.decode("utf-8-sig")
    except UnicodeError as error:
        raise ReadError(f"{what} is not UTF-8 text: {printable(str(error))}") from None


def _skeleton(data: bytes) -> bytes:
    """Return JSON text without its strings.

    Right for the text up to the first thing that is no JSON, where the parser stops too:
    a backslash is in a string, and a quote after an odd number of them does not end it.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside: list[bytes] = []
    inside = 0
    for start in range(0, len(data), _BLOCK):
        parts = data[start : start + _BLOCK].split(b'"')
        outside.append(b"".join(parts[inside::2]))
        inside ^= (len(parts) - 1) % 2
    return b"".join(outside)


def _check_memory(skeleton: bytes, memory: int, what: str) -> None:
    memory += skeleton.count(b"{") * _OBJECT
    memory += skeleton.count(b"[") * _LIST
    memory += skeleton.count(b",") * _VALUE
    if memory > MEMORY:
        raise ReadError(f"{what} has more values than archi reads, about {file_size(memory)}")


def _check_depth(skeleton: bytes, what: str) -> None:
    brackets = skeleton.translate(None, _NOT_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEPTH:
        raise ReadError(f"{what} is nested more than {DEPTH} levels deep")


def _loads(text: str, what: str, duplicates: list[Duplicate] | None) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found) > KEYS:
            raise ReadError(f"{what} has an object of more than {KEYS:,} keys")
        value = dict(found)
        if len(value) < len(found):
            counts = Counter(key for key, _ in found)
            twice = (key for key, count in counts.items() if count > 1)
            duplicates.extend(Duplicate(value, key) for key in twice)  # type: ignore[union-attr]
        return value

    # What JSON turns into has no cycles, and looking for some takes three times as long
    # as the parsing.
    collecting = gc.isenabled()
    gc.disable()
    try:
        hook = None if duplicates is None else pairs
        return json.loads(text, object_pairs_hook=hook)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ReadError(f"{what} is not JSON: {error.msg} at {place}") from None
    except RecursionError:  # called from a deep place
        raise ReadError(f"{what} is nested too deeply") from None
    finally:
        if collecting:
            gc.enable()


def _check_values(value: Any, what: str) -> None:
    """Raise where a number is not finite or a string has half of a surrogate pair."""
    values = [value]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += chain(value, value.values())
        elif isinstance(value, list):
            values += value
        elif isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ReadError(f"{what} has text that is no Unicode: {quote(value)}") from None
        elif isinstance(value, float) and not isfinite(value):
            raise ReadError(f"{what} has a number too large for a float")
