"""Where windows stand."""

from __future__ import annotations


def places(size: int, kernel: int, stride: int, dilation: int, padding: str) -> list[int]:
    """Where a window begins along one dimension; "valid" wants all its taps inside."""
    begins = []
    for begin in range(0, size, stride):
        taps = [begin + dilation * tap for tap in range(kernel)]
        if padding != "valid" or taps[-1] < size:
            begins.append(begin)
    return begins
