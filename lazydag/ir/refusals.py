"""What it means when NumPy's linear algebra gives up on a matrix.

NumPy says that something failed. People want to know where: the order of the leading
minor that is not positive definite is looked for when it is known that there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import LinAlgError

NDArray: TypeAlias = "np.ndarray[Any, Any]"


def refusal(
    name: str, arrays: Sequence[NDArray], options: Mapping[str, Any], error: Exception
) -> LinAlgError:
    """Return the error for a function that refused its operands, of no line yet."""
    if name == "cholesky":
        what, remedy = _indefinite(arrays[0], options)
    elif not all(np.isfinite(each).all() for each in arrays):
        what, remedy = str(error), "It was given elements that are not finite."
    else:
        what, remedy = str(error), ""
    text = what[:1].lower() + what[1:] if what[1:2].islower() else what
    return LinAlgError(f"{name}: {text}", None, remedy, kernel=name)


def _indefinite(x: NDArray, options: Mapping[str, Any]) -> tuple[str, str]:
    stack = x.reshape(-1, *x.shape[-2:])
    first = next(i for i in range(len(stack)) if not _has_factor(stack[i], options))
    order = _minor(stack[first], options)
    where = tuple(map(int, np.unravel_index(first, x.shape[:-2])))
    of = f" of matrix {where}" if where else ""
    return (
        f"the leading minor of order {order}{of} is not positive definite",
        "Add a small multiple of the identity if it only just is not.",
    )


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
