"""FLOPs and activation memory of every architecture, as archi and as TensorFlow see them.

    PYTHONPATH=tests python tests/bench/against_tensorflow.py

Run by hand, for minutes; needs TensorFlow. FLOPs are those of TensorFlow's profiler on the
frozen graph (`real.profiled`), bytes the most that TensorFlow allocated at once while it ran
one image on the CPU (`real.allocated`).
"""

from __future__ import annotations

import sys

from support.foreseen import foreseen, simulate
from support.real import allocated, frozen, profiled

from archi import load
from archi.families.registry import catalogue

HEADER = (
    "name", "FLOPs", "profiler", "ratio", "foreseen", "peak", "in place", "TensorFlow", "ratio",
)  # fmt: skip


def main() -> None:
    """Print one line for each architecture, or for those named."""
    print(("{:16}" + "{:>16}" * 2 + "{:>8}{:>9}" + "{:>13}" * 3 + "{:>7}").format(*HEADER))
    for spec in sys.argv[1:] or catalogue():
        graph = load(spec)
        function = frozen(graph)
        totals, counted = graph.totals, profiled(function)
        peak, real = totals.peak_activation_bytes, allocated(function).peak
        print(
            f"{spec:16}{totals.flops:16,}{counted:16,}{totals.flops / counted:8.4f}"
            f"{'equal' if counted == foreseen(graph) else 'no':>9}{peak:13,}"
            f"{simulate(graph, in_place=True)[0]:13,}{real:13,}{real / peak:7.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
