"""Compilers for the levels of this machine."""

import pytest

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.objects import LIBRARIES, Compiler
from lazydag.backends.cpu.target import host, runnable_levels


@pytest.fixture(scope="session")
def compiler() -> Compiler:
    """The host's, with nothing kept on disk."""
    return Compiler(host(), LIBRARIES, ObjectCache(None))


@pytest.fixture(scope="session")
def compilers(compiler: Compiler) -> list[Compiler]:
    """One for each x86 level this machine runs, and the host's own."""
    levels = [Compiler(t, LIBRARIES, ObjectCache(None)) for t in runnable_levels()]
    return [*levels, compiler]
