"""Operations of our own on tiles: kernels that take arrays and whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.cost import Work
from lazydag.cost.history import shape_bucket
from lazydag.errors import REPORT, KernelError, LazydagError, SourceLine
from lazydag.runtime.address import address_of
from lazydag.runtime.engine.memory import call_kernel
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import Bound, NativeCall, Operand

Array: TypeAlias = NDArray[Any]
Words: TypeAlias = Callable[..., Sequence[int]]

# Calls remembered by an operation.
_CAPACITY: Final = 4096
_geometry: Final = attrgetter("dtype", "shape", "strides")


class WordOperation:
    """An operation whose kernel gets addresses of arrays, and words.

    Programs of tasks spawn it. What it is given is not checked: the programs are ours.

    Parameters
    ----------
    name
        For displays.
    modes
        How it accesses each array, by its name.
    kernel
        Returns the address of ``int kernel(block, bases)``, where the block has a slot
        and an offset for each array, and then the words.
    words
        Returns these, from the arrays and the options.
    cost
        Additions for each element of the largest array that counts.
    sparse
        Names of arrays of which it touches few elements: they do not count.
    """

    is_native: ClassVar[Literal[True]] = True

    def __init__(
        self,
        name: str,
        modes: Mapping[str, Mode],
        kernel: Callable[[Sequence[Array]], int],
        words: Words,
        cost: float = 1.0,
        sparse: Collection[str] = (),
    ) -> None:
        self.__name__ = name
        self._modes, self._kernel = modes, kernel
        self._words, self._cost, self._sparse = words, cost, sparse
        self._calls: dict[tuple[object, ...], NativeCall] = {}

    def __repr__(self) -> str:
        return f"<operation on tiles {self.__name__}>"

    def bind(self, *arrays: Array, **options: Any) -> Bound:
        """Return the kernel call for some arrays, and the arrays."""
        key = (*map(_geometry, arrays), *options.items())
        call = self._calls.get(key)
        if call is None:
            if len(self._calls) >= _CAPACITY:
                self._calls.clear()
            call = self._calls[key] = self._call(arrays, options)
        return call, arrays

    def _call(self, arrays: Sequence[Array], options: Mapping[str, Any]) -> NativeCall:
        places = [word for number in range(len(arrays)) for word in (number, 0)]
        words = np.array([*places, *self._words(*arrays, **options)], np.int64)
        words.flags.writeable = False
        operands = tuple(
            Operand(name, mode, 2 * number)
            for number, (name, mode) in enumerate(self._modes.items())
        )
        return NativeCall(
            name=self.__name__,
            kernel=self._kernel(arrays),
            words=words,
            operands=operands,
            work=self._work(arrays),
            key=f"{self.__name__}.{arrays[0].dtype}",
            bucket=shape_bucket(array.shape for array in arrays),
            failed=self._failed,
        )

    def _work(self, arrays: Sequence[Array]) -> Work:
        counted = [
            (array, mode)
            for array, (name, mode) in zip(arrays, self._modes.items(), strict=True)
            if name not in self._sparse
        ]
        read = sum(array.nbytes for array, mode in counted if mode.reads)
        written = sum(array.nbytes for array, mode in counted if mode.writes)
        size = max((array.size for array, _ in counted), default=0)
        return Work(read, written, {"i64": self._cost * size})

    def _failed(self, code: int, at: SourceLine | None) -> LazydagError:
        what = f"{self.__name__}: the kernel returned {code}"
        return KernelError(what, at, REPORT, kernel=self.__name__, code=code)

    def __call__(self, *arrays: Array, **options: Any) -> None:
        """Run the operation on arrays, at once."""
        call, _ = self.bind(*arrays, **options)
        bases = np.array([address_of(array) for array in arrays], np.int64)
        code = call_kernel(call.kernel, address_of(call.words), address_of(bases))
        if code:
            raise self._failed(code, None)
