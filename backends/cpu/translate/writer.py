"""The text of one LLVM function while it is written."""

from __future__ import annotations


class Writer:
    """Lines of a function, block by block, with fresh names.

    Names made here begin with a dot, which no Python name does.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.block = ".entry"
        self._count = 0

    def value(self, text: str) -> str:
        """Write an instruction and return the name of its value."""
        name = f"%.{self._next()}"
        self.lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Write an instruction that has no value."""
        self.lines.append(f"  {text}")

    def labels(self, *hints: str) -> list[str]:
        """Fresh names of blocks."""
        count = self._next()
        return [f".{hint}.{count}" for hint in hints]

    def open(self, label: str) -> None:
        """Begin a block."""
        self.block = label
        self.lines.append(f"{label}:")

    def jump(self, label: str) -> None:
        """End the block."""
        self.do(f"br label %{label}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        """End the block by an ``i1``."""
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def _next(self) -> int:
        self._count += 1
        return self._count
