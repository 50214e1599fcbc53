"""The native driver: the loop in which a worker runs tiles without the GIL.

In: the processor to print for. Out: LLVM IR of ``int32 drive(int64 *, int64)``. What it
does, rule by rule, is written in `lazydag.runtime.layout`; the reference driver there
does the same in Python.
"""

from __future__ import annotations

from functools import cache

from lazydag.backends.cpu.driver_text import TEXT
from lazydag.backends.cpu.objects import Compiler, Module, default_compiler
from lazydag.runtime import layout

# Results of the internal functions.
_ENDS = {"GO": 0, "LATE": 1, "HALT": 2}

_PAUSE = {
    "x86": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": (
        "declare void @llvm.aarch64.hint(i32)",
        "call void @llvm.aarch64.hint(i32 1)",
    ),
}


def driver_module(architecture: str) -> Module:
    """Return the driver's text.

    Parameters
    ----------
    architecture
        First part of the target triple; others than x86 and AArch64 wait without a
        pause instruction.
    """
    family = "x86" if architecture in {"x86_64", "i686"} else architecture
    declare, pause = _PAUSE.get(family, ("", ""))
    words = {
        name: value for name, value in vars(layout).items() if isinstance(value, int)
    }
    text = TEXT.substitute(
        words,
        **_ENDS,
        CLOCK_ROUNDS_LESS_1=layout.CLOCK_ROUNDS - 1,
        declare=declare,
        pause=pause,
    )
    return Module(text, entries=("drive",), level=2)


def driver_address(compiler: Compiler) -> int:
    """Return the address of the driver, compiled or from the disk cache."""
    architecture = compiler.target.triple.partition("-")[0]
    (address,) = compiler.load(driver_module(architecture))
    return address


@cache
def default_driver() -> int:
    """Return the address of the driver for this process."""
    return driver_address(default_compiler())
