"""Text → Graph: the one place that decides what a TARGET is.

A path to a file or a model's folder (it has a suffix of one, a folder in it, or is there and
no network's name), a Python object (`package.module:attribute`), or else a spec.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from archi.errors import ArchiError, SpecError, printable, quote
from archi.graph import Graph
from archi.spec import Spec, is_name, parse, with_options
from archi.units import si

if TYPE_CHECKING:
    from archi.readers import Source

MODEL_FILES = (".keras", ".json", ".h5", ".hdf5")


def load(
    target: str, *, options: Mapping[str, object] | None = None, batch: int | None = None
) -> Graph:
    """Return the network that `target` names.

    `options` are spec options (`{"input": (32, 32, 3), "classes": "10"}`), as values or
    as text, applied over those in the target. Of a file or a model of people's own `input` can
    be set, for several inputs as `{"a": (20,), "b": (30,)}`, and `sequence`, every length that
    inputs leave open. `batch` fixes the batch size, which is left open otherwise.

    Raises SpecError (an ArchiError) where the target means nothing, ReadError where a
    file can't be read, LayerError where the network can't be built on that input.
    """
    if not isinstance(target, str):
        raise ArchiError(f"a target is text such as resnet50, not {type(target).__name__}")
    given = _as_texts(options)
    if target.endswith(".py"):
        raise ArchiError(
            f"{quote(target, 80)} is Python code; say what in it is the network",
            hint=f"such as {printable(target)}:build",
        )
    if is_file(target):
        from archi.readers import read_source

        path, own = split_file(target)
        return load_source(read_source(path), options={**own, **given}, batch=batch)
    if is_object(target):
        return _load_object(target, given, batch)
    spec = parse(target)
    if "sequence" not in spec.family.options:
        given.pop("sequence", None)  # all its sizes are known
    return _load_spec(with_options(spec, given), batch)


def _load_spec(spec: Spec, batch: int | None) -> Graph:
    """Build a network that can have been meant.

    Raises SpecError for a monster: each option may have its value, and all of them too much.
    """
    graph = spec.build(batch)
    params = sum(layer.params or 0 for layer in graph.layers)
    if params > spec.family.most:
        raise SpecError(
            f"{spec.title} would have {si(params)} params, more than any network of "
            f"{spec.family.name} is taken to be meant with ({si(spec.family.most)})",
            hint="smaller values of its options or a smaller input would work",
        )
    return graph


def load_source(
    source: Source, *, options: Mapping[str, object] | None = None, batch: int | None = None
) -> Graph:
    """Return the network in a model file of which this was read; options are those of `load`."""
    from archi.readers import read_graph
    from archi.settings import read_settings

    return read_graph(source, read_settings(_as_texts(options), batch, "a file"))


def split_file(target: str) -> tuple[str, dict[str, str]]:
    """Return the path of a file and the options after it: `net.json,sequence=128`.

    Raises ArchiError for an option that is none.
    """
    path, comma, rest = target.partition(",")
    if not comma or os.path.exists(target) or not path.lower().endswith(MODEL_FILES):
        return target, {}
    options: dict[str, str] = {}
    for word in rest.split(","):
        key, equals, value = word.partition("=")
        if not equals or key.strip() not in ("input", "sequence"):
            raise ArchiError(
                f"{quote(word)} can't be set for a file",
                hint="input=32x32x3, input=NAME=20 and sequence=128 can",
            )
        options[key.strip()] = " ".join(filter(None, (options.get(key.strip()), value.strip())))
    return path, options


def is_object(target: str) -> bool:
    """Whether a target is `module:attribute` or `path/to/file.py:attribute`."""
    module, colon, _ = target.partition(",")[0].rpartition(":")
    named = bool(colon) and (module.endswith(".py") or os.sep not in module)
    return named and not os.path.isfile(target)


def is_file(target: str) -> bool:
    """Whether a target is a path to a file, of a model or what may be taken for one."""
    return not is_object(target) and _looks_like_a_file(target)


def _looks_like_a_file(target: str) -> bool:
    if target.lower().endswith(MODEL_FILES) or split_file(target)[0] != target:
        return True
    from archi.containers.foreign import by_name

    if by_name(target) is not None or _is_there(target):
        return True
    return os.sep in target and not is_name(target)


def _is_there(target: str) -> bool:
    """Whether there is a file or a model's folder of this name, which is no network's."""
    from archi.readers import is_model_folder

    if os.sep in target:
        return os.path.exists(target)
    return (os.path.isfile(target) or is_model_folder(target)) and not is_name(target)


def _load_object(target: str, given: Mapping[str, str], batch: int | None) -> Graph:
    from archi.python.traced import load_object

    return load_object(target, given, batch)


def _as_texts(options: Mapping[str, object] | None) -> dict[str, str]:
    return {key: _as_text(value) for key, value in (options or {}).items()}


def _as_text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_as_text(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return "x".join(map(str, value))
    return str(value)
