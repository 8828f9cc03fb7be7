"""Modules and corners as rounded rectangles, from which all formats are drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from linnet.qr.style import EyeShape, ModuleShape

EYE: Final = 7
# Of a dot's width: neighbours must not touch, and readers must see the whole of it dark.
_DOT: Final = 0.9
_BAR: Final = 0.84
_ROUND: Final = 0.5
# Of a corner's width.
_EYE_RADII: Final = {EyeShape.SQUARE: 0.0, EyeShape.ROUNDED: 0.28, EyeShape.CIRCLE: 0.5, EyeShape.LEAF: 0.3}

Radii = tuple[float, float, float, float]
Modules = Sequence[bytearray]
"""Rows of modules with the quiet zone, 1 for dark."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle in modules, with the radii of its corners: upper left, upper right, lower right, lower left."""

    left: float
    top: float
    width: float
    height: float
    radii: Radii = (0.0, 0.0, 0.0, 0.0)


def shapes_of(modules: Modules, shape: ModuleShape, quiet_zone: int) -> Iterator[Shape]:
    """The dark modules outside of the corners. None overlaps another, or another's modules."""
    rest = [bytearray(row) for row in modules]
    side = len(rest)
    for left, top in _corners(side, quiet_zone):
        for y in range(top, top + EYE):
            rest[y][left : left + EYE] = bytes(EYE)
    if shape is ModuleShape.DOTS:
        gap = (1 - _DOT) / 2
        dots = (Shape(x + gap, y + gap, _DOT, _DOT, (_DOT / 2,) * 4) for y, row in enumerate(rest) for x in _dark(row))
        yield from dots
    elif shape is ModuleShape.BARS:
        yield from _bars(rest)
    else:
        yield from _runs(rest, rounded=shape is ModuleShape.ROUNDED)


def eyes_of(side: int, shape: EyeShape, quiet_zone: int) -> Iterator[tuple[Shape, Shape, Shape]]:
    """The three corners of a code of ``side`` modules with its quiet zone: ring, hole and middle of each."""
    for number, (left, top) in enumerate(_corners(side, quiet_zone)):
        yield (
            _eye(left, top, EYE, shape, number),
            _eye(left + 1, top + 1, EYE - 2, shape, number),
            _eye(left + 2, top + 2, EYE - 4, shape, number),
        )


def _corners(side: int, quiet_zone: int) -> tuple[tuple[int, int], ...]:
    first, last = quiet_zone, side - quiet_zone - EYE
    return (first, first), (last, first), (first, last)


def _eye(left: float, top: float, width: float, shape: EyeShape, number: int) -> Shape:
    radius = width * _EYE_RADII[shape]
    radii: Radii = (radius, radius, radius, radius)
    if shape is EyeShape.LEAF:
        # The corners towards the middle of the code, and away from it, stay.
        radii = (radius, 0.0, radius, 0.0) if number else (0.0, radius, 0.0, radius)
    return Shape(left, top, width, width, radii)


def _dark(row: bytearray) -> Iterator[int]:
    return (x for x, module in enumerate(row) if module)


def _runs(modules: Modules, *, rounded: bool) -> Iterator[Shape]:
    """Each row's neighbours as one shape; where it is rounded, only at corners on which no other dark module borders."""
    side = len(modules)
    blank = bytearray(side)
    for y, row in enumerate(modules):
        above = modules[y - 1] if y else blank
        below = modules[y + 1] if y + 1 < side else blank
        x = row.find(1)
        while x >= 0:
            end = row.find(0, x)
            end = side if end < 0 else end
            corners = (above, x), (above, end - 1), (below, end - 1), (below, x)
            one, two, three, four = (_ROUND if rounded and not near[at] else 0.0 for near, at in corners)
            yield Shape(x, y, end - x, 1, (one, two, three, four))
            x = row.find(1, end)


def _bars(modules: Modules) -> Iterator[Shape]:
    """Each column's neighbours as one bar."""
    gap = (1 - _BAR) / 2
    columns = [bytearray(row[x] for row in modules) for x in range(len(modules))]
    for x, column in enumerate(columns):
        y = column.find(1)
        while y >= 0:
            end = column.find(0, y)
            end = len(column) if end < 0 else end
            yield Shape(x + gap, y + gap, _BAR, end - y - 2 * gap, (_BAR / 2,) * 4)
            y = column.find(1, end)
