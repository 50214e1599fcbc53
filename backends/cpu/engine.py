"""The runtime's engine as machine code.

In: its functions, in restricted Python. Out: an `Engine` whose entries run without the
GIL.
"""

from __future__ import annotations

from functools import cache

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.objects import Compiler, default_compiler
from lazydag.backends.cpu.translate import translate
from lazydag.runtime.engines import ENTRY_NAMES, FUNCTIONS, Engine, native_engine


def engine_module(architecture: str) -> Module:
    """Return the engine's text for the first part of a target triple."""
    return translate(FUNCTIONS, ENTRY_NAMES, architecture)


def compiled_engine(compiler: Compiler) -> Engine:
    """Return the engine, compiled or from the disk cache."""
    architecture = compiler.target.triple.partition("-")[0]
    addresses = compiler.load(engine_module(architecture))
    return native_engine(dict(zip(ENTRY_NAMES, addresses, strict=True)))


@cache
def default_engine() -> Engine:
    """Return the engine of this process."""
    return compiled_engine(default_compiler())
