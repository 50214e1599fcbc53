"""Operations on tiles that combine each element of a lane with all before it.

Arrays have three axes; see `lazydag.backends.cpu.scans`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lazydag.backends.cpu.scans import Form, Task, scan_address
from lazydag.ir.types import dtype_name
from lazydag.runtime.mode import Mode
from lazydag.tiles.natives import WordOperation

Array: TypeAlias = NDArray[Any]

_MODES = {
    "scan": {"x": Mode.IN, "out": Mode.OUT},
    "total": {"x": Mode.IN, "total": Mode.OUT},
    "resume": {"x": Mode.IN, "out": Mode.OUT, "before": Mode.IN},
}


@cache
def scan_operation(task: Task, form: Form, kind: str) -> WordOperation:
    """Return an operation.

    Parameters
    ----------
    task
        ``"scan"`` for lanes that begin in the tile, ``"total"`` for the last result
        alone, ``"resume"`` for what goes on after other tiles.
    form
        ``"rows"`` for arrays whose last axis has one element, ``"columns"`` for any.
    kind
        ``"sum"``, ``"prod"``, ``"amin"`` or ``"amax"``.
    """
    return WordOperation(
        f"{task}_{kind}", _MODES[task], partial(_kernel, form, task, kind), _words, 4.0
    )


def _kernel(form: Form, task: Task, kind: str, arrays: Sequence[Array]) -> int:
    dtype: Any = dtype_name(arrays[0].dtype)
    return scan_address(form, task, kind, dtype)


def _words(*arrays: Array, streamed: bool = False) -> list[int]:
    strides = [step for array in arrays for step in array.strides[:2]]
    return [*arrays[0].shape, streamed, *strides]
