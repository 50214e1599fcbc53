"""Argument blocks of the kernels that call BLAS and LAPACK."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas.addresses import routine_address
from lazydag.backends.cpu.blas.routines import PRECISIONS, ROUTINES, Kind
from lazydag.backends.cpu.blas.stubs import stub_address


@dataclass(frozen=True, slots=True)
class Checked:
    """An array of row numbers, from 1, that the kernel checks before the call.

    Attributes
    ----------
    operand
        Number of the array among the operands.
    count
        How many numbers it holds.
    bound
        The greatest allowed.
    """

    operand: int
    count: int
    bound: int


Arguments: TypeAlias = Mapping[str, str | int | float | Checked]
"""By name: a character, a number, and for arrays the number of the operand.

The value for working memory is its length in elements; `info` is left out.
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A kernel, and the argument block that makes it call one routine.

    Attributes
    ----------
    kernel
        Address of the kernel.
    words
        The block. Operand `i` is in slot `i`, at offset 0.
    places
        By operand: the word that holds its slot; the next holds its offset in bytes.
    """

    kernel: int
    words: NDArray[np.int64]
    places: tuple[int, ...]


_CHAR: Final = struct.Struct("=c7x")
_INT: Final = struct.Struct("=i4x")
_REALS: Final = {"f32": struct.Struct("=f4x"), "f64": struct.Struct("=d")}
_ITEMSIZE: Final = {"f32": 4, "f64": 8}


def make_block(routine: str, dtype: str, arguments: Arguments) -> Block:
    """Return the kernel and the block for a routine with given arguments.

    Parameters
    ----------
    routine
        A key of `ROUTINES`.
    dtype
        Element type, a key of `PRECISIONS`.

    Raises
    ------
    MissingLibraryError
        If SciPy is not there.
    """
    address = routine_address(routine, PRECISIONS[dtype])
    return block_at(address, routine, dtype, arguments)


def block_at(address: int, routine: str, dtype: str, arguments: Arguments) -> Block:
    """Return the kernel and the block for a routine at an address."""
    found = ROUTINES[routine]
    content = struct.pack("=q", address)
    places: dict[int, int] = {}
    for name, kind in found.arguments:
        if kind in {Kind.INFO, Kind.IGNORED}:
            continue
        value = arguments[name]
        if kind in {Kind.ARRAY, Kind.PIVOTS}:
            operand = value.operand if isinstance(value, Checked) else value
            assert isinstance(operand, int)
            places[operand] = len(content) // 8
        content += _packed(kind, dtype, value)
    words = np.frombuffer(content, np.int64).copy()
    words.flags.writeable = False
    ordered = tuple(places[operand] for operand in range(len(places)))
    return Block(stub_address(found.pattern), words, ordered)


def _packed(kind: Kind, dtype: str, value: str | float | Checked) -> bytes:
    return b"".join(_words(kind, dtype, value))


def _words(kind: Kind, dtype: str, value: str | float | Checked) -> Iterator[bytes]:
    if isinstance(value, Checked):
        yield struct.pack("=4q", value.operand, 0, value.count, value.bound)
    elif isinstance(value, str):
        yield _CHAR.pack(value.encode())
    elif kind is Kind.REAL:
        yield _REALS[dtype].pack(value)
    elif kind is Kind.INT:
        yield _INT.pack(value)
    elif kind is Kind.WORK:
        yield struct.pack("=q", max(1, int(value)) * _ITEMSIZE[dtype])
    else:
        yield struct.pack("=2q", value, 0)
