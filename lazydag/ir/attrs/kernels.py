"""Attributes of kernels, of their outputs, and of copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lazydag.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class KernelAttrs:
    """One kernel: what it computes, in which tiles, on which device.

    Parameters
    ----------
    body : Graph
        What is computed; its parameters stand for the kernel's sources.
    tile : tuple of int or None
        Shape of a tile of the iteration space; None before tiling, empty for a
        library call, which is one task.
    device : str or None
        Name of the device; None before placement.
    """

    body: Graph
    tile: tuple[int, ...] | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class GetAttrs:
    """Which output of a kernel."""

    index: int


@dataclass(frozen=True, slots=True)
class CopyAttrs:
    """The memory space to copy to."""

    space: str
