"""What the user's code changes in Keras and in Python, kept and put back.

Code that is called changes Keras's settings and counters and seeds random numbers. None of it
may reach the next target, a second call of the same code, or the caller's own.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from types import ModuleType
from typing import Any

NEED_KERAS = frozenset(("keras", "tensorflow"))  # TensorFlow imports Keras half-way

_names: dict[str, dict[str, int]] = {}  # that Keras had given after a module's import


class KerasWanted(BaseException):
    """Code is about to import Keras. No Exception: that code is not to handle it."""


class _Watch:
    """Raises KerasWanted where Keras is imported; the import system asks it first."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in NEED_KERAS:
            raise KerasWanted


@contextmanager
def until_keras() -> Iterator[None]:
    """Raise KerasWanted where Keras is imported, before it is, or has been already."""
    if "keras" in sys.modules:
        raise KerasWanted
    watch = _Watch()
    sys.meta_path.insert(0, watch)
    try:
        yield
    finally:
        sys.meta_path.remove(watch)


@contextmanager
def importing(module: str) -> Iterator[None]:
    """Let names count from the start while a module is imported, and note how far they got.

    Settings that it makes stay, as the module does; one that fails leaves nothing.
    """
    before = sys.modules.get("keras")
    if before is None:
        yield
    else:
        with kept(before, always=False), fresh_names(before):
            yield
            _note_names(before, module)
    after = sys.modules.get("keras")
    if before is None and after is not None:
        _note_names(after, module)


def _note_names(keras: ModuleType, module: str) -> None:
    _names.setdefault(module, dict(_tracker(keras).get("object_name_uids") or {}))


@contextmanager
def fresh_names(keras: ModuleType, module: str = "") -> Iterator[None]:
    """Let Keras count the names it gives from where they were when `module` was imported.

    That is from the start for a module that makes no layers, and for none.
    """
    before = _tracker(keras).get("object_name_uids")
    _tracker(keras)["object_name_uids"] = defaultdict(int, _names.get(module, {}))
    try:
        yield
    finally:
        _tracker(keras)["object_name_uids"] = before


@contextmanager
def kept(keras: ModuleType, *, always: bool = True) -> Iterator[None]:
    """Put back all that code changes where it fails, and with `always` where it does not.

    Classes that it has registered stay in that case: what it has made may need them.
    """
    before = _State(keras)
    try:
        yield
    except BaseException:
        before.put_back()
        before.unregister()
        raise
    if always:
        before.put_back()


class _State:
    """Keras's settings, counters and registered classes, and where random numbers are."""

    def __init__(self, keras: ModuleType) -> None:
        config = keras.config
        self.keras = keras
        self.tracked = _copied(_tracker(keras))
        self.settings = config.floatx(), config.epsilon(), config.image_data_format()
        self.registered = list(map(dict, _registered(keras)))
        self.numpy = sys.modules["numpy"]  # Keras has imported it
        self.random = random.getstate(), self.numpy.random.get_state()

    def put_back(self) -> None:
        tracker = _tracker(self.keras)
        tracker.clear()
        tracker.update(_copied(self.tracked))
        config = self.keras.config
        floatx, epsilon, data_format = self.settings
        config.set_floatx(floatx)
        config.set_epsilon(epsilon)
        config.set_image_data_format(data_format)
        python, numpy = self.random
        random.setstate(python)
        self.numpy.random.set_state(numpy)

    def unregister(self) -> None:
        for objects, before in zip(_registered(self.keras), self.registered, strict=True):
            objects.clear()
            objects.update(before)


def _tracker(keras: ModuleType) -> dict[str, Any]:
    """Return what Keras tracks in this thread: names, the dtype policy, seeds, scopes."""
    return vars(keras.src.backend.common.global_state.GLOBAL_STATE_TRACKER)


def _copied(tracked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is tracked so that what grows in place does not grow in the copy."""
    return {
        key: copy(value) if isinstance(value, (dict, list)) else value
        for key, value in tracked.items()
    }


def _registered(keras: ModuleType) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return Keras's registered classes by their names, and the names by the classes."""
    names = keras.src.saving.object_registration.GLOBAL_CUSTOM_NAMES
    return keras.saving.get_custom_objects(), names


@contextmanager
def without_values(keras: ModuleType) -> Iterator[None]:
    """Let variables have shapes and no values, but for those that code itself gives a value.

    Of these Keras allows none in such a scope, and every optimizer has some. Code that clears
    Keras's session leaves the scope; the next variable is in it again. To be used in `kept`.
    """
    scope = keras.StatelessScope(initialize_variables=False)
    variable = keras.Variable
    own, original = vars(variable).get("__init__"), variable.__init__

    def enter() -> None:
        _tracker(keras)["stateless_scope"] = scope
        keras.config.disable_traceback_filtering()  # errors show whose they are

    def init(
        self: Any, initializer: Any, shape: Any = None, dtype: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        if "stateless_scope" not in _tracker(keras):
            enter()
        if not callable(initializer) and not isinstance(initializer, str):
            value = keras.ops.convert_to_tensor(initializer, dtype=dtype)
            initializer = _giving(value)
            shape, dtype = tuple(value.shape), dtype or value.dtype
        original(self, initializer, shape, dtype, *args, **kwargs)

    variable.__init__ = init
    try:
        with scope:
            enter()
            yield
    finally:
        if own is None:
            del variable.__init__
        else:
            variable.__init__ = own


def _giving(value: Any) -> Callable[..., Any]:
    """Return an initializer that gives a value, whatever is asked for."""

    def initializer(*args: Any, **kwargs: Any) -> Any:
        return value

    return initializer
