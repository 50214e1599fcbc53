"""What the functions of `lazydag.runtime.engine.memory` are in LLVM IR: a table.

Each becomes an internal function that is inlined wherever it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MODULE: Final = "lazydag.runtime.engine.memory"


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """One row of the table.

    Attributes
    ----------
    parameters
        Names of the parameters, separated by spaces.
    lines
        What it does with them. They set ``%r`` if there is a result; ``%p`` is the
        first parameter as a pointer.
    """

    parameters: str
    lines: tuple[str, ...] = ()

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.parameters.split())

    @property
    def has_result(self) -> bool:
        """Whether it returns a value."""
        return any(line.startswith("%r = ") for line in self.lines)

    def text(self, symbol: str) -> str:
        """Definition as a function."""
        names = self.parameters.split()
        lines = list(self.lines)
        if any("%p" in line for line in lines):
            lines.insert(0, f"%p = inttoptr i64 %{names[0]} to ptr")
        lines.append("ret i64 %r" if self.has_result else "ret i64 0")
        head = ", ".join(f"i64 %{name}" for name in names)
        body = "".join(f"  {line}\n" for line in lines)
        return f"define internal i64 @{symbol}({head}) alwaysinline #0 {{\n{body}}}\n"


def _row(parameters: str, *lines: str) -> Intrinsic:
    return Intrinsic(parameters, lines)


def _update(operation: str) -> Intrinsic:
    return _row("at v", f"%r = atomicrmw {operation} ptr %p, i64 %v seq_cst, align 8")


COMMON: Final = {
    "load": _row("at", "%r = load i64, ptr %p, align 8"),
    "store": _row("at v", "store i64 %v, ptr %p, align 8"),
    "load32": _row("at", "%n = load i32, ptr %p, align 4", "%r = sext i32 %n to i64"),
    "store32": _row(
        "at v", "%n = trunc i64 %v to i32", "store i32 %n, ptr %p, align 4"
    ),
    "load8": _row("at", "%n = load i8, ptr %p", "%r = zext i8 %n to i64"),
    "atomic_load": _row("at", "%r = load atomic i64, ptr %p seq_cst, align 8"),
    "atomic_store": _row("at v", "store atomic i64 %v, ptr %p seq_cst, align 8"),
    "load_acquire": _row("at", "%r = load atomic i64, ptr %p acquire, align 8"),
    "store_release": _row("at v", "store atomic i64 %v, ptr %p release, align 8"),
    "load_relaxed": _row("at", "%r = load atomic i64, ptr %p monotonic, align 8"),
    "atomic_add": _update("add"),
    "atomic_or": _update("or"),
    "atomic_and": _update("and"),
    "atomic_swap": _update("xchg"),
    "atomic_add32": _row(
        "at v",
        "%n = trunc i64 %v to i32",
        "%old = atomicrmw add ptr %p, i32 %n seq_cst, align 4",
        "%r = sext i32 %old to i64",
    ),
    "compare_swap": _row(
        "at expected new",
        "%both = cmpxchg ptr %p, i64 %expected, i64 %new seq_cst seq_cst, align 8",
        "%swapped = extractvalue { i64, i1 } %both, 1",
        "%r = zext i1 %swapped to i64",
    ),
    "fence": _row("", "fence seq_cst"),
    "count_trailing_zeros": _row("x", "%r = call i64 @llvm.cttz.i64(i64 %x, i1 false)"),
    "population_count": _row("x", "%r = call i64 @llvm.ctpop.i64(i64 %x)"),
    "call_kernel": _row(
        "function block bases",
        "%b = inttoptr i64 %block to ptr",
        "%s = inttoptr i64 %bases to ptr",
        "%n = call i32 %p(ptr %b, ptr %s)",
        "%r = sext i32 %n to i64",
    ),
}

_CYCLES = _row("", "%r = call i64 @llvm.readcyclecounter()")

PROCESSORS: Final = {
    "x86": {
        "pause": _row("", "call void @llvm.x86.sse2.pause()"),
        "cycles": _CYCLES,  # rdtsc
    },
    "aarch64": {
        "pause": _row("", "call void @llvm.aarch64.hint(i32 1)"),
        "cycles": _CYCLES,  # cntvct_el0, which user code may read
    },
}
"""What differs between processors; of others `UNKNOWN` is true."""

UNKNOWN: Final = {
    "pause": _row(""),
    "cycles": _row("", "%r = add i64 0, 0"),
}
"""No pause, and 0 cycles: reading the counter may be forbidden to user code."""

BUILTINS: Final = {
    "min": _row("a b", "%r = call i64 @llvm.smin.i64(i64 %a, i64 %b)"),
    "max": _row("a b", "%r = call i64 @llvm.smax.i64(i64 %a, i64 %b)"),
}
"""Python's own functions that the language has, of two words each."""

CALLS: Final = {"call": "i64", "call32": "i32"}
"""Calls by address, with any number of arguments, and what C functions they call."""


def find(name: str, arguments: int, architecture: str) -> Intrinsic | None:
    """The row of an intrinsic, or None.

    Parameters
    ----------
    name
        Name of the Python function.
    arguments
        How many arguments it is called with; `CALLS` take any number.
    architecture
        First part of the target triple.
    """
    if name in CALLS:
        return _call(CALLS[name], max(arguments, 1) - 1)
    family = "x86" if architecture in {"x86_64", "i686"} else architecture
    return COMMON.get(name) or PROCESSORS.get(family, UNKNOWN).get(name)


def _call(result: str, count: int) -> Intrinsic:
    names = [f"a{i}" for i in range(count)]
    arguments = ", ".join(f"i64 %{name}" for name in names)
    parameters = " ".join(("function", *names))
    if result == "i64":
        return _row(parameters, f"%r = call i64 %p({arguments})")
    return _row(parameters, f"%n = call i32 %p({arguments})", "%r = sext i32 %n to i64")
