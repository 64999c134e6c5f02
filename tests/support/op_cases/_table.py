"""The table of operation cases: what each function takes and what it refuses."""

from __future__ import annotations

from typing import Any

from archi.twin.values import Constant
from support.op_parity import Case, X

TAKEN: list[Case] = []
NOT_TAKEN: list[Case] = []
CANNOT_RUN: list[Case] = []

F = X((None, 4, 6))  # what most functions take
DTYPES = (
    "bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64",
    "float16", "bfloat16", "float32", "float64",
)  # fmt: skip

__all__ = ["DTYPES", "Constant", "F", "X", "cannot_run", "refuses", "takes"]


def takes(function: str, *args: Any, **kwargs: Any) -> None:
    """Declare a call that both sides take."""
    TAKEN.append(Case(function, args, kwargs))


def refuses(function: str, *args: Any, **kwargs: Any) -> None:
    """Declare a call that neither side takes."""
    NOT_TAKEN.append(Case(function, args, kwargs))


def cannot_run(function: str, *args: Any, **kwargs: Any) -> None:
    """Declare a call that Keras takes though it could never be run; the twin refuses it."""
    CANNOT_RUN.append(Case(function, args, kwargs))
