"""PNG, by resvg (resvg-py) from the SVG, whose text is outlines and needs no font."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from archi.errors import ArchiError
from archi.pictures.formats.svg import svg

if TYPE_CHECKING:
    from archi.pictures.drawing.scene import Picture, Scene

MAX_SIDE = 32_767  # pixels; beyond it many programs refuse an image
MAX_PIXELS = 150_000_000  # 600 MB while it is drawn
FINE, COARSE = 192, 96  # dpi; at 96 a pixel is a unit of the drawing
FINE_PIXELS = 40_000_000  # what is drawn finely unless asked for; a few seconds' work
METRE = 0.0254  # inches to metres


def render(picture: Picture) -> bytes:
    """Return the picture as a PNG file. Raises ArchiError for one that is too large."""
    import resvg_py

    scene = picture.scene
    dpi = picture.dpi or (FINE if _fits(*_pixels(scene, FINE), FINE_PIXELS) else COARSE)
    width, height = _pixels(scene, dpi)
    if not _fits(width, height, MAX_PIXELS):
        raise ArchiError(
            f"a PNG of {width:,} × {height:,} pixels is too large: at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 10**6} million in all",
            hint="try a coarser --level, a lower --dpi, or .svg, .pdf or .html",
        )
    png = resvg_py.svg_to_bytes(svg_string=svg(scene), zoom=dpi / 96, skip_system_fonts=True)
    return with_resolution(bytes(png), dpi)


def _pixels(scene: Scene, dpi: int) -> tuple[int, int]:
    return round(scene.width * dpi / 96), round(scene.height * dpi / 96)


def _fits(width: int, height: int, pixels: int) -> bool:
    return max(width, height) <= MAX_SIDE and width * height <= pixels


def with_resolution(png: bytes, dpi: int) -> bytes:
    """Return a PNG that says how large it is on paper: with a pHYs chunk after its header.

    Source: PNG specification (ISO/IEC 15948), 11.3.5.3.
    """
    per_metre = round(dpi / METRE)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    header = len(b"\x89PNG\r\n\x1a\n") + 25  # IHDR: length, name, 13 bytes, checksum
    return png[:header] + chunk + png[header:]
