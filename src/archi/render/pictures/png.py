"""PNG, by resvg (resvg-py) from the SVG, whose text is outlines and needs no font."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archi.errors import ArchiError
from archi.render.pictures.svg import svg

if TYPE_CHECKING:
    from archi.drawing.scene import Picture, Scene

MAX_SIDE = 32_767  # pixels; beyond it many programs refuse an image
MAX_PIXELS = 150_000_000  # 600 MB while it is drawn
DPI = (192, 96)  # the finer that is possible; at 96 a pixel is a unit of the drawing


def render(picture: Picture) -> bytes:
    """Return the picture as a PNG file. Raises ArchiError for one that is too large."""
    import resvg_py

    scene = picture.scene
    tried = [picture.dpi] if picture.dpi else DPI
    dpi = next((dpi for dpi in tried if _possible(*_pixels(scene, dpi))), None)
    if dpi is None:
        width, height = _pixels(scene, tried[-1])
        raise ArchiError(
            f"a PNG of {width:,} × {height:,} pixels is too large: at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 10**6} million in all",
            hint="try a coarser --level, a lower --dpi, or .svg, .pdf or .html",
        )
    png = resvg_py.svg_to_bytes(svg_string=svg(scene), zoom=dpi / 96, skip_system_fonts=True)
    return bytes(png)


def _pixels(scene: Scene, dpi: int) -> tuple[int, int]:
    return round(scene.width * dpi / 96), round(scene.height * dpi / 96)


def _possible(width: int, height: int) -> bool:
    return max(width, height) <= MAX_SIDE and width * height <= MAX_PIXELS
