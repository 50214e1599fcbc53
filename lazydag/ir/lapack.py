"""Which functions are calls of LAPACK, and which of them are small."""

from __future__ import annotations

from math import prod
from typing import Final

from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.node import Node
from lazydag.ir.sizes import SMALL

_LAPACK: Final = frozenset(
    {
        *("cholesky", "det", "slogdet", "inv", "pinv", "solve", "solve_triangular"),
        *("eig", "eigvals", "eigh", "eigvalsh", "qr", "svd", "svdvals", "lu_factor"),
        *("least_squares", "householder"),
    }
)


def calls_small_lapack(node: Node) -> bool:
    """Tell whether LAPACK is called on matrices so small that one thread is best.

    The library's threads would mostly wait for each other; and bits that depend on
    their number would depend on where the call is made.
    """
    attrs = node.attrs
    if not isinstance(attrs, FunctionAttrs) or attrs.name not in _LAPACK:
        return False
    return all(prod(src.type.sizes[-2:]) <= SMALL for src in node.srcs)
