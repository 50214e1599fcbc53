"""What it means when LAPACK gives up."""

from __future__ import annotations

from typing import Final

from lazydag.backends.cpu.blas import BAD_INDEX, NO_MEMORY
from lazydag.errors import (
    REPORT,
    AxisError,
    KernelError,
    LazydagError,
    LinAlgError,
    OutOfMemoryError,
    SourceLine,
)

_SINGULAR: Final = "the matrix is singular: its diagonal element {last} is exactly zero"

# For info > 0: what it says, and what to do. {last} is info - 1, counting from 0.
_MEANINGS: Final = {
    "check_diagonal": (_SINGULAR, "Solving with it would divide by zero."),
    "potrf": (
        "the leading minor of order {info} is not positive definite",
        "Add a small multiple of the identity if it only just is not.",
    ),
    "getrf": (
        "the matrix is singular: U[{last}, {last}] is exactly zero",
        "The factors are complete, but solving with them would divide by zero.",
    ),
    "trtri": (_SINGULAR, "Nothing was changed."),
}


def failure(operation: str, info: int, at: SourceLine | None) -> LazydagError:
    """Return the error for what a kernel returned, if that is not 0."""
    if info == NO_MEMORY:
        return OutOfMemoryError(f"{operation} cannot reserve its working memory", at)
    if info == BAD_INDEX:
        what = f"{operation}: a pivot is not the number of a row of a, from 1"
        return AxisError(what, at, "Give the pivots that getrf wrote. a is unchanged.")
    if info > 0 and operation in _MEANINGS:
        what, remedy = _MEANINGS[operation]
        text = f"{operation}: {what.format(info=info, last=info - 1)}"
        return LinAlgError(text, at, remedy, kernel=operation, code=info)
    what = f"{operation}: LAPACK returned info = {info}"
    return KernelError(what, at, REPORT, kernel=operation, code=info)
