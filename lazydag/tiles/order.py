"""Operations on tiles that sort by buckets.

Codes are whole numbers in the order of the elements, as many bytes wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.backends.cpu.order import kernel_address
from lazydag.backends.cpu.order.codes import coding
from lazydag.runtime.mode import Mode
from lazydag.tiles.natives import WordOperation, Words

Array: TypeAlias = NDArray[Any]


def _reading(
    x: Array, buckets: int, *, descending: bool, equal: bool, first: int = 0
) -> list[int]:
    """Return the options of kernels that read elements of a vector."""
    codes = coding(x.dtype, descending=descending)
    return [x.size, x.strides[0], x.itemsize, buckets, first, equal, *codes]


def _sample(
    x: Array,
    codes: Array,
    _beside: Array,
    _counters: Array,
    tree: Array,
    **options: Any,
) -> list[int]:
    return _reading(x, tree.size // 2, first=x.size // codes.size, **options)


def _classify(
    x: Array, tree: Array, _which: Array, _counts: Array, **options: Any
) -> list[int]:
    return _reading(x, tree.size // 2, **options)


def _scatter(
    x: Array, _which: Array, starts: Array, *_to: Array, **options: Any
) -> list[int]:
    return _reading(x, starts.size, **options)


def _offsets(counts: Array, _bounds: Array) -> Sequence[int]:
    return counts.shape


def _finish(
    _bounds: Array, _counters: Array, _codes: Array, out: Array,
    *, bucket: int, first: int, descending: bool,
) -> list[int]:  # fmt: skip
    return [bucket, first, out.itemsize, *coding(out.dtype, descending=descending)]


def _finish_pairs(
    _bounds: Array,
    _counters: Array,
    codes: Array,
    *_rest: Array,
    bucket: int,
    first: int,
) -> list[int]:
    return [bucket, first, codes.itemsize]


def _keep(x: Array, codes: Array, _positions: Array, **options: Any) -> list[int]:
    return _reading(x, codes.size, equal=True, **options)


def _keep_each(
    x: Array, _memory: Array, out: Array, _at: Array, *, descending: bool
) -> list[int]:
    lane = _reading(x[0], out.shape[1], equal=True, descending=descending)
    return [*lane, x.shape[0], x.strides[0]]


def _choose(
    codes: Array, _positions: Array, x: Array, _memory: Array, out: Array, _at: Array
) -> list[int]:
    return [codes.size, x.strides[0], x.itemsize, out.size]


def _nothing(*_arrays: Array) -> list[int]:
    return []


def _operation(
    name: str, words: Words, cost: float, sparse: str = "", **modes: str
) -> WordOperation:
    def kernel(_arrays: Sequence[Array]) -> int:
        return kernel_address(name if cost else "nothing")

    accesses = {array: Mode[mode.upper()] for array, mode in modes.items()}
    return WordOperation(name, accesses, kernel, words, cost, sparse.split())


#: Find codes between buckets, as a tree.
sample: Final = _operation(
    "sample",
    _sample,
    60.0,
    "x",
    x="in",
    codes="out",
    beside="out",
    counters="out",
    tree="out",
)
#: Find the bucket of each element, and count.
classify: Final = _operation(
    "classify", _classify, 16.0, x="in", tree="in", which="out", counts="out"
)
#: Replace the counts of all tiles by places.
offsets: Final = _operation("offsets", _offsets, 2.0, counts="inout", bounds="out")
#: Move elements, as codes, into buckets.
scatter: Final = _operation(
    "scatter", _scatter, 8.0, x="in", which="in", starts="inout", codes="out"
)
#: Move elements, as codes, and their positions.
scatter_pairs: Final = _operation(
    "scatter_pairs",
    _scatter,
    8.0,
    x="in",
    which="in",
    starts="inout",
    codes="out",
    positions="out",
)
#: Sort a bucket, and write its elements.
finish: Final = _operation(
    "finish", _finish, 60.0, bounds="in", counters="out", codes="inout", out="out"
)
#: Sort a bucket, and write the positions of its elements.
finish_pairs: Final = _operation(
    "finish_pairs",
    _finish_pairs,
    80.0,
    bounds="in",
    counters="out",
    codes="inout",
    beside="out",
    positions="inout",
    out="out",
)
#: Find the first few of a tile, as codes and positions.
keep: Final = _operation("keep", _keep, 4.0, x="in", codes="out", positions="out")
#: Find the first few of each row, and their positions, in order.
keep_each: Final = _operation(
    "keep_each", _keep_each, 4.0, x="in", memory="out", out="out", at="out"
)
#: Find the first few of those kept, and their positions.
choose: Final = _operation(
    "choose",
    _choose,
    8.0,
    "x",
    codes="in",
    positions="in",
    x="in",
    memory="out",
    out="out",
    at="out",
)
#: Stand before tasks that write shares of an array.
claim: Final = _operation("claim", _nothing, 0.0, "array", array="out")
#: Stand between tasks that write shares of an array and those that read the whole.
settle: Final = _operation("settle", _nothing, 0.0, "array", array="inout")
