"""PDF, by reportlab: vectors, and text in the typeface the file carries with it."""

from __future__ import annotations

import io
from typing import Any

from archi.errors import printable
from archi.pictures.drawing.fonts import font_file
from archi.pictures.drawing.scene import Group, Line, Picture, Rect, Scene, Text, arrow_head

POINTS = 72 / 96  # of a pixel
MAX_SIDE = 14_400  # points; readers refuse larger pages
FACES = {False: "Vera", True: "VeraBd"}


def render(picture: Picture) -> bytes:
    """Return the picture as a PDF file of one page; a picture beyond 5 m is scaled down."""
    return pdf(picture.scene)


def pdf(scene: Scene) -> bytes:
    """Return a scene as a PDF document."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for bold, name in FACES.items():
        registerFont(TTFont(name, font_file(bold)))
    scale = min(POINTS, MAX_SIDE / max(scene.width, scene.height))
    file = io.BytesIO()
    # Invariant: no date and no random id, the same picture gives the same bytes.
    canvas = Canvas(
        file, pagesize=(scene.width * scale, scene.height * scale), invariant=1, pageCompression=1
    )
    canvas.setTitle(printable(scene.title))
    canvas.setCreator("archi")
    canvas.scale(scale, scale)
    draw(canvas, scene.items, scene.height)
    canvas.save()
    return file.getvalue()


def draw(
    canvas: Any, items: list[Rect | Text | Line | Group] | list[Rect | Text], top: float
) -> None:
    """Draw items; PDF's y goes upwards from the lower edge."""
    for item in items:
        if isinstance(item, Rect):
            rect(canvas, item, top)
        elif isinstance(item, Text):
            canvas.setFillColor(item.color)
            canvas.setFont(FACES[item.bold], item.size)
            canvas.drawString(item.x, top - item.y, item.text)
        elif isinstance(item, Line):
            line(canvas, item, top)
        else:
            draw(canvas, item.items, top)


def rect(canvas: Any, item: Rect, top: float) -> None:
    """Draw a rectangle."""
    canvas.setFillColor(item.fill)
    if item.stroke:
        canvas.setStrokeColor(item.stroke)
    y = top - item.y - item.height
    how = {"fill": 1, "stroke": int(bool(item.stroke))}
    canvas.roundRect(item.x, y, item.width, item.height, item.radius, **how)


def line(canvas: Any, item: Line, top: float) -> None:
    """Draw a line and its arrow head."""
    canvas.setStrokeColor(item.color)
    canvas.drawPath(path(canvas, item.points, top))
    if item.arrow:
        canvas.setFillColor(item.color)
        canvas.drawPath(path(canvas, arrow_head(item.points), top), fill=1, stroke=0)


def path(canvas: Any, points: list[tuple[float, float]], top: float) -> Any:
    """Return a reportlab path through points."""
    result = canvas.beginPath()
    for index, (x, y) in enumerate(points):
        (result.lineTo if index else result.moveTo)(x, top - y)
    return result
