"""archi: what a neural network is made of, before anyone trains it.

import archi

net = archi.load("wrn-28-10")
net.totals.params           # 36497146
print(net.summary())        # the layer table
model = net.to_keras()      # the real keras.Model
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archi.errors import ArchiError
    from archi.network import Network, Report

    Graph = Network

__all__ = ["ArchiError", "Graph", "Network", "Report", "load"]

# Imported when they are asked for: every pytest run of a project that has archi
# installed imports this file on the way to `archi.checks.pytest_plugin`.
_HOMES = {
    "ArchiError": ("archi.errors", "ArchiError"),
    "Graph": ("archi.network", "Network"),
    "Network": ("archi.network", "Network"),
    "Report": ("archi.network", "Report"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'archi' has no attribute {name!r}")
    home, known_as = _HOMES[name]
    value = globals()[name] = getattr(import_module(home), known_as)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load(
    target: str, *, options: Mapping[str, object] | None = None, batch: int | None = None
) -> Network:
    """Return the network a spec such as `wrn-28-10` or `resnet50,classes=10` names.

    `options` are spec options, as values or as text, applied over those in the target;
    `batch` fixes the batch size.

    Raises ArchiError, whose text points at what is wrong and says what would work.
    """
    from archi.network import Network
    from archi.target import load

    return Network.of(load(target, options=options, batch=batch))
