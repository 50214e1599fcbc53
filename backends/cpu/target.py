"""The processor that code is made for.

LLVM is imported only to ask it about this machine.
"""

import os
from dataclasses import dataclass
from functools import cache
from typing import Final

from lazydag.errors import TargetError

LEVELS: Final = {
    "x86-64": "x86_64-unknown-linux-gnu",
    "x86-64-v3": "x86_64-unknown-linux-gnu",
    "x86-64-v4": "x86_64-unknown-linux-gnu",
    "aarch64": "aarch64-unknown-linux-gnu",
}
"""Generic processors and their triples: baseline, AVX2 with FMA, AVX-512, ARM."""

NEEDED: Final = {
    "x86-64": (),
    "x86-64-v3": ("avx2", "fma", "bmi2", "f16c", "movbe"),
    "x86-64-v4": ("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"),
}
"""Features by which a host is known to run a level (those that tell them apart)."""


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """What decides the machine code made from a text.

    Attributes
    ----------
    triple
        LLVM's name of architecture and system.
    cpu
        LLVM's name of the processor.
    features
        Its features, as ``+avx2,-avx512f``; empty for those that `cpu` implies.
    """

    triple: str
    cpu: str
    features: str = ""


def level(name: str) -> CodeTarget:
    """One of the generic processors in `LEVELS`."""
    return CodeTarget(LEVELS[name], "generic" if name == "aarch64" else name)


@cache
def host() -> CodeTarget:
    """Return the target that describes the machine at hand.

    ``LAZYDAG_CPU`` names a lower level of it, for tests.

    Raises
    ------
    TargetError
        If ``LAZYDAG_CPU`` is not a level that this machine runs.
    """
    import llvmlite.binding as llvm

    if forced := os.environ.get("LAZYDAG_CPU"):
        return _forced(forced)
    features = llvm.get_host_cpu_features().flatten()
    return CodeTarget(llvm.get_process_triple(), llvm.get_host_cpu_name(), features)


def _forced(name: str) -> CodeTarget:
    levels = {target.cpu: target for target in runnable_levels()}
    if name not in levels:
        choices = ", ".join(levels) or "no level"
        raise TargetError(
            f"LAZYDAG_CPU is {name!r}, which this machine does not run",
            remedy=f"Unset it, or choose one of: {choices}.",
        )
    return levels[name]


def runnable_levels() -> tuple[CodeTarget, ...]:
    """Return the x86 levels that this machine runs, lowest first; none elsewhere."""
    import llvmlite.binding as llvm

    triple = llvm.get_process_triple()
    if not triple.startswith("x86_64"):
        return ()
    features = llvm.get_host_cpu_features()
    fit = [n for n, needed in NEEDED.items() if all(features.get(f) for f in needed)]
    return tuple(CodeTarget(triple, name) for name in fit)
