"""Attributes of ops that compute element by element, or reduce axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lazydag.ir.types import DType


@dataclass(frozen=True, slots=True)
class NoAttrs:
    """Attributes of an op that has none."""


NONE = NoAttrs()


@dataclass(frozen=True, slots=True)
class CastAttrs:
    """Element type to convert to, with the meaning of ``ndarray.astype``."""

    dtype: DType


class UserKernel:
    """A scalar function that a person wrote, to be used elementwise.

    Identity is that of the object: two kernels are equal only if they are one.
    """

    __slots__ = ("__weakref__", "function", "name")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function


@dataclass(frozen=True, slots=True)
class CallAttrs:
    """An elementwise call of a person's scalar function, and what it returns."""

    kernel: UserKernel
    dtype: DType


@dataclass(frozen=True, slots=True)
class ReduceAttrs:
    """A reduction over adjacent or scattered axes.

    Parameters
    ----------
    axes : tuple of int
        Reduced axes, ascending; they disappear from the shape.
    block : int
        0 to reduce all elements; otherwise one partial result for each `block`
        consecutive elements of the (adjacent, flattened) reduced axes, which then
        leave one axis of ``ceil(n / block)`` partials in their place.
    """

    axes: tuple[int, ...]
    block: int = 0


@dataclass(frozen=True, slots=True)
class ArgReduceAttrs:
    """Axis along which the position of the extreme element is wanted."""

    axis: int
