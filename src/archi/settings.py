"""What a caller sets in place of what a file or a model says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archi.errors import ArchiError, one_of, quote
from archi.graph import UNKNOWN, Shape

LARGEST = 1 << 31  # of one size of an input


class Settings(NamedTuple):
    """What a caller sets in place of what a file or a model says of itself.

    `input` are the sizes of one sample, for a model with one input; `inputs` those of inputs
    by their names. `sequence` is every length that inputs leave open on their first axis.
    """

    input: tuple[int, ...] | None = None
    batch: int | None = None
    inputs: Mapping[str, tuple[int, ...]] = {}
    sequence: int | None = None

    @property
    def resizes(self) -> bool:
        """Whether any size of a sample is set."""
        return self.input is not None or bool(self.inputs) or self.sequence is not None

    def sizes_of(self, name: str) -> tuple[int, ...] | None:
        """Return the sizes that are set for the input of this name, None for none."""
        return self.inputs.get(name, self.input)

    def applied(self, shape: Shape, name: str) -> Shape:
        """Return the shape that the input of this name has, batch first, where it had `shape`.

        Raises ArchiError for sizes of another number than it has.
        """
        set_to = self.sizes_of(name)
        if set_to is not None:
            if shape is not UNKNOWN and shape and len(set_to) != len(shape) - 1 and self.inputs:
                wanted = "x".join("N" if size is None else str(size) for size in shape[1:])
                raise ArchiError(f"the input {quote(name)} has sizes such as {wanted}")
            shape = (*(shape[:1] or (None,)), *set_to)
        if self.sequence is not None and has_open_length(shape):
            shape = (shape[0], self.sequence, *shape[2:])
        if self.batch is not None and shape:
            shape = (self.batch, *shape[1:])
        return shape

    def check_names(self, names: Sequence[str]) -> None:
        """Raise ArchiError where sizes are set for inputs that are none of these."""
        for name in self.inputs:
            if name not in names:
                raise ArchiError(
                    f"there is no input {quote(name)}", hint=f"inputs are {one_of(list(names))}"
                )
        if self.input is not None and len(names) > 1:
            raise ArchiError(
                f"the model has {len(names)} inputs, and one size is set",
                hint=f"say of which it is, such as --input {names[0]}=20",
            )


def has_open_length(shape: Shape) -> bool:
    """Whether an input is a sequence, or several, whose length is open."""
    return len(shape) > 1 and shape[1] is None and None not in shape[2:3]


def read_settings(given: Mapping[str, str], batch: int | None, what: str) -> Settings:
    """Return options given as text: `input`, one size or `name=size` of several, and `sequence`.

    Raises ArchiError for any other, as `what` says the rest.
    """
    for key in given:
        if key not in ("input", "sequence"):
            raise ArchiError(f"{key} can't be set for {what}: it is what that says")
    one, several = _inputs(given.get("input", ""))
    return Settings(one, batch, several, _sequence(given.get("sequence")))


def _inputs(text: str) -> tuple[tuple[int, ...] | None, dict[str, tuple[int, ...]]]:
    several: dict[str, tuple[int, ...]] = {}
    one = None
    for part in text.split():
        name, equals, words = part.rpartition("=")
        if equals:
            several[name] = _sizes(words)
        elif one is not None:
            raise ArchiError("two sizes are set for one input")
        else:
            one = _sizes(words)
    return one, several


def _sequence(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 11 and 0 < int(text) < LARGEST):
        raise ArchiError(f"a sequence is a number of steps such as 128, not {quote(text)}")
    return int(text)


def _sizes(text: str) -> tuple[int, ...]:
    words = text.lower().replace("×", "x").split("x")
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) < 11 and 0 < int(word) < LARGEST):
            raise ArchiError(f"an input is sizes such as 32x32x3, not {quote(text)}")
    return tuple(map(int, words))
