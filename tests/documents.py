"""Mutations of model documents, for fuzzing: any value anywhere becomes another."""

from __future__ import annotations

import copy
import random
from typing import Any

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3.5, 2**31, 2**62, 10**60, -(10**60), 1e308, "", "a", "a/b",
    "..",
    "=1+1", "Dense", "InputLayer", "keras.layers", "__keras_tensor__", "\x1b[31m", [], {}, [[]],
    [None], [None, None, 3], [None, 2**40, 2**40], [1, 2], {"class_name": "Dense"},
    {"class_name": "__keras_tensor__", "config": {}}, {"config": {}}, ["a", 0, 0], ["a", -1, 10**9],
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document, as a container and a key of it."""
    found: list[tuple[Any, Any]] = []
    pending = [value]
    while pending:
        container = pending.pop()
        keys = container if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], (dict, list)):
                pending.append(container[key])
    return found


def mutated(document: Any, chance: random.Random, times: int = 3) -> Any:
    """Return a copy of a document that is wrong in a few places."""
    result = copy.deepcopy(document)
    for _ in range(chance.randint(1, times)):
        everywhere = places(result)
        if not everywhere:
            return result
        container, key = chance.choice(everywhere)
        other, there = chance.choice(everywhere)
        step = chance.randrange(6)
        if step < 2:
            container[key] = copy.deepcopy(chance.choice(ODD))
        elif step == 2:  # from somewhere else in the document
            container[key] = copy.deepcopy(other[there])
        elif step == 3 and isinstance(container, dict):
            del container[key]
        elif step == 3:
            container.insert(key, copy.deepcopy(container[key]))
        elif step == 4 and isinstance(container[key], int):
            container[key] += chance.choice((-1, 1))
        else:
            container[key] = [container[key]] if step == 4 else {"a": container[key]}
    return result
