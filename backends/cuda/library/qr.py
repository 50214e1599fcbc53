"""Routines on tiles: QR factorisations, by panels and by tiles."""

from __future__ import annotations

from lazydag.backends.cuda.library import reflectors
from lazydag.backends.cuda.library.blas import Array, Blas
from lazydag.backends.cuda.library.given import Given


def geqrf(o: Given) -> None:
    """Overwrite a matrix by r and reflectors."""
    o.blas.geqrf(o.matrix("a", o["m"], o["n"]), o.array("tau"))


def gelqf(o: Given) -> None:
    """By rows: the transpose's QR factors are computed in a copy."""
    a = o.matrix("a", o["m"], o["n"])
    turned = a.copy("C").T
    o.blas.geqrf(turned, o.array("tau"))
    a[...] = turned.T


def _vectors(o: Given, m: int, k: int) -> Array:
    """Return reflectors that a panel left, as columns."""
    by_rows = o["storev"] == "R"
    v = o.matrix("v", *((k, m) if by_rows else (m, k)))
    return reflectors.unit_lower(o.blas, v.T if by_rows else v)


def larft(o: Given) -> None:
    """Join reflectors into a block."""
    k = o["k"]
    t = o.matrix("t", k, k)
    made = reflectors.joined(o.blas, _vectors(o, o["n"], k), o.array("tau"))
    o.put(t, made, "U")


def larfb(o: Given) -> None:
    """Apply a block of reflectors."""
    m, n, k, left = o["m"], o["n"], o["k"], o["side"] == "L"
    v, c = _vectors(o, m if left else n, k), o.matrix("c", m, n)
    t = reflectors.triangle_of(o.blas, o.matrix("t", k, k))
    reflectors.apply(o.blas, v, t, c, left=left, trans=o["trans"] == "T")


def geqrt(o: Given) -> None:
    """Factorise a tile."""
    m, n, nb, xp = o["m"], o["n"], o["nb"], o.blas.xp
    a, k = o.matrix("a", m, n), min(m, n)
    t, tau = o.matrix("t", nb, k), xp.empty(k, a.dtype)
    o.blas.geqrf(a, tau)
    for first in range(0, k, nb):
        last = min(first + nb, k)
        v = reflectors.unit_lower(o.blas, a[first:, first:last])
        part = t[: last - first, first:last]
        made = reflectors.joined(o.blas, v, tau[first:last])
        o.put(part, made, "U")


def gemqrt(o: Given) -> None:
    """Apply the reflectors of a tile."""
    m, n, k, nb = o["m"], o["n"], o["k"], o["nb"]
    left, trans = o["side"] == "L", o["trans"] == "T"
    v, t = o.matrix("v", m if left else n, k), o.matrix("t", nb, k)
    c = o.matrix("c", m, n)
    for first in reflectors.starts(k, nb, left=left, trans=trans):
        last = min(first + nb, k)
        vectors = reflectors.unit_lower(o.blas, v[first:, first:last])
        block = reflectors.triangle_of(o.blas, t[: last - first, first:last])
        part = c[first:] if left else c[:, first:]
        reflectors.apply(o.blas, vectors, block, part, left=left, trans=trans)


def _trapezoid(o: Given, rows: int, columns: int) -> Array:
    """Return which elements count of a tile whose last rows are a trapezoid."""
    return o.blas.xp.tri(columns, rows, rows - o["l"], dtype=bool).T | (
        o.blas.xp.arange(rows) < rows - o["l"]
    ).reshape(-1, 1)


def tpqrt(o: Given) -> None:
    """Factorise a triangle on top of a tile."""
    m, n, nb, xp = o["m"], o["n"], o["nb"], o.blas.xp
    a, b, t = o.matrix("a", n, n), o.matrix("b", m, n), o.matrix("t", nb, n)
    there, upper = _trapezoid(o, m, n), o.mask("U", a)
    both, tau = xp.empty((n, n + m), a.dtype).T, xp.empty(n, a.dtype)
    both[:n], both[n:] = xp.where(upper, a, 0), xp.where(there, b, 0)
    o.blas.geqrf(both, tau)
    o.put(a, both[:n], "U")
    xp.copyto(b, both[n:], where=there)
    for first in range(0, n, nb):
        last = min(first + nb, n)
        part = t[: last - first, first:last]
        v = xp.where(there, both[n:], 0)[:, first:last]
        made = reflectors.joined(o.blas, v, tau[first:last])
        o.put(part, made, "U")


def tpmqrt(o: Given) -> None:
    """Apply the reflectors of a triangle on top of a tile."""
    m, n, k, nb = o["m"], o["n"], o["k"], o["nb"]
    left, trans = o["side"] == "L", o["trans"] == "T"
    rows = m if left else n
    v, t = o.matrix("v", rows, k), o.matrix("t", nb, k)
    v = o.blas.xp.where(_trapezoid(o, rows, k), v, 0)
    a = o.matrix("a", *((k, n) if left else (m, k)))
    b = o.matrix("b", m, n)
    if not left:
        a, b, trans = a.T, b.T, not trans
    for first in reflectors.starts(k, nb, left=True, trans=trans):
        last = min(first + nb, k)
        _apply_below(o.blas, v, t, (a, b), (first, last), trans=trans)


def _apply_below(
    blas: Blas,
    v: Array,
    t: Array,
    tiles: tuple[Array, Array],
    block: tuple[int, int],
    *,
    trans: bool,
) -> None:
    """Apply a block of reflectors that are ones in one tile, and vectors in another."""
    (a, b), (first, last) = tiles, block
    triangle = reflectors.triangle_of(blas, t[: last - first, first:last])
    w = blas.xp.array(a[first:last], order="C")
    blas.gemm(v[:, first:last].T, b, w, 1.0, 1.0)
    turned = blas.xp.empty_like(w)
    blas.gemm(triangle.T if trans else triangle, w, turned)
    a[first:last] -= turned
    blas.gemm(v[:, first:last], turned, b, -1.0, 1.0)
