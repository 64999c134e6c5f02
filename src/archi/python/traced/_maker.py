"""A model as the user's code makes it: at first without values for its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from archi.python.traced._code import CodeError, Place, call, running, wants_values
from archi.python.traced._inputs import Arguments, specs_of
from archi.python.traced._state import fresh_names, kept, without_values


class Maker:
    """The code behind a Python target, and how it is run.

    `function` is what is called to make a model, None where the module has made it.
    """

    def __init__(
        self, keras: ModuleType, place: Place, function: Callable[..., Any] | None = None
    ) -> None:
        self.keras = keras
        self.place = place
        self.function = function
        self._runs = False

    def first(self) -> tuple[Any, Arguments | None]:
        """Return what the code makes, and what that was called on meanwhile, if it was.

        Code that wants values for weights is called once more, with some. Raises ArchiError.
        """
        try:
            with kept(self.keras, always=False), without_values(self.keras):
                return self._noted()
        except CodeError as error:
            if not wants_values(error.error):
                raise
        return self._noted()

    def _noted(self) -> tuple[Any, Arguments | None]:
        with noting_inputs(self.keras) as called:
            made = self.again()
        _, arguments = called.get(id(made), (made, None))
        return made, arguments

    def again(self) -> Any:
        """Return what the code makes. Raises ArchiError."""
        assert self.function is not None
        with fresh_names(self.keras, self.place.module):
            return call(self.function, self.place)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the code run, or what it has made: aside, and all that it changes put back."""
        if self._runs:
            yield
            return
        self._runs = True
        try:
            with running(self.place), kept(self.keras):
                yield
        finally:
            self._runs = False


@contextmanager
def noting_inputs(keras: ModuleType) -> Iterator[dict[int, tuple[Any, Arguments]]]:
    """Note, by the model's id, each model and what it is first called on."""
    layer_class = keras.layers.Layer
    original = layer_class.__call__
    called: dict[int, tuple[Any, Arguments]] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Model) and id(layer) not in called:
            called[id(layer)] = layer, specs_of(keras, args, kwargs)
        return original(layer, *args, **kwargs)

    layer_class.__call__ = call
    try:
        yield called
    finally:
        layer_class.__call__ = original
