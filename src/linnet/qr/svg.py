"""Codes as SVG files."""

import base64
from collections.abc import Iterator
from xml.sax.saxutils import escape

from linnet.qr.logo import Logo
from linnet.qr.shapes import Modules, Shape, eyes_of, shapes_of
from linnet.qr.style import EyeShape, Frame, ModuleShape, QrStyle, rgba
from linnet.qr.symbol import Symbol, banner_of

# The reader's own fonts, of which some have every script.
_FONTS = "Helvetica, Arial, &quot;DejaVu Sans&quot;, &quot;Noto Sans&quot;, sans-serif"
# Of a letter's height, the width that most are narrower than.
_LETTER = 0.68


def svg_file(symbol: Symbol, style: QrStyle, logo: Logo | None) -> bytes:
    """The code as an SVG file that holds no script, no style sheet and no address."""
    side, height = symbol.side, symbol.side + symbol.band
    width, pixels = side * style.size, height * style.size
    square = style.module_shape is ModuleShape.SQUARE and style.eye_shape is EyeShape.SQUARE
    dark = "".join(_square_runs(symbol.modules)) if square else _shaped(symbol, style)
    crisp = ' shape-rendering="crispEdges"' if square else ""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{pixels}" viewBox="0 0 {side} {height}">',
        f'<path {_fill(style.background_color)} d="M0 0h{side}v{height}H0z"/>',
        f'<path {_fill(style.color)}{crisp} d="{dark}"/>',
    ]
    box = symbol.logo_box
    if logo is not None and box is not None:
        place = f'x="{box.left:.3f}" y="{box.top:.3f}" width="{box.width:.3f}" height="{box.height:.3f}"'
        data = base64.b64encode(logo.png).decode()
        parts.append(f'<image {place} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>')
    if symbol.band:
        parts += _band(symbol, style)
    return "".join([*parts, "</svg>\n"]).encode()


def _fill(color: str) -> str:
    *rgb, alpha = rgba(color, field="color")
    opacity = "" if alpha == 255 else f' fill-opacity="{alpha / 255:.4g}"'
    return f'fill="#{bytes(rgb).hex()}"{opacity}'


def _square_runs(modules: Modules) -> Iterator[str]:
    """Dark modules, each row's neighbours as one rectangle."""
    for y, row in enumerate(modules):
        x = row.find(1)
        while x >= 0:
            end = row.find(0, x)
            end = len(row) if end < 0 else end
            yield f"M{x} {y}h{end - x}v1h{x - end}z"
            x = row.find(1, end)


def _shaped(symbol: Symbol, style: QrStyle) -> str:
    paths = [_path(shape) for shape in shapes_of(symbol.modules, style.module_shape, style.quiet_zone)]
    for ring, hole, middle in eyes_of(symbol.side, style.eye_shape, style.quiet_zone):
        paths += [_path(ring), _path(hole, backwards=True), _path(middle)]
    return "".join(paths)


def _path(shape: Shape, *, backwards: bool = False) -> str:
    """A closed path; ``backwards`` is one that cuts a hole into what is around it."""
    right, bottom = shape.left + shape.width, shape.top + shape.height
    one, two, three, four = shape.radii
    points = [
        (shape.left + one, shape.top, 0.0),
        (right - two, shape.top, 0.0),
        (right, shape.top + two, two),
        (right, bottom - three, 0.0),
        (right - three, bottom, three),
        (shape.left + four, bottom, 0.0),
        (shape.left, bottom - four, four),
        (shape.left, shape.top + one, 0.0),
        (shape.left + one, shape.top, one),
    ]
    sweep = 1
    if backwards:
        radii = [radius for *_, radius in points]
        reverse = list(reversed(points))
        points = [(x, y, 0.0 if number == 0 else radii[-number]) for number, (x, y, _) in enumerate(reverse)]
        sweep = 0
    words, (x, y) = [f"M{points[0][0]:g} {points[0][1]:g}"], points[0][:2]
    for next_x, next_y, radius in points[1:]:
        if radius:
            words.append(f"A{radius:g} {radius:g} 0 0 {sweep} {next_x:g} {next_y:g}")
        elif (next_x, next_y) != (x, y):
            words.append(f"L{next_x:g} {next_y:g}")
        x, y = next_x, next_y
    return "".join([*words, "z"])


def _band(symbol: Symbol, style: QrStyle) -> Iterator[str]:
    box, text, color = banner_of(symbol), style.frame_text.strip(), style.color
    if style.frame is Frame.BANNER:
        radius = box.height * 0.22
        yield f'<path {_fill(style.color)} d="{_path(Shape(box.left, box.top, box.width, box.height, (radius,) * 4))}"/>'
        color = style.background_color if rgba(style.background_color, field="backgroundColor")[3] else "FFFFFF"
    letter = min(box.height * 0.58, box.width * 0.9 / (len(text) * _LETTER))
    place = f'x="{box.left + box.width / 2:g}" y="{box.top + box.height / 2 + letter * 0.35:.3f}"'
    font = f'font-family="{_FONTS}" font-size="{letter:.3f}" text-anchor="middle"'
    yield f"<text {place} {font} {_fill(color)}>{escape(text)}</text>"
