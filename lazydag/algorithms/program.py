"""What binds a tile program to an operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A tile program for an operation.

    Parameters
    ----------
    run : callable
        ``run(inputs, outputs, **options)`` spawns the tasks. Inputs are read-only views
        of any strides; outputs are C-contiguous, and None where nobody wants them.
    fits : callable
        ``fits(types, **options)`` tells by the types of the operands alone whether the
        operation is to be computed so; otherwise NumPy computes it.
    takes_tile : bool
        Whether `run` takes ``tile``, the order of square tiles, for operands that a
        person wants cut so. Without it the shapes decide.
    """

    run: Callable[..., None]
    fits: Callable[..., bool]
    takes_tile: bool = False
