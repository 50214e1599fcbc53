"""Operations that run as native kernels: what a recorder has to know of them.

In: the arrays and options of a call. Out: a `NativeCall`, the kernel with an argument
block that fits every call with arrays of such shapes and strides. Only the places of
the arrays are filled in per task, for a million tasks at once by `NativeCall.blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazydag.cost import Work
from lazydag.errors import LazydagError, SourceLine
from lazydag.runtime.mode import Mode
from lazydag.runtime.tasks import Blocks

Array: TypeAlias = NDArray[Any]

Part: TypeAlias = Callable[[Any], Any]
"""Selects a part of an array: `numpy.tril`, or a `functools.partial` of it."""


@dataclass(frozen=True, slots=True)
class Operand:
    """An array argument of a native call.

    Parameters
    ----------
    name
        The parameter's, for messages.
    mode
        How the kernel accesses it.
    word
        Word of the block that holds its slot; the next holds the bytes from the slot's
        base to the array's first element.
    part
        What is accessed of it; `None` for all.
    """

    name: str
    mode: Mode
    word: int
    part: Part | None = None


class FarCall(Protocol):
    """What a native call computes, on arrays of a device.

    Called with the library of arrays, NumPy's names, and the arrays in the order of the
    call, it puts its work on the current stream. If it can fail, an array int32 (1,)
    follows, for the code that the kernel would return.
    """

    @property
    def can_fail(self) -> bool:
        """Whether it is given an array for its code."""
        ...

    def __call__(self, xp: Any, *arrays: Any) -> None:
        """Put it on the stream."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class NativeCall:
    """A kernel with its arguments, all but the places of the arrays.

    Parameters
    ----------
    name
        The operation's, for messages and displays.
    kernel
        Address of ``int32 kernel(const int64 *block, void *const *bases)``.
    words
        The argument block, constant. Operand `i` is in slot `i` at offset 0, so a table
        of the arrays' addresses is the table of bases that runs it.
    operands
        The array arguments, in the order of the call.
    work
        What it costs.
    key, bucket
        The kernel's structure and its sizes, for the history of measured costs.
    failed
        Returns the error for a code other than 0 that the kernel returned, from the
        code and the user's line.
    far
        The same for arrays of a device; None if none computes it.
    """

    name: str
    kernel: int
    words: NDArray[np.int64]
    operands: tuple[Operand, ...]
    work: Work
    key: str
    bucket: str
    failed: Callable[[int, SourceLine | None], LazydagError]
    far: FarCall | None = None

    def blocks(self, slots: ArrayLike, offsets: ArrayLike) -> Blocks:
        """Return the argument blocks of many tasks, one a row.

        Parameters
        ----------
        slots, offsets
            Whole numbers (tasks, operands): the slot of each array, and the bytes from
            its base to the array's first element.

        Examples
        --------
        >>> import numpy as np
        >>> from lazydag.tiles import trsm
        >>> a = np.zeros((4, 4), order="F")
        >>> call, arrays = trsm.bind(a, np.zeros((4, 4), order="F"))
        >>> blocks = call.blocks([[0, 0], [0, 1]], [[0, 64], [0, 0]])
        >>> [blocks[:, o.word : o.word + 2].tolist() for o in call.operands]
        [[[0, 0], [0, 0]], [[0, 64], [1, 0]]]
        """
        where, starts = np.asarray(slots, np.int64), np.asarray(offsets, np.int64)
        blocks = np.empty((len(where), len(self.words)), np.int64)
        blocks[:] = self.words
        for number, operand in enumerate(self.operands):
            blocks[:, operand.word] = where[:, number]
            blocks[:, operand.word + 1] = starts[:, number]
        return blocks


Bound: TypeAlias = tuple[NativeCall, tuple[Array, ...]]
"""A call and its arrays, in the order of the call's operands."""

Bind: TypeAlias = Callable[..., Bound]
"""Returns the call for arrays in the order of its operands."""


def rebound(operation: Any, call: NativeCall, named: Mapping[str, Any]) -> Bind:
    """Return what binds the operation of a call to other arrays.

    Parameters
    ----------
    named
        The keywords of the call, arrays among them.
    """
    names = {operand.name for operand in call.operands}
    options = {name: value for name, value in named.items() if name not in names}
    return partial(operation.bind, **options)


class NativeOperation(Protocol):
    """A function on arrays that a native kernel computes."""

    is_native: ClassVar[Literal[True]]

    def bind(self, *args: Any, **kwargs: Any) -> Bound:
        """Return the kernel call for some arguments, without running it.

        Calls with arrays of the same shapes, strides and dtypes and with the same
        options get the same `NativeCall`, mostly as one object.

        Raises
        ------
        LazydagError
            If the operation cannot take these arguments.
        """
        ...


__all__: Final = [
    "Bind",
    "Bound",
    "FarCall",
    "NativeCall",
    "NativeOperation",
    "Operand",
    "Part",
    "rebound",
]
