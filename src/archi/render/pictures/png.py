"""PNG, by resvg (resvg-py) from the SVG, whose text is outlines and needs no font."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archi.errors import ArchiError
from archi.render.pictures.svg import svg

if TYPE_CHECKING:
    from archi.drawing.plot import Plot

MAX_SIDE = 32_767  # pixels; beyond it many programs refuse an image
MAX_PIXELS = 150_000_000  # 600 MB while it is drawn


def render(plot: Plot) -> bytes:
    """Return the picture as a PNG file. Raises ArchiError for one that is too large."""
    import resvg_py

    scene = plot.scene
    zoom = plot.dpi / 96
    width, height = round(scene.width * zoom), round(scene.height * zoom)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ArchiError(
            f"a PNG of {width:,} × {height:,} pixels is too large: at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 10**6} million in all",
            hint="try a coarser --level, a lower --dpi, or .svg, .pdf or .html",
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=svg(scene), zoom=zoom, skip_system_fonts=True))
