"""Attributes of what computes nothing of other nodes: inputs, constants, counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lazydag.ir.types import ArrayType, DType


@dataclass(frozen=True, slots=True)
class ParamAttrs:
    """An input of a graph.

    Parameters
    ----------
    slot : int
        Its position.
    type : ArrayType
        Its type.
    scope : str
        What it belongs to, such as ``flights.py:29:haversine``. Equal computations
        in two scopes are nodes of their own, each with its own line of the user.
    space : str
        The memory space that it lies in; empty for that of NumPy's arrays.
    """

    slot: int
    type: ArrayType
    scope: str = ""
    space: str = ""


class Leaf:
    """Identity of an array that a program holds; `data` is what it holds.

    An array of NumPy, or on a device. Two leaves are never equal, so that two arrays
    are never taken for one.
    """

    __slots__ = ("__weakref__", "data")

    def __init__(self, data: Any) -> None:
        self.data = data


@dataclass(frozen=True, slots=True)
class LeafAttrs:
    """An array held by the program, before it becomes a parameter of a plan."""

    leaf: Leaf
    type: ArrayType


@dataclass(frozen=True, slots=True)
class ConstAttrs:
    """A scalar known while tracing; keyed by its bytes, so 0.0 is not -0.0."""

    data: bytes
    dtype: DType

    def value(self) -> np.generic:
        """Return the NumPy scalar."""
        scalar: np.generic = np.frombuffer(self.data, self.dtype)[0]
        return scalar


@dataclass(frozen=True, slots=True)
class IotaAttrs:
    """The numbers 0, 1, … length - 1; `scope` is as that of a parameter."""

    length: int
    dtype: DType
    scope: str = ""
