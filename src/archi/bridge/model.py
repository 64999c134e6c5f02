"""Graph → the real `keras.Model`; here Keras is imported.

A graph carries Keras's own class names and configs, so one generic road leads to the
real model: write the functional config, let Keras build from it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, TextIO

from archi.bridge.config import functional_config
from archi.errors import ArchiError, KerasMissing, printable, quote
from archi.graph import Graph
from archi.twin.arguments import Own

if TYPE_CHECKING:
    import keras


def import_keras() -> ModuleType:
    """Import Keras quietly. Raises KerasMissing with how to get it."""
    try:
        with native_silence():
            import keras
    except Exception as error:  # what a backend raises while it loads is up to it
        raise KerasMissing(
            f"this needs real Keras, which can't be imported: {error}", hint=how_to_get_keras()
        ) from None
    return keras


def how_to_get_keras(error: BaseException | None = None) -> str:
    """Return what to install, "" for an error that says anything but that Keras is missing."""
    if error is not None:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if str(missing).partition(".")[0] not in ("keras", "tensorflow"):
            return ""
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        return f"KERAS_BACKEND is {quote(os.environ['KERAS_BACKEND'])}; is that backend installed?"
    if sys.version_info >= (3, 14):
        return "TensorFlow has no wheel for this Python; use Python 3.10 to 3.13"
    return "pip install 'archi-inspector[tensorflow]'"


@contextmanager
def native_silence() -> Iterator[TextIO]:
    """Keep what native libraries print to standard error away from the terminal.

    Python's own `sys.stderr`, which this gives, still gets there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error to keep silent
        yield sys.stderr
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    python = sys.stderr
    sys.stderr = open(kept, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    try:
        yield sys.stderr
    finally:
        sys.stderr.close()
        sys.stderr = python
        os.dup2(kept, 2)
        os.close(kept)


def to_keras(graph: Graph, *, initialize: bool = True) -> keras.Model:
    """Return the real `keras.Model`, built by Keras from the graph's config.

    With `initialize=False` no weight is allocated; shapes and counts are still there. Keras
    can't put that off for layers that keep a state from one batch to the next.

    Raises KerasMissing where Keras can't be imported, ArchiError where it can't build the
    model, for want of memory for one.
    """
    keras = import_keras()
    if graph.live is not None:
        with graph.live.running():
            return graph.live.model(graph, initialize=initialize)
    # A copy through JSON: Keras takes configs apart while it reads them.
    config = json.loads(json.dumps(functional_config(graph)))
    allocates = initialize or any(layer.keeps_state for layer in graph.layers)
    scope = nullcontext() if allocates else _without_values(keras)
    try:
        with _deep_recursion(len(graph.nodes)), scope:
            return keras.Model.from_config(config)
    except Exception as error:
        why = _own_functions(graph) or brief(error)
        raise ArchiError(f"Keras could not build {graph.title}: {why}") from None


def _own_functions(graph: Graph) -> str:
    """Return which function of people's own Keras can't find, "" where there is none."""
    for layer in graph.layers:
        for key, value in layer.values().items():
            if isinstance(value, Own) and value.layer is None:
                return f"the {key} of {quote(layer.name)}, {quote(value)}, is none of Keras's own"
    return ""


@contextmanager
def _without_values(keras: ModuleType) -> Iterator[None]:
    """Let variables have shapes and no values, now or when Keras next initialises what waits."""
    state = keras.src.backend.common.global_state
    waiting = [*(state.get_global_attribute("uninitialized_variables") or ())]
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        state.set_global_attribute("uninitialized_variables", waiting)


# What backends say of an operation for which this machine's processor has no kernel.
_NO_KERNEL = (
    "No OpKernel was registered",
    "only supports the NHWC tensor format",
    "not implemented for '",
)


def lacks_kernel(error: BaseException) -> bool:
    """Whether an error says that this machine can't compute something, others may."""
    said = str(error)
    return type(error).__name__ == "UnimplementedError" or any(text in said for text in _NO_KERNEL)


def brief(error: BaseException) -> str:
    """Return the kind and the beginning of an error of Keras's."""
    return f"{type(error).__name__}: {printable(str(error).strip()[:300])}"


@contextmanager
def _deep_recursion(nodes: int) -> Iterator[None]:
    """Make room for Keras, which walks a network recursively."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 10 * nodes))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def save_keras(graph: Graph, path: str) -> None:
    """Write a `.keras` file with freshly initialised weights, whole or not at all.

    It is written in a folder of its own beside `path`, then renamed. Raises KerasMissing,
    or OSError where the file can't be written.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "not a regular file")
    path = os.path.realpath(path)
    with tempfile.TemporaryDirectory(prefix=".archi-", dir=os.path.dirname(path)) as beside:
        part = os.path.join(beside, "model.keras")
        with running(graph):
            model = to_keras(graph)
            try:
                model.save(part)
            except OSError:
                raise
            except Exception as error:  # of a config that the user's own code writes
                raise ArchiError(f"Keras could not save {graph.title}: {brief(error)}") from None
        os.replace(part, path)


def running(graph: Graph) -> AbstractContextManager[None]:
    """Return a context for what is done with a real model, which may be of the user's code."""
    return graph.live.running() if graph.live else nullcontext()


def forget() -> None:
    """Let go of the models Keras built so far, and of their names."""
    import_keras().backend.clear_session()
