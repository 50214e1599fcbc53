"""Neighbouring elements in memory, moved by one instruction of a thread."""

from __future__ import annotations

from collections.abc import Sequence

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.scalar.types import TYPES, DType


def load_vector(code: Code, pointer: str, dtype: DType, count: int) -> list[str]:
    """Print the load of neighbours; returns the name of each."""
    vector, align = _type(dtype, count), count * TYPES[dtype].nbytes
    value = code.emit(f"load {vector}, ptr {pointer}, align {align}")
    names = [
        code.emit(f"extractelement {vector} {value}, i64 {k}") for k in range(count)
    ]
    if dtype == "bool":
        names = [code.emit(f"icmp ne i8 {name}, 0") for name in names]
    return names


def store_vector(code: Code, pointer: str, dtype: DType, names: Sequence[str]) -> None:
    """Print the store of neighbours."""
    vector, value = _type(dtype, len(names)), "poison"
    for k, name in enumerate(names):
        x = code.emit(f"zext i1 {name} to i8") if dtype == "bool" else name
        one = f"{memory_type(dtype)} {x}"
        value = code.emit(f"insertelement {vector} {value}, {one}, i64 {k}")
    align = len(names) * TYPES[dtype].nbytes
    code.line(f"store {vector} {value}, ptr {pointer}, align {align}")


def _type(dtype: DType, count: int) -> str:
    return f"<{count} x {memory_type(dtype)}>"
