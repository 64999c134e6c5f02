"""What a live model is called on: from itself, from how it was built or called, or as set."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from archi.errors import ArchiError, quote
from archi.graph import Shape, is_list
from archi.settings import Settings

HINT = "give it with --input, such as --input 32x32x3"


class Spec(NamedTuple):
    """One input: its shape, batch first, and its name and dtype where they are known."""

    shape: Shape
    dtype: str | None = None
    name: str | None = None


class Arguments(NamedTuple):
    """What a model is called with; lists, tuples and dicts of specs, or of symbolic tensors."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def map(self, function: Callable[[Any], Any]) -> Arguments:
        """Return the same with a function of every spec or tensor in place of it."""
        return Arguments(_map(function, self.args), _map(function, self.kwargs))

    def leaves(self) -> list[Any]:
        """Return the specs or tensors."""
        found: list[Any] = []
        self.map(found.append)
        return found

    @property
    def ends(self) -> Any:
        """The tensors as a graph has its inputs: one, or lists and dicts of them."""
        if self.kwargs or len(self.args) != 1:
            return [*self.args, self.kwargs] if self.args else self.kwargs
        return self.args[0]

    def split(self, ends: Any) -> Arguments:
        """Return what to call with, in the structure that `ends` gives it."""
        if not self.kwargs and len(self.args) == 1:
            return Arguments((ends,), {})
        if not self.args:
            return Arguments((), ends)
        *args, kwargs = ends
        return Arguments(tuple(args), kwargs)

    def of_batch(self, size: int) -> Arguments:
        """Return the specs for a batch of this size."""
        return self.map(lambda spec: spec._replace(shape=(size, *spec.shape[1:])))

    def symbols(self, keras: ModuleType, batch: int | None) -> Arguments:
        """Return symbolic tensors; `batch` in place of a batch size that is open."""

        def symbol(spec: Spec) -> Any:
            first = batch if spec.shape[:1] == (None,) else spec.shape[0]
            return keras.Input(
                batch_shape=(first, *spec.shape[1:]), dtype=spec.dtype, name=spec.name
            )

        return self.map(symbol)


def arguments_of(
    keras: ModuleType, model: Any, settings: Settings, called: Arguments | None
) -> Arguments:
    """Return what a model is called with.

    `called` is what it was called on while it was made. Raises ArchiError where nothing
    says what the input is, or there are several and `--input` is set.
    """
    found = _declared(model) or (called and called.map(_for_any_batch)) or _built(model)
    if settings.input is not None:
        found = _set(found or Arguments((Spec((None,)),), {}), settings.input, model)
    if found is None:
        raise ArchiError(
            f"the model {quote(model.name)} was never built: its input is unknown", hint=HINT
        )
    if settings.inputs or settings.sequence:
        settings.check_names([spec.name or "" for spec in found.leaves()])
        found = found.map(
            lambda spec: spec._replace(shape=settings.applied(spec.shape, spec.name or ""))
        )
    return found if settings.batch is None else found.of_batch(settings.batch)


def specs_of(keras: ModuleType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """Return what a model is called with, but for what is no tensor.

    The size of a batch of numbers is by the way, and left open; that of symbolic tensors is not.
    """

    def is_tensors(value: Any) -> bool:
        leaves = keras.tree.flatten(value)
        return bool(leaves) and all(hasattr(x, "shape") and hasattr(x, "dtype") for x in leaves)

    def spec(value: Any) -> Spec:
        shape = tuple(value.shape)
        if shape[:1] == (batch,) and not isinstance(value, keras.KerasTensor):
            shape = (None, *shape[1:])
        dtype = keras.backend.standardize_dtype(value.dtype)
        # A model takes numbers of any precision as what it computes in.
        return Spec(shape, None if "float" in dtype else dtype)

    named = {key: value for key, value in kwargs.items() if is_tensors(value)}
    found = Arguments(tuple(filter(is_tensors, args)), named)
    batch = next((each.shape[0] for each in found.leaves() if len(each.shape)), None)
    return found.map(spec)


def _declared(model: Any) -> Arguments | None:
    """Return the inputs of a functional model, or of a Sequential one that has some."""
    inner = getattr(model, "_functional", None) or model
    structure = getattr(inner, "_inputs_struct", None)
    if structure is None:
        return None

    def spec(tensor: Any) -> Spec:
        return Spec(tuple(tensor.shape), tensor.dtype, tensor._keras_history.operation.name)

    return Arguments((_map(spec, structure),), {})


def _built(model: Any) -> Arguments | None:
    """Return the inputs that a model was built for."""
    noted = getattr(model, "_build_shapes_dict", None)
    if not noted or not all(map(_is_shapes, noted.values())):
        return None
    if len(noted) == 1:
        (shapes,) = noted.values()
        return Arguments((_specs(shapes, None),), {}).map(_for_any_batch)
    names = {key: key.removesuffix("_shape") for key in noted}  # as Keras asks of `build`
    named = {name: _specs(noted[key], name) for key, name in names.items()}
    return Arguments((), named).map(_for_any_batch)


def _is_shape(value: Any) -> bool:
    return (
        is_list(value) and bool(value) and all(size is None or type(size) is int for size in value)
    )


def _is_shapes(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_shapes, value.values()))
    return _is_shape(value) or (is_list(value) and bool(value) and all(map(_is_shapes, value)))


def _specs(shapes: Any, name: str | None) -> Any:
    if _is_shape(shapes):
        return Spec(tuple(shapes), name=name)
    if isinstance(shapes, dict):
        return {key: _specs(each, str(key)) for key, each in shapes.items()}
    return [_specs(each, None) for each in shapes]


def _for_any_batch(spec: Spec) -> Spec:
    """Leave the batch size open where it was one sample that a model was tried on."""
    return spec._replace(shape=(None, *spec.shape[1:])) if spec.shape[:1] == (1,) else spec


def _set(found: Arguments, sizes: tuple[int, ...], model: Any) -> Arguments:
    count = len(found.leaves())
    if count != 1:
        raise ArchiError(
            f"the model {quote(model.name)} has {count} inputs; --input is for models with one"
        )
    return found.map(lambda spec: spec._replace(shape=(spec.shape[0], *sizes)))


def _map(function: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _map(function, item) for key, item in value.items()}
    if is_list(value) and not isinstance(value, Spec):
        items = [_map(function, item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return function(value)
