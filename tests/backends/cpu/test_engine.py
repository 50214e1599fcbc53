"""The engine is translated for every processor; tests/runtime runs it."""

import pytest

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.target import LEVELS, level
from lazydag.backends.cpu.translate import translate
from lazydag.runtime.engines import ENTRY_NAMES, FUNCTIONS


@pytest.mark.parametrize(
    ("name", "pause"),
    [(name, "yield" if name == "aarch64" else "pause") for name in LEVELS],
)
def test_it_compiles_for_every_level(name, pause):
    target = level(name)
    compiler = Compiler(target, {}, ObjectCache(None))
    module = translate(FUNCTIONS, ENTRY_NAMES, target.triple.partition("-")[0])
    assert pause in compiler.assembly(module)
    assert len(compiler.object(module)) > 1000
