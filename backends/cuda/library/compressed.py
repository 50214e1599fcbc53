"""Products of compressed rows with columns: a kernel of CUDA C, and NumPy's form.

cuSPARSE adds up in an order that is another in each run, unless it is asked for more
than CuPy passes on, and reads wherever indices point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Protocol

import numpy as np

from lazydag.backends.cuda.library.blas import Array

CODE: Final = """
typedef ELEMENT T;
extern "C" __global__ void rows(
    const T *data, const INDEX *indices, const START *indptr, long long count,
    const T *x, long long x_row, long long x_column, long long x_rows,
    T *y, long long y_row, long long y_column, long long y_rows,
    long long columns, int width, int *code)
{
    const int lane = threadIdx.x % width;
    const long long group = (blockIdx.x * (long long)blockDim.x + threadIdx.x) / width;
    const long long groups = gridDim.x * (long long)blockDim.x / width;
    const long long first_row = group - group % (32 / width);
    for (long long base = first_row; base < y_rows; base += groups) {
        const long long row = base + group % (32 / width);
        long long first = 0, last = 0;
        if (row < y_rows) {
            first = indptr[row], last = indptr[row + 1];
            bool is_bad = first < 0 || last < first || last > count;
            is_bad |= row == 0 && first != 0;
            is_bad |= row == y_rows - 1 && last != count;
            if (is_bad) *code = 1, first = last = 0;
        }
        for (long long column = 0; column < columns; ++column) {
            T sum = 0;
            for (long long k = first + lane; k < last; k += width) {
                const long long at = indices[k];
                if (at < 0 || at >= x_rows) *code = 1;
                else sum += data[k] * x[at * x_row + column * x_column];
            }
            for (int step = width / 2; step; step /= 2)
                sum += __shfl_down_sync(0xffffffffu, sum, step, width);
            if (lane == 0 && row < y_rows) y[row * y_row + column * y_column] = sum;
        }
    }
}
"""
ELEMENTS: Final = {"f": "float", "d": "double"}
NUMBERS: Final = {"i4": "int", "i8": "long long", "u4": "unsigned int"}
_THREADS: Final = 256
_MOST_GROUPS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Compressed:
    """The three vectors of a matrix."""

    data: Array
    indices: Array
    indptr: Array

    @property
    def width(self) -> int:
        """How many threads share a row: about as many as it has elements."""
        rows = max(1, self.indptr.shape[0] - 1)
        mean = self.data.shape[0] // rows
        return int(next((width for width in (2, 4, 8, 16) if mean <= width), 32))


class Rows(Protocol):
    """What multiplies rows."""

    def multiply(self, a: Compressed, x: Array, y: Array, code: Array) -> None:
        """Write ``a @ x``, and 1 for a code if something is outside of the matrix."""
        ...


@cache
def rows_of(xp: Any) -> Rows:
    """Return what multiplies rows of a library's arrays."""
    return HostRows() if xp is np else CudaRows(xp)


@dataclass(frozen=True, slots=True)
class HostRows:
    """NumPy's form."""

    def multiply(self, a: Compressed, x: Array, y: Array, code: Array) -> None:
        """Write a product."""
        rows, count = len(a.indptr) - 1, len(a.indices)
        starts = a.indptr.astype(np.int64)
        is_counted = starts[0] == 0 and starts[-1] == count and rows > 0
        is_inside = (a.indices >= 0) & (a.indices < len(x))
        code[...] = not (
            is_counted and np.all(np.diff(starts) >= 0) and is_inside.all()
        )
        if not code.any():
            numbers = np.repeat(np.arange(rows), np.diff(starts))
            np.add.at(y, numbers, a.data[:, None] * x[a.indices])


@dataclass(slots=True)
class CudaRows:
    """A kernel for each combination of types.

    Parameters
    ----------
    cupy
        The library.
    """

    cupy: Any
    _kernels: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def multiply(self, a: Compressed, x: Array, y: Array, code: Array) -> None:
        """Write a product."""
        a = Compressed(*map(self.cupy.ascontiguousarray, (a.data, a.indices, a.indptr)))
        given = (
            *(a.data, a.indices, a.indptr, np.int64(a.data.shape[0])),
            *(x, *_steps(x), np.int64(x.shape[0])),
            *(y, *_steps(y), np.int64(y.shape[0])),
            *(np.int64(x.shape[1]), np.int32(a.width), code),
        )
        threads = y.shape[0] * a.width
        groups = min(-(-threads // _THREADS), _MOST_GROUPS)
        self._kernel(a)((groups,), (_THREADS,), given)

    def _kernel(self, a: Compressed) -> Any:
        types = (
            ELEMENTS[a.data.dtype.char],
            NUMBERS[a.indices.dtype.str[1:]],
            NUMBERS[a.indptr.dtype.str[1:]],
        )
        found = self._kernels.get(types)
        if found is None:
            code = kernel_code(*types)
            found = self._kernels[types] = self.cupy.RawKernel(code, "rows")
        return found


def kernel_code(element: str, index: str, start: str) -> str:
    """Return the text of the kernel for types of C."""
    code = CODE.replace("ELEMENT", element)
    return code.replace("INDEX", index).replace("START", start)


def _steps(x: Array) -> tuple[np.int64, ...]:
    return tuple(np.int64(step // x.itemsize) for step in x.strides)
