"""The equation of EinsumDense: which axes of the input are summed with which of the kernel.

    equation = input "," kernel "->" output
    input    = ["..."] letters | letters "..."

with the ellipsis, if any, on the same side of the output. A letter is an axis; the batch is
the first axis of input and output, or among what the ellipsis stands for.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from archi.graph import Shape
from archi.twin.arguments import Kind
from archi.twin.arguments import Shape as ShapeArgument
from archi.twin.layer import Layer, product

_FORMS = {  # by the side of the ellipsis
    "": "([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)",
    "left": r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)",
    "right": r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.",
}


class Equation(NamedTuple):
    """The letters of the three terms; `ellipsis` is "left", "right" or empty."""

    inputs: str
    kernel: str
    outputs: str
    ellipsis: str

    @classmethod
    def parse(cls, text: str) -> Equation:
        """Raise ValueError for what is no such equation."""
        for ellipsis, form in _FORMS.items():
            match = re.fullmatch(form, text)
            if match and all(len(set(term)) == len(term) for term in match.groups()):
                return cls(match[1], match[2], match[3], ellipsis)
        raise ValueError("an equation, such as 'ab,bc->ac' or '...b,bc->...c'")

    @property
    def summed(self) -> str:
        """The letters of the kernel that the output has not."""
        return "".join(letter for letter in self.kernel if letter not in self.outputs)


class Applied(NamedTuple):
    """An equation applied to an input of shape `x`, which gives one of shape `output`."""

    equation: Equation
    x: Shape
    output: Shape

    @property
    def elided(self) -> int:
        """How many axes the ellipsis stands for."""
        return len(self.x) - len(self.equation.inputs)

    @property
    def first(self) -> int:
        """The axis of the first letter, in input and output."""
        return self.elided if self.equation.ellipsis == "left" else 0

    def axis(self, letter: str) -> int:
        """Return the input's axis of a letter that it has."""
        return self.first + self.equation.inputs.index(letter)

    def given(self, letter: str) -> int | None:
        """Return the size that the output has along the axis of a letter."""
        return self.output[self.first + self.equation.outputs.index(letter)]

    def size(self, letter: str) -> int | None:
        """Return the size along the axis of a letter, None where neither side knows it."""
        size = self.given(letter) if letter in self.equation.outputs else None
        if size is None and letter in self.equation.inputs:
            size = self.x[self.axis(letter)]
        return size

    def macs(self, **instead: int) -> int | None:
        """Return the products that are summed, of one sample; some letters of other sizes."""
        return self._number("".join(self.equation[:3]), instead)

    def elements(self) -> int | None:
        """Return how many elements the output of one sample has."""
        return self._number(self.equation.outputs, {})

    def _number(self, letters: str, instead: dict[str, int]) -> int | None:
        """Return the product of the sizes of letters and of what is elided, without the batch."""
        each = dict.fromkeys(letters)
        if self.first:
            elided = self.x[1 : self.first]
        else:
            elided = self.x[len(self.equation.inputs) :]
            del each[self.equation.inputs[0]]
        return product(*elided, *(instead.get(letter, self.size(letter)) for letter in each))

    def bias(self, letters: str) -> Shape:
        """Return the shape of a bias along the axes of some letters of the output."""
        outputs = self.equation.outputs
        begin = min(map(outputs.index, letters))
        after = 0 if self.equation.ellipsis == "left" else self.elided
        sizes = [self.given(each) if each in letters else 1 for each in outputs[begin:]]
        return (*sizes, *(1,) * after)

    def stays(self, axis: int) -> bool:
        """Whether an axis of the input is one of the output too, and the kernel has it not."""
        equation, place = self.equation, axis - self.first
        if not 0 <= place < len(equation.inputs):
            return equation.ellipsis == "left" or len(equation.inputs) == len(equation.outputs)
        letter = equation.inputs[place]
        return letter not in equation.kernel and equation.outputs.find(letter) == place


def apply(equation: Equation, given: Shape, x: Shape) -> Applied:
    """Apply an equation to an input of shape `x`, where `given` are sizes of the output.

    Of all its axes but the batch and those the ellipsis stands for. Raises ValueError with
    what was wanted.
    """
    letters, elided = len(equation.inputs), len(x) - len(equation.inputs)
    if elided < 0 or (elided and not equation.ellipsis):
        least = " at least" if equation.ellipsis else ""
        raise ValueError(f"wants an input of{least} {letters} dimensions, batch first")
    among_elided = equation.ellipsis == "left" and elided > 0
    if not among_elided and equation.inputs[0] != equation.outputs[0]:
        raise ValueError("wants an equation whose output begins with the batch")
    if len(given) != len(equation.outputs) - (not among_elided):
        raise ValueError("wants an output_shape without the batch and what is elided")
    if equation.ellipsis == "left":  # Keras says those in between the other way round
        output = (x[0], *reversed(x[1:elided]), *given)
    else:
        output = (x[0], *given, *x[letters:])
    applied = Applied(equation, x, output)
    for letter in equation.inputs:
        if letter in equation.outputs and applied.given(letter) not in (
            None,
            x[applied.axis(letter)],
        ):
            raise ValueError(f"wants an input whose axis {letter!r} is {applied.given(letter)}")
    return applied


class EquationText(Kind):
    """An equation, as it was written."""

    def parse(self, value: Any, layer: type[Layer]) -> str:
        if not isinstance(value, str):
            raise ValueError("an equation, such as 'ab,bc->ac'")
        Equation.parse(value)
        return value


class Letters(Kind):
    """Some letters, or None."""

    def parse(self, value: Any, layer: type[Layer]) -> str | None:
        if value is not None and not (
            isinstance(value, str) and value.isascii() and value.isalpha()
        ):
            raise ValueError("the letters of axes, or None")
        return value


class OutputShape(ShapeArgument):
    """A shape, or the one size there is."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int | None, ...] | None:
        return super().parse((value,) if type(value) is int else value, layer)
