"""SVG. Text is drawn as outlines, so it shows on machines without any font; the same
text, transparent, lies over it to be found, selected and read aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from archi.pictures.drawing.fonts import Glyph, font
from archi.pictures.drawing.scene import Group, Line, Picture, Rect, Scene, Text, arrow_head

FAMILY = "Bitstream Vera Sans, DejaVu Sans, Verdana, sans-serif"


def render(picture: Picture) -> bytes:
    """Return the picture as an SVG file."""
    return svg(picture.scene).encode()


def svg(scene: Scene) -> str:
    """Return a scene as an SVG document."""
    outlines = Outlines()
    body = "\n".join(elements(scene.items, outlines.draw))
    size = f'width="{number(scene.width)}" height="{number(scene.height)}"'
    box = f'viewBox="0 0 {number(scene.width)} {number(scene.height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="{FAMILY}">\n'
        f"<title>{xml(scene.title)}</title>\n"
        f"<defs>\n{outlines.definitions()}</defs>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def elements(
    items: list[Rect | Text | Line | Group] | list[Rect | Text], draw_text: Callable[[Text], str]
) -> Iterator[str]:
    """Yield the SVG elements of a scene's items, their text drawn by `draw_text`."""
    for item in items:
        if isinstance(item, Rect):
            yield rect(item)
        elif isinstance(item, Text):
            yield draw_text(item)
        elif isinstance(item, Line):
            yield line(item)
        else:
            panel, index = item.place
            yield f'<g class="box" data-box="{panel}.{index}"><title>{xml(item.tooltip)}</title>'
            yield from elements(item.items, draw_text)
            yield "</g>"


def rect(item: Rect) -> str:
    """Return a rectangle."""
    stroke = f' stroke="{item.stroke}"' if item.stroke else ""
    radius = f' rx="{number(item.radius)}"' if item.radius else ""
    return (
        f'<rect x="{number(item.x)}" y="{number(item.y)}" width="{number(item.width)}" '
        f'height="{number(item.height)}"{radius} fill="{item.fill}"{stroke}/>'
    )


def line(item: Line) -> str:
    """Return a line, with its arrow head where it has one."""
    path = f'<path d="{path_data(item.points)}" fill="none" stroke="{item.color}"/>'
    if not item.arrow:
        return path
    return f'{path}<path d="{path_data(arrow_head(item.points))}Z" fill="{item.color}"/>'


def path_data(points: list[tuple[float, float]]) -> str:
    """Return points as the commands of a path."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


class Outlines:
    """Draws text by its outlines and gathers the glyphs that it used."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def draw(self, text: Text) -> str:
        """Return the outlines of a text and, transparent, the text."""
        face = font(text.bold)
        scale = number(text.size / face.units, 6)
        uses = []
        x = 0
        for char in text.text:
            glyph = face.glyph(char)
            if glyph.path:
                uses.append(f'<use href="#{self._key(text.bold, glyph)}" x="{x}"/>')
            x += glyph.advance
        place = f"translate({number(text.x)} {number(text.y)}) scale({scale} -{scale})"
        drawn = f'<g transform="{place}" fill="{text.color}">{"".join(uses)}</g>'
        return drawn + live_text(text, ' fill-opacity="0"')

    def _key(self, bold: bool, glyph: Glyph) -> str:
        """Return an id that stands for the same outline in every picture on a page."""
        key = f"{'b' if bold else 'r'}-{glyph.name}"
        self.paths[key] = glyph.path
        return key

    def definitions(self) -> str:
        """Return the glyphs used so far."""
        return "".join(f'<path id="{key}" d="{path}"/>\n' for key, path in self.paths.items())


def live_text(text: Text, attributes: str = "") -> str:
    """Return a text as text, held to the width it was measured at whatever the font."""
    weight = ' font-weight="bold"' if text.bold else ""
    return (
        f'<text x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}"{weight} '
        f'textLength="{number(text.width)}" lengthAdjust="spacingAndGlyphs" '
        f'fill="{text.color}"{attributes}>{xml(text.text)}</text>'
    )


def xml(text: str) -> str:
    """Return a text for XML, without the control characters XML can't hold."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def number(value: float, digits: int = 2) -> str:
    """Return a coordinate with at most `digits` decimals."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
    return "0" if text == "-0" else text
