"""Quantised dtype policies (`keras/src/dtype_policies/dtype_policy.py`): names and configs.

A policy's name says the mode, with its numbers, and the policy the weights come from:

    int8_from_float32, int4/64_from_bfloat16, gptq/4/128_from_mixed_bfloat16

The number of int4, and the last of gptq and awq, is how many rows of a kernel share a scale,
-1 for all of them; the number before it is bits a weight. That of float8 is how many steps
of training a scale looks back on; Keras has it in the config alone, not in the name.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

MODES = frozenset(("int8", "int4", "float8", "gptq", "awq"))
HISTORY = 1024  # Keras's default for float8
SEPARATOR = "_from_"


class Quantization(NamedTuple):
    """What a quantised policy says, apart from the policy it was made from."""

    mode: str
    group: int = -1  # rows that share a scale, -1 for all
    bits: int = 8
    history: int = HISTORY


@cache
def quantization(policy: str) -> Quantization | None:
    """Return what a policy's name says of quantisation, None for a plain policy.

    Raises ValueError for a mode Keras does not have.
    """
    text, separator, source = policy.rpartition(SEPARATOR)
    if not separator:
        return None
    mode, *numbers = text.split("/")
    given = [_number(number) for number in numbers]
    if mode == "int8" and not given:
        if source in ("float16", "mixed_float16"):
            raise ValueError("a policy that does not quantise float16 to int8")
        return Quantization(mode)
    if mode == "int4" and len(given) <= 1 and all(map(_is_group, given)):
        return Quantization(mode, given[0] if given else -1, bits=4)
    if mode == "float8" and len(given) <= 1 and all(number > 0 for number in given):
        return Quantization(mode, history=given[0] if given else HISTORY)
    bits = {"gptq": (2, 3, 4, 8), "awq": (4,)}.get(mode, ())
    if len(given) == 2 and given[0] in bits and _is_group(given[1]):
        return Quantization(mode, given[1], given[0])
    raise ValueError("a quantised dtype policy, such as 'int8_from_float32'")


def _number(text: str) -> int:
    """Return a whole number, 0, which is none of what is wanted, where it is not one."""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 10 else 0


def _is_group(number: int) -> bool:
    return number == -1 or number > 0


def source(policy: str) -> str:
    """Return the plain policy that a quantised one was made from; a plain one is its own."""
    return policy.rpartition(SEPARATOR)[2]


def name_of(config: dict[str, Any]) -> str:
    """Return the name of the quantised policy with this config; for some of float8, archi's."""
    mode, history = config.get("mode"), config.get("amax_history_length", HISTORY)
    if mode == "float8" and history != HISTORY:
        mode = f"float8/{history}"
    return f"{mode}{SEPARATOR}{config.get('source_name')}"


def config_of(policy: str) -> tuple[str, dict[str, Any]]:
    """Return class and config of the quantised policy of this name."""
    mode, _, from_policy = policy.rpartition(SEPARATOR)
    kind, slash, number = mode.partition("/")
    if kind == "float8":
        history = int(number) if slash else HISTORY
        config = {"mode": kind, "source_name": from_policy, "amax_history_length": history}
        return "QuantizedFloat8DTypePolicy", config
    classes = {"int4": "Int4DTypePolicy", "gptq": "GPTQDTypePolicy", "awq": "AWQDTypePolicy"}
    name = classes[kind] if slash else "QuantizedDTypePolicy"
    return name, {"mode": mode, "source_name": from_policy}
