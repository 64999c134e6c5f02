"""The user's own code: imported, looked up and called, its errors as one message.

What it may raise is up to it, `SystemExit` included; what archi says names the target, the
error, and the file and line of the user's own that it comes from.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module, invalidate_caches
from importlib.util import module_from_spec, spec_from_file_location
from traceback import walk_tb
from types import ModuleType
from typing import Any

from archi.bridge.model import how_to_get_keras, native_silence
from archi.errors import ArchiError, one_of, printable, quote
from archi.python.traced._state import KerasWanted

CONSTANTS = {"true": True, "false": False, "none": None}
SHOWN = 80  # characters of a target in a message
LONGEST = 300  # characters of an error of the user's code
CODE = ".py"
GENERATED = "__autograph_generated_file"  # which TensorFlow makes of code, and runs
KERASS = "\x1b[1m"  # where the error begins that Keras has wrapped
UNINFERRED = "Error encountered:"  # what it says before that of a layer that it can't call


class Place:
    """A Python target's text in parts: `module:attribute` and `key=value` arguments.

    Raises ArchiError for an argument that is no key=value, or is given twice.
    """

    def __init__(self, target: str) -> None:
        name, *options = _split(target)
        self.target = target
        self.module, _, self.attribute = (part.strip() for part in name.rpartition(":"))
        self.arguments: dict[str, Any] = {}
        for option in options:
            key, value = _argument(option)
            if key in self.arguments:
                raise ArchiError(f"{key} is given twice in {quote(target, SHOWN)}")
            self.arguments[key] = value

    @property
    def is_file(self) -> bool:
        """Whether the module is given by the path to its file."""
        return self.module.endswith(CODE)

    @property
    def name(self) -> str:
        """What is called: `mypkg.models:build`."""
        return f"{self.module}:{self.attribute}"

    @property
    def title(self) -> str:
        """What the network is called: `build,width=2`."""
        return self.target[self.target.index(":", len(self.module)) + 1 :].strip()


def _split(text: str) -> list[str]:
    """Split at the commas outside of quotes."""
    parts, start, quoted = [], 0, ""
    for at, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        elif character == ",":
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _argument(option: str) -> tuple[str, Any]:
    name, equals, text = option.partition("=")
    key = name.strip().replace("-", "_")
    if not equals or not key.isidentifier():
        raise ArchiError(f"an argument is written key=value, not {quote(option.strip())}")
    return key, value_of(text.strip())


def value_of(text: str) -> Any:
    """Return an argument's value: a number, true, false, none, sizes such as 32x32x3, text.

    What is in quotes is text, whatever it looks like.
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text.lower() in CONSTANTS:
        return CONSTANTS[text.lower()]
    sizes = text.split("x")
    if len(sizes) > 1 and all(size.isascii() and size.isdigit() for size in sizes):
        return tuple(map(int, sizes))
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


@contextmanager
def output_aside(stderr: Any) -> Iterator[None]:
    """Send to standard error what code prints, through Python or not: stdout is the result's."""
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output to keep clean
        with redirect_stdout(stderr):
            yield
        return
    try:
        os.dup2(stderr.fileno(), 1)
        with redirect_stdout(stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def running(place: Place) -> Iterator[None]:
    """Let a target's code run: it imports from the folder of its module, and prints aside."""
    folder = os.path.dirname(os.path.realpath(place.module)) if place.is_file else os.getcwd()
    with native_silence() as stderr, output_aside(stderr), _importable(folder):
        yield


@contextmanager
def _importable(folder: str) -> Iterator[None]:
    """Let modules of a folder be imported, before any others."""
    sys.path.insert(0, folder)
    invalidate_caches()
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


class CodeError(ArchiError):
    """What the user's code raises when it runs; `error` is that itself."""

    def __init__(self, place: Place, error: BaseException) -> None:
        said = f"{quote(place.target, SHOWN)} raises {described(error)}"
        super().__init__(said, hint=how_to_get_keras(error))
        self.error = error


def find(place: Place) -> Any:
    """Import a target's module and return what it names. Raises ArchiError."""
    found: Any = _import(place)
    for part in place.attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            names = [each for each in dir(found) if _may_be_meant(found, each)]
            raise ArchiError(
                f"{quote(place.module, SHOWN)} has no {quote(part)}",
                hint=_did_you_mean(part, names, "a target is module:attribute"),
            ) from None
        except Exception as error:  # of a property, or a module's own `__getattr__`
            raise CodeError(place, error) from None
    return found


def _may_be_meant(owner: Any, name: str) -> bool:
    """Whether an attribute may be a network: it is not private, and no module."""
    return not name.startswith("_") and not inspect.ismodule(inspect.getattr_static(owner, name, 0))


def _import(place: Place) -> ModuleType:
    """Import a module by its name or by a path to its file."""
    name = place.module
    if place.is_file:
        if not os.path.isfile(name):
            raise ArchiError(f"there is no file {quote(name, SHOWN)}")
    elif not all(part.isidentifier() for part in name.split(".")):
        raise ArchiError(
            f"{quote(name, SHOWN)} is no name of a module",
            hint="a target is module:attribute, such as mypkg.models:build or ./net.py:build",
        )
    try:
        return _import_file(name) if place.is_file else import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the user's code may raise anything, SystemExit too
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and (name == missing or name.startswith(f"{missing}.")):
            raise ArchiError(
                f"there is no module {quote(missing, SHOWN)}",
                hint=_did_you_mean(
                    missing.rpartition(".")[2],
                    _modules_beside(missing),
                    f"looked in {printable(os.getcwd())}, then where Python looks",
                ),
            ) from None
        said = f"can't import {quote(name, SHOWN)}: {described(error)}"
        raise ArchiError(said, hint=how_to_get_keras(error)) from None


def _import_file(path: str) -> ModuleType:
    """Run a file as a module of its own."""
    path = os.path.realpath(path)
    name = os.path.basename(path).removesuffix(CODE)
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    replaced = sys.modules.get(name)
    sys.modules[name] = module  # as `import` does: dataclasses and pickles look there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        if replaced is not None:
            sys.modules[name] = replaced
    return module


def _modules_beside(name: str) -> list[str]:
    """Return the modules in the folder where a module was looked for."""
    folder = os.path.join(os.getcwd(), *name.split(".")[:-1])
    files = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(file.removesuffix(CODE) for file in files if file.endswith(CODE))


def _did_you_mean(word: str, words: list[str], otherwise: str = "") -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, words)
    return f"did you mean {one_of(near)}?" if near else otherwise


def call(function: Callable[..., Any], place: Place) -> Any:
    """Call what a target names. Raises ArchiError for wrong arguments, CodeError for the rest."""
    check_arguments(function, place)
    try:
        made = function(**place.arguments)
    except (KeyboardInterrupt, KerasWanted):
        raise
    except BaseException as error:
        raise CodeError(place, error) from None
    if inspect.iscoroutine(made):
        made.close()  # Python warns of one that was never awaited
    return made


def wants_values(error: BaseException) -> bool:
    """Whether an error comes of variables that have no values.

    Keras says so of some. In others it, or its backend, asks a placeholder, or None, for what
    a variable has.
    """
    if "stateless scope" in str(error):
        return True
    return isinstance(error, (AttributeError, TypeError)) and not _is_users(_steps(error)[-1][0])


def check_arguments(function: Callable[..., Any], place: Place) -> None:
    """Raise ArchiError where a function can't be called with a target's arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of something compiled
        return
    name = printable(place.attribute)
    named = {
        key: parameter
        for key, parameter in signature.parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    takes = f"it takes {', '.join(named)}" if named else "it takes no arguments"
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    for key in place.arguments:
        if key not in named and inspect.Parameter.VAR_KEYWORD not in kinds:
            near = _did_you_mean(key, list(named))
            hint = f"{near} {takes}".strip()
            raise ArchiError(f"{name} has no argument {quote(key)}", hint=hint)
    for key, parameter in signature.parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        )
        if needed and key not in place.arguments:
            hint = f"give it as {printable(place.name)},{key}=VALUE" if key in named else ""
            raise ArchiError(f"{name} needs {key}", hint=hint)


def described(error: BaseException, sentences: int | None = None) -> str:
    """Return an error's class, text, and the line of the user's code that it comes from.

    `sentences` says how many of the text are enough.
    """
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{_shown_path(error.filename)}:{error.lineno}"
        return f"{type(error).__name__}: {printable(error.msg)}, at {where}"
    text = str(error)
    if KERASS in text:  # Keras puts much around the error of a layer's code, layer by layer
        text = text.rpartition(KERASS)[2].partition("\x1b")[0]
    text = text.rpartition(UNINFERRED)[2]
    text = ". ".join(" ".join(text.split()).split(". ")[:sentences])
    text = printable(text)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    where = _line_of(error)
    return (f"{type(error).__name__}: {text}" if text else type(error).__name__) + (
        f", at {where}" if where else ""
    )


def _line_of(error: BaseException) -> str:
    """Return the innermost line of the user's own code on the way to an error."""
    places = [f"{_shown_path(file)}:{line}" for file, line in _steps(error) if _is_users(file)]
    return places[-1] if places else ""


def _steps(error: BaseException) -> list[tuple[str, int]]:
    """Return the files and lines on the way to an error, that which raises it last."""
    trace = walk_tb(error.__traceback__)
    return [(frame.f_code.co_filename, line) for frame, line in trace]


def line_of(function: Any) -> str:
    """Return where a function of Python is."""
    code = function.__code__
    return f"{_shown_path(code.co_filename)}:{code.co_firstlineno}"


def _is_users(file: str) -> bool:
    """Whether code is neither archi's, nor Python's, nor of an installed package."""
    return file.endswith(CODE) and not (
        f"-packages{os.sep}" in file or GENERATED in file or file.startswith((_ARCHI, _PYTHON))
    )


def _shown_path(file: str) -> str:
    near = os.path.relpath(file) if os.path.isabs(file) else file
    return printable(file if near.startswith("..") else near)


_ARCHI = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_PYTHON = os.path.dirname(os.path.abspath(inspect.__file__)) + os.sep
