"""What it means when NumPy's linear algebra gives up on a matrix.

NumPy says that something failed. People want to know where: the order of the leading
minor that is not positive definite is looked for when it is known that there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from lazydag.errors import BoundsError, LinAlgError

NDArray: TypeAlias = "np.ndarray[Any, Any]"

_NOT_FINITE: Final = "It was given elements that are not finite."


def refusal(
    name: str, arrays: Sequence[NDArray], options: Mapping[str, Any], error: Exception
) -> LinAlgError:
    """Return the error for a function that refused its operands, of no line yet."""
    if name == "cholesky":
        what, remedy = _indefinite(arrays[0], options)
    elif not all(np.isfinite(each).all() for each in arrays):
        what, remedy = str(error), _NOT_FINITE
    else:
        what, remedy = str(error), ""
    text = what[:1].lower() + what[1:] if what[1:2].islower() else what
    return LinAlgError(f"{name}: {text}", None, remedy, kernel=name)


_SINGULAR: Final = "singular matrix: U[{last}, {last}]{of} is exactly zero"

#: What codes of functions mean. {code} is the first that is not 0, {last} one less.
_MEANINGS: Final[Mapping[str, tuple[str, str]]] = {
    "cholesky": (
        "the leading minor of order {code}{of} is not positive definite",
        "Add a small multiple of the identity if it only just is not.",
    ),
    "eigh": ("eigenvalues did not converge", _NOT_FINITE),
    "eigvalsh": ("eigenvalues did not converge", _NOT_FINITE),
    "inv": (_SINGULAR, ""),
    "least_squares": ("SVD did not converge in Linear Least Squares", _NOT_FINITE),
    "pinv": ("SVD did not converge", _NOT_FINITE),
    "solve": (_SINGULAR, ""),
    "solve_triangular": (
        "singular matrix: resolution failed at diagonal {last}",
        "",
    ),
    "svd": ("SVD did not converge", _NOT_FINITE),
    "svdvals": ("SVD did not converge", _NOT_FINITE),
}


#: What functions cannot do that are not about matrices.
_IMPOSSIBLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("nanargmin", "nanargmax"), "All-NaN slice encountered"),
    "bincount": "elements are negative, or not less than the number of counts",
    "digitize": "bins must be monotonically increasing or decreasing",
}


def refused(
    name: str, codes: NDArray, stack: tuple[int, ...]
) -> LinAlgError | BoundsError | ValueError | None:
    """Return the error for the codes of a function's matrices; None if all are 0.

    Parameters
    ----------
    stack
        The shape of the stack of matrices.
    """
    failed = np.flatnonzero(codes)
    if not failed.size:
        return None
    if name in _IMPOSSIBLE:
        return ValueError(_IMPOSSIBLE[name])
    if name not in _MEANINGS:  # of sparse matrices
        what = "indices of a sparse matrix are outside of it, or indptr goes backwards"
        return BoundsError(what, remedy="Look at data, indices and indptr.")
    what, remedy = _meaning(name, int(failed[0]), int(codes[failed[0]]), stack)
    return LinAlgError(f"{name}: {what}", None, remedy, kernel=name)


def _meaning(
    name: str, first: int, code: int, stack: tuple[int, ...]
) -> tuple[str, str]:
    where = tuple(map(int, np.unravel_index(first, stack)))
    of = f" of matrix {where}" if where else ""
    what, remedy = _MEANINGS[name]
    return what.format(code=code, last=code - 1, of=of), remedy


def _indefinite(x: NDArray, options: Mapping[str, Any]) -> tuple[str, str]:
    stack = x.reshape(-1, *x.shape[-2:])
    first = next(i for i in range(len(stack)) if not _has_factor(stack[i], options))
    order = _minor(stack[first], options)
    return _meaning("cholesky", first, order, x.shape[:-2])


def _minor(x: NDArray, options: Mapping[str, Any]) -> int:
    """Return the least order whose leading minor has no factor: those before all do."""
    good, bad = 0, len(x)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _has_factor(x[:middle, :middle], options):
            good = middle
        else:
            bad = middle
    return bad


def _has_factor(x: NDArray, options: Mapping[str, Any]) -> bool:
    try:
        np.linalg.cholesky(x, **options)
    except np.linalg.LinAlgError:
        return False
    return True
