"""How a matrix is cut for reflectors: panels of columns, and strips of rows.

All follows from the shape alone, so that the bits of results do.
"""

from __future__ import annotations

from typing import Final

from lazydag.algorithms.tiling import cut

# How many columns a panel has, up to so many columns in all: wide ones are multiplied
# faster, narrow ones leave less for one worker alone.
_WIDTHS: Final = ((1024, 64), (2048, 128), (8192, 192))
_WIDEST: Final = 256

# Elements of a strip that is not for many panels: half a megabyte of float64.
_STRIP: Final = 1 << 16


def panels(m: int, n: int) -> list[slice]:
    """Return the columns that are factorised at a time."""
    return cut(0, min(m, n), _width(m, n))


def column_tiles(m: int, n: int) -> list[slice]:
    """Return the panels, and tiles of the columns behind the last."""
    return [*panels(m, n), *cut(m, n, max(_width(m, n), _STRIP // max(1, m)))]


def strips(m: int, n: int) -> list[slice]:
    """Return the strips; in the last is what is left over."""
    width = _width(m, n)
    height = max(16, _STRIP // width**2) * width
    starts = range(0, max(1, m // height) * height, height)
    return [slice(at, at + height) for at in starts[:-1]] + [slice(starts[-1], m)]


def _width(m: int, n: int) -> int:
    """Return how many columns a panel has."""
    p = max(1, min(m, n))
    return next((min(w, p) for most, w in _WIDTHS if p <= most), _WIDEST)
