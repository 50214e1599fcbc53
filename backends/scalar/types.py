"""The scalar types that expressions compute with, as one table."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

DType: TypeAlias = Literal[
    "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64"
]
Kind: TypeAlias = Literal["b", "i", "u", "f"]


@dataclass(frozen=True, slots=True)
class ScalarType:
    """What a printer must know about one scalar type.

    Attributes
    ----------
    kind
        ``b`` bool, ``i`` signed, ``u`` unsigned, ``f`` floating.
    bits
        Width in a register; a bool is one bit there and a byte in memory.
    llvm
        LLVM's name of the type in a register.
    nbytes
        Size in memory.
    """

    kind: Kind
    bits: int
    llvm: str
    nbytes: int

    @property
    def minimum(self) -> int:
        """The least integer; integer kinds only."""
        return -(1 << (self.bits - 1)) if self.kind == "i" else 0

    @property
    def maximum(self) -> int:
        """The greatest integer; integer kinds only."""
        return (1 << (self.bits - (self.kind == "i"))) - 1


TYPES: Final[dict[str, ScalarType]] = {
    "bool": ScalarType("b", 1, "i1", 1),
    "i8": ScalarType("i", 8, "i8", 1),
    "i16": ScalarType("i", 16, "i16", 2),
    "i32": ScalarType("i", 32, "i32", 4),
    "i64": ScalarType("i", 64, "i64", 8),
    "u8": ScalarType("u", 8, "i8", 1),
    "u16": ScalarType("u", 16, "i16", 2),
    "u32": ScalarType("u", 32, "i32", 4),
    "u64": ScalarType("u", 64, "i64", 8),
    "f32": ScalarType("f", 32, "float", 4),
    "f64": ScalarType("f", 64, "double", 8),
}
