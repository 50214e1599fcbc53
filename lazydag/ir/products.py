"""How a product of matrices is cut: by its shape alone, so that its bits are, too."""

from __future__ import annotations

from typing import Final

#: A tile has a multiple of so many rows, or all: packing the other matrix for each tile
#: then costs little.
ROWS: Final = 128
#: From so many rows on, more of them gain nothing.
MAX_ROWS: Final = 512
#: Sums of so few products leave time for what reads them: that is in the caches then.
SHORT: Final = 512
#: So many tiles are enough, if they have more rows than `ROWS`. With fewer, columns are
#: cut, too,
TILES: Final = 4
#: into about so many.
COLUMNS: Final = 1024
#: A tile has so many multiplications at least: calling BLAS takes as long as 2^11.
MIN_SIZE: Final = 1 << 21
#: Products of a matrix of so many elements with its transpose are computed by halves:
#: more than are ever computed operation by operation, without a look at both operands.
SYMMETRIC_SIZE: Final = 1 << 17
#: Elements of the matrix in a tile of a product with a vector, at least.
VECTOR_SIZE: Final = 1 << 16
#: Rows of a tile at least, if it is read by columns: shorter runs take longer.
VECTOR_RUN: Final = 1 << 11
#: A row times a matrix of so many elements is cut into up to so many sums, each over so
#: many elements: matrices lie by rows mostly, which are then read as a whole.
VECTOR_SPLIT: Final = 1 << 19
VECTOR_PIECES: Final = 4
VECTOR_PIECE: Final = 1 << 10
#: Long sums are cut into pieces of so many elements at least,
MIN_PIECE: Final = 1 << 13
#: into so many at most,
MAX_PIECES: Final = 32
#: where the product has so few elements.
FEW: Final = 1 << 17


def product_tile(m: int, k: int, n: int) -> tuple[int, int]:
    """Return the rows and columns of a tile of a product (m, k) @ (k, n).

    None of `m` and `n` is 1; see `vector_tile`.

    >>> product_tile(4096, 4096, 4096), product_tile(300, 4096, 4096)
    ((512, 4096), (128, 1024))
    """
    most = MAX_ROWS if k > SHORT else MAX_ROWS // 2
    rows = max(min(_up(-(-m // TILES), ROWS), most), _rows_for(n, k))
    if rows * (TILES - 1) < m:
        return rows, n
    columns = _up(-(-n // max(1, round(n / COLUMNS))), 16)
    rows = max(rows, _rows_for(columns, k))
    columns = max(columns, _up(MIN_SIZE // (max(k, 1) * min(m, rows)), COLUMNS))
    return min(rows, m), min(columns, n)


def _rows_for(n: int, k: int) -> int:
    """Return so many rows that a tile of `n` columns is worth a call."""
    return _up(MIN_SIZE // (max(k, 1) * n), ROWS)


def symmetric_tile(m: int) -> int:
    """Return the order of a tile of a product of a matrix with its transpose.

    >>> symmetric_tile(4096), symmetric_tile(64)
    (512, 64)
    """
    return min(m, _up(-(-m // TILES), ROWS), MAX_ROWS)


def vector_tile(m: int, k: int, *, by_columns: bool) -> int:
    """Return the rows of a tile of a product (m, k) @ (k,).

    >>> vector_tile(4096, 64, by_columns=False), vector_tile(4096, 64, by_columns=True)
    (1024, 2048)
    """
    least = VECTOR_RUN if by_columns else ROWS
    return min(m, _up(-(-VECTOR_SIZE // max(k, 1)), least))


def inner_pieces(m: int, k: int, n: int) -> int:
    """Return into how many sums those of a product (m, k) @ (k, n) are cut.

    >>> inner_pieces(64, 200_000, 64), inner_pieces(4096, 4096, 4096)
    (24, 1)
    """
    if m * n > FEW or m == n == 1:
        return 1
    pieces = min(MAX_PIECES, k // MIN_PIECE)
    if m == 1 and k * n >= VECTOR_SPLIT:
        pieces = max(pieces, min(VECTOR_PIECES, k // VECTOR_PIECE))
    return max(1, pieces)


def _up(count: int, unit: int) -> int:
    """Return the least multiple of a unit that is no less; at least one."""
    return max(1, -(-count // unit)) * unit
