"""Control flow of kernels: loops, branches and addresses around vector code.

`Code` prints one function's body as LLVM IR. Values are SSA names; what every loop
needs again is read from the kernel's argument block, so nothing long-lived is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.vector import ATTRIBUTES, VectorPrinter
from lazydag.backends.scalar.types import TYPES, DType

MEMCPY: Final = "llvm.memcpy.p0.p0.i64"


@dataclass(slots=True)
class Code:
    """One function being printed.

    Attributes
    ----------
    printer
        Prints the vector instructions, into the same lines.
    label
        The basic block that lines go to.
    """

    printer: VectorPrinter
    label: str = "entry"
    _stack: list[str] = field(default_factory=list)
    _count: int = 0

    def line(self, text: str) -> None:
        """Print an instruction without a value."""
        self.printer.lines.append(f"  {text}")

    def emit(self, text: str) -> str:
        """Print an instruction and return the name of its value."""
        return self.printer.emit(text)

    def i64(self, op: str, a: str, b: str | int) -> str:
        """Print an operation on two i64."""
        return self.printer.emit(f"{op} i64 {a}, {b}")

    def minimum(self, a: str, b: str | int) -> str:
        """Return the lesser of two i64."""
        less = self.emit(f"icmp slt i64 {a}, {b}")
        return self.emit(f"select i1 {less}, i64 {a}, i64 {b}")

    def at(self, pointer: str, nbytes: str | int) -> str:
        """Return the address `nbytes` after `pointer`."""
        return self.emit(f"getelementptr i8, ptr {pointer}, i64 {nbytes}")

    def element(self, pointer: str, index: str | int, dtype: DType) -> str:
        """Return the address of an element of an array in memory."""
        kind = memory_type(dtype)
        return self.emit(f"getelementptr {kind}, ptr {pointer}, i64 {index}")

    def load_splat(self, pointer: str, dtype: DType) -> str:
        """Load one element into all lanes."""
        out = self.printer
        width, out.width = out.width, 1
        value = out.load(pointer, dtype)
        out.width = width
        return out.splat(value, dtype)

    def store_one(self, value: str, pointer: str, dtype: DType) -> None:
        """Store a single element."""
        out = self.printer
        width, out.width = out.width, 1
        out.store(value, pointer, dtype)
        out.width = width

    def word(self, pointer: str, index: int) -> str:
        """Load an i64 of a table."""
        where = self.emit(f"getelementptr i64, ptr {pointer}, i64 {index}")
        return self.emit(f"load i64, ptr {where}, align 8")

    def buffer(self, dtype: DType, length: int) -> str:
        """Reserve an array on the stack, 64-byte aligned."""
        name = f"%stack{len(self._stack)}"
        kind = memory_type(dtype)
        self._stack.append(f"  {name} = alloca [{length} x {kind}], align 64")
        return name

    def copy(self, target: str, source: str, nbytes: str) -> None:
        """Copy bytes between places that do not overlap."""
        self.printer.declare(MEMCPY, f"declare void @{MEMCPY}(ptr, ptr, i64, i1)")
        arguments = f"ptr {target}, ptr {source}, i64 {nbytes}, i1 false"
        self.line(f"call void @{MEMCPY}({arguments})")

    def slot(self, kind: str) -> str:
        """Reserve a place on the stack for a value that changes."""
        name = f"%slot{len(self._stack)}"
        self._stack.append(f"  {name} = alloca {kind}, align 8")
        return name

    def status(self, name: str) -> None:
        """Reserve a word on the stack that is 0 when the function begins."""
        self._stack.append(f"  {name} = alloca i32, align 4")
        self._stack.append(f"  store i32 0, ptr {name}, align 4")

    def fill(self, buffer: str, value: str, dtype: DType, length: int) -> None:
        """Set a buffer, a whole number of vectors long, to one vector's value."""
        for first in range(0, length, self.printer.width):
            where = self.element(buffer, first, dtype)
            self.printer.store(value, where, dtype)

    def new_label(self, name: str) -> str:
        """Return a label that no other block has."""
        self._count += 1
        return f"{name}{self._count}"

    def start(self, label: str) -> None:
        """Begin a basic block."""
        self.printer.lines.append(f"{label}:")
        self.label = label

    def jump(self, label: str) -> None:
        """End a block by going to another."""
        self.line(f"br label %{label}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        """End a block by going to one of two."""
        self.line(f"br i1 {condition}, label %{yes}, label %{no}")

    @contextmanager
    def loop(self, stop: str, step: int | str = 1) -> Iterator[str]:
        """Count from 0 to below `stop`; yields the counter.

        A `step` may be the name of a value that the loop's body is going to print.
        """
        head, body, latch, done = map(self.new_label, ("head", "body", "latch", "done"))
        before, counter, following = self.label, f"%i.{head}", f"%next.{head}"
        self.jump(head)
        self.start(head)
        self.line(
            f"{counter} = phi i64 [0, %{before}], [{following}, %{latch}]",
        )
        self.branch(self.emit(f"icmp slt i64 {counter}, {stop}"), body, done)
        self.start(body)
        yield counter
        self.jump(latch)
        self.start(latch)
        self.line(f"{following} = add i64 {counter}, {step}")
        self.jump(head)
        self.start(done)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Do something only if `condition`."""
        body, done = self.new_label("then"), self.new_label("done")
        self.branch(condition, body, done)
        self.start(body)
        yield
        self.jump(done)
        self.start(done)

    def function(self, head: str) -> str:
        """Return the function's text; `head` is ``type @name(parameters)``."""
        self._reserve_memos()
        stack = "\n".join(self._stack)
        return f"define {head} #0 {{\nentry:\n{stack}\n{self.printer.take()}\n}}"

    def _reserve_memos(self) -> None:
        """Reserve the memory that functions keep while this one runs."""
        for name, nbytes in self.printer.memos.items():
            self._stack.append(f"  {name} = alloca [{nbytes} x i8], align 64")
            self._stack.append(f"  store i64 0, ptr {name}, align 64")


def memory_type(dtype: DType) -> str:
    """LLVM's type of an element in memory: a bool is a byte there."""
    return "i8" if dtype == "bool" else TYPES[dtype].llvm


def module_text(functions: str, printer: VectorPrinter) -> str:
    """Return a module: functions and all that they refer to."""
    metadata = "!0 = !{i32 1}"
    attributes = f"attributes #0 = {{ {ATTRIBUTES} }}"
    return f"{functions}\n{printer.declarations}\n{attributes}\n{metadata}\n"
