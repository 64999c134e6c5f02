"""`Rearrange` of `keras/src/ops/einops.py`: axes split, moved and joined by name; free.

pattern = side "->" side
side    = { name | "(" { name } ")" }
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archi.graph import Inference, Shape
from archi.twin.layer import product
from archi.twin.operation import NOTHING, Array, Operation, bound

HOME = "einops"


class Rearrange(Operation):
    """`pattern` says where each axis goes; the lengths of split axes are given by name."""

    keeps = NOTHING
    operands = ("tensor", "pattern")
    loose = ("pattern",)

    @classmethod
    def function(cls, *args: Any, **kwargs: Any) -> Any:
        """Call it as `keras.ops.rearrange` is called."""
        operands = {name: kwargs.pop(name) for name in cls.operands if name in kwargs}
        given = bound(cls.__name__, cls.operands, args, operands)
        return cls()(*[given[name] for name in cls.operands if name in given], **kwargs)

    def inferred(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        lengths = {name: kwargs[name] for name in kwargs if name not in self.operands}
        others = {name: kwargs[name] for name in kwargs if name in self.operands}
        given = bound(self.label, self.operands, args, others)
        for name in self.operands:
            self.check(name, given)
        return self._rearranged(**given, lengths=lengths)

    def _rearranged(self, tensor: Array, pattern: Any, lengths: dict[str, Any]) -> Inference:
        sides = re.split(r"\s*->\s*", pattern) if isinstance(pattern, str) else []
        if len(sides) != 2:
            raise self.refuse("wants a pattern such as 'b (h p) -> b h p'", pattern)
        before, after = ([_names(group) for group in _GROUP.findall(side)] for side in sides)
        if len(before) != len(tensor.shape) or None in tensor.shape:
            raise self.refuse(f"wants {len(before)} axes of known size", tensor.shape)
        sizes = self._sizes(before, tensor.shape, lengths)
        names = [name for group in after for name in group]
        if sorted(names) != sorted(sizes):
            raise self.refuse("wants each axis once on both sides", pattern)
        shape = tuple(product(*(sizes[name] for name in group)) for group in after)
        return self.free(shape, tensor.dtype)

    def _sizes(
        self, groups: list[list[str]], shape: Shape, lengths: dict[str, Any]
    ) -> dict[str, int]:
        """Return the size of every axis that a pattern names. Raises LayerError."""
        sizes: dict[str, int] = {}
        for group, size in zip(groups, shape, strict=True):
            given = {name: lengths[name] for name in group if name in lengths}
            if any(type(length) is not int or length < 1 for length in given.values()):
                raise self.refuse("wants whole numbers as lengths", lengths)
            open_ = [name for name in group if name not in given]
            known = product(*given.values()) or 1
            if len(open_) > 1 or (size or 0) % known or (not open_ and known != size):
                raise self.refuse(f"wants lengths that make {size}", lengths)
            sizes |= given | dict.fromkeys(open_, (size or 0) // known)
        return sizes


_GROUP = re.compile(r"\w+|\(.*?\)")


def _names(group: str) -> list[str]:
    return re.findall(r"\w+", group)
