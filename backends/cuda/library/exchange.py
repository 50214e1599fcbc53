"""Exchanges of rows on a GPU, which cuBLAS does not have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from lazydag.backends.cuda.library.blas import Array

_CODE: Final = """
typedef ELEMENT T;
extern "C" __global__ void exchange(
    T *a, long long matrix, long long row, long long column,
    int matrices, int rows, int columns,
    const int *pivots, long long lane, int count, bool reverse)
{
    long long j = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (j >= columns) return;
    for (int i = blockIdx.y; i < matrices; i += gridDim.y) {
        T *found = a + i * matrix + j * column;
        const int *others = pivots + i * lane;
        for (int k = 0; k < count; ++k) {
            int one = reverse ? count - 1 - k : k, other = others[one] - 1;
            if (other == one || other < 0 || other >= rows) continue;
            T kept = found[one * row];
            found[one * row] = found[other * row];
            found[other * row] = kept;
        }
    }
}
"""
_ELEMENTS: Final = {4: "unsigned int", 8: "unsigned long long", 16: "double2"}
_THREADS: Final = 256
_MOST_GROUPS: Final = 65535


@dataclass(slots=True)
class Exchange:
    """Exchanges rows of matrices as pivots say: each thread those of a column.

    Parameters
    ----------
    cupy
        The library.
    """

    cupy: Any
    _kernels: dict[int, Any] = field(default_factory=dict)

    def __call__(self, stack: Array, pivots: Array, *, reverse: bool = False) -> None:
        """Exchange rows of each matrix of a stack."""
        strides = (np.int64(step // stack.itemsize) for step in stack.strides)
        lane = np.int64(pivots.strides[0] // pivots.itemsize)
        given = (
            *(stack, *strides, *map(np.int32, stack.shape)),
            *(pivots, lane, np.int32(pivots.shape[-1]), np.bool_(reverse)),
        )
        groups = -(-stack.shape[-1] // _THREADS), min(len(stack), _MOST_GROUPS)
        self._kernel(stack.itemsize)(groups, (_THREADS,), given)

    def _kernel(self, itemsize: int) -> Any:
        """Return a kernel, which CuPy loads on each device that it is launched on."""
        found = self._kernels.get(itemsize)
        if found is None:
            found = self.cupy.RawKernel(source(itemsize), "exchange")
            self._kernels[itemsize] = found
        return found


def source(itemsize: int) -> str:
    """Return the text of the kernel for elements of so many bytes."""
    return _CODE.replace("ELEMENT", _ELEMENTS[itemsize])
