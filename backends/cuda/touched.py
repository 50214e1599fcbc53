"""What a launch or a call does to memory of a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from lazydag.runtime import Mode
from lazydag.runtime.alias.axes import Axes


@dataclass(frozen=True, slots=True)
class Operand:
    """What a function does to the memory that one of its words points at.

    Parameters
    ----------
    word
        Number of the word.
    start, stop
        The bytes, from the address on.
    mode
        How they are accessed.
    axes
        Which of the bytes, if not all; see `lazydag.runtime.alias.axes`.
    """

    word: int
    start: int
    stop: int
    mode: Mode
    axes: Axes = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a call of a library does to an array.

    Parameters
    ----------
    array
        Of a device's memory: its address, shape and strides count, and nobody here may
        look at its elements.
    mode
        How it is accessed.
    """

    array: NDArray[Any]
    mode: Mode
