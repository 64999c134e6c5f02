"""The one typeface of all drawings: Bitstream Vera Sans, from the reportlab wheel.

Its metrics decide how large boxes are and its outlines are what SVG and PNG show, so
a picture is the same on every machine, one without any font among them.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, NamedTuple

from archi.errors import ArchiError

FILES = {False: "Vera.ttf", True: "VeraBd.ttf"}
MISSING = ".notdef"  # the empty box that stands for what the typeface does not have


class Glyph(NamedTuple):
    """A character's outline as SVG path data, y upwards, in font units."""

    name: str
    advance: int
    path: str


def font_file(bold: bool) -> str:
    """Return the path of the font file. Raises ArchiError where reportlab came without it."""
    import reportlab

    path = os.path.join(os.path.dirname(reportlab.__file__), "fonts", FILES[bold])
    if not os.path.exists(path):
        raise ArchiError(
            f"the typeface of pictures is missing: {path}",
            hint="try pip install --force-reinstall reportlab",
        )
    return path


class Font:
    """One weight of the typeface."""

    def __init__(self, bold: bool) -> None:
        from fontTools.ttLib import TTFont

        self._font: Any = TTFont(font_file(bold), lazy=True)
        self._names: dict[int, str] = self._font.getBestCmap()
        self._metrics: dict[str, tuple[int, int]] = self._font["hmtx"].metrics
        self._glyphs: dict[str, Glyph] = {}
        self.units: int = self._font["head"].unitsPerEm

    def width(self, text: str, size: float) -> float:
        """Return how wide a text is at this size, in the unit of the size."""
        return sum(self._metrics[self._name(char)][0] for char in text) * size / self.units

    def glyph(self, char: str) -> Glyph:
        """Return a character's glyph; the empty box where there is none."""
        if char not in self._glyphs:
            self._glyphs[char] = self._draw(self._name(char))
        return self._glyphs[char]

    def _name(self, char: str) -> str:
        return self._names.get(ord(char), MISSING)

    def _draw(self, name: str) -> Glyph:
        from fontTools.pens.svgPathPen import SVGPathPen

        glyphs = self._font.getGlyphSet()
        pen = SVGPathPen(glyphs, ntos=lambda value: str(round(value)))
        glyphs[name].draw(pen)
        return Glyph(name, self._metrics[name][0], pen.getCommands())


@cache
def font(bold: bool) -> Font:
    """Return the regular or the bold weight."""
    return Font(bold)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide a text is drawn."""
    return font(bold).width(text, size)
