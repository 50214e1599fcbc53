"""Functions of the engine's language to addresses.

In come Python functions and the names of those that are called from outside. Out come
addresses: from the disk, where their sources were translated before, in a millisecond
and without LLVM; else translated, compiled and kept.
"""

from __future__ import annotations

import ctypes
import linecache
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeAlias

from lazydag.backends.cpu.cache import ObjectCache, default_folder
from lazydag.backends.cpu.mapped import map_object
from lazydag.backends.cpu.target import CodeTarget, level

Function: TypeAlias = Callable[..., int | None]

_CODEGEN: Final = ("cache.py", "codegen.py", "mapped.py", "native.py")
_AT_HWCAP: Final = 16
_HWCAP_ATOMICS: Final = 1 << 8


def native(
    functions: Iterable[Function],
    entries: Sequence[str],
    objects: ObjectCache | None = None,
) -> tuple[int, ...]:
    """Addresses of functions as native code.

    Parameters
    ----------
    functions
        All functions of the program, as for `translate`.
    entries
        Names of those whose addresses are wanted, in this order.
    objects
        Disk cache; the user's by default.

    Raises
    ------
    LanguageError
        If a function uses what the language does not have.

    Notes
    -----
    The code is made for the baseline of the architecture, since asking LLVM for more
    takes longer than all else here, and engines have nothing to vectorise.
    """
    functions = tuple(functions)
    target = baseline()
    if target is None:
        return _loaded(functions, entries)
    objects = objects or ObjectCache(default_folder())
    key = _key(functions, entries, target)
    content = objects.get(key)
    if content is None:
        content = _compiled(functions, entries, target)
        objects.put(key, content)
    found = map_object(content, entries)
    return _loaded(functions, entries) if found is None else found


def baseline() -> CodeTarget | None:
    """What every processor like this one runs, where code can be mapped; or None."""
    if not sys.platform.startswith("linux") or sys.maxsize < 1 << 32:
        return None
    match os.uname().machine:
        case "x86_64":
            return level("x86-64")
        case "aarch64":
            return _arm(ctypes.CDLL(None).getauxval(_AT_HWCAP))
    return None


def _arm(capabilities: int) -> CodeTarget:
    # Atomics in one instruction: with many cores, loops of exclusive loads starve.
    target = level("aarch64")
    features = "+lse" if capabilities & _HWCAP_ATOMICS else ""
    return CodeTarget(target.triple, target.cpu, features)


def _compiled(
    functions: Sequence[Function], entries: Sequence[str], target: CodeTarget
) -> bytes:
    from lazydag.backends.cpu.codegen import Generator
    from lazydag.backends.cpu.translate import translate

    module = translate(functions, entries, target.triple.partition("-")[0])
    generator = Generator(target, module.level, is_optimised=module.is_optimised)
    return generator.object(module.text)


def _loaded(functions: Sequence[Function], entries: Sequence[str]) -> tuple[int, ...]:
    from lazydag.backends.cpu.objects import default_compiler
    from lazydag.backends.cpu.translate import translate

    compiler = default_compiler()
    architecture = compiler.target.triple.partition("-")[0]
    return compiler.load(translate(functions, entries, architecture))


def _key(
    functions: Sequence[Function], entries: Sequence[str], target: CodeTarget
) -> str:
    """What decides the code: sources, constants, this translator, LLVM, the target."""
    import llvmlite  # its version only: LLVM itself comes with llvmlite.binding

    parts: list[object] = [llvmlite.__version__, target, entries]
    parts += [f.__name__ for f in functions]
    parts += _modules(functions)
    here = Path(__file__).parent
    translator = sorted((here / "translate").glob("*.py"))
    parts += [p.read_bytes() for p in (*(here / n for n in _CODEGEN), *translator)]
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _modules(functions: Iterable[Function]) -> list[object]:
    """Lines of the modules, as the translator reads them, and values of constants."""
    modules = {f.__code__.co_filename: f.__globals__ for f in functions}
    constants = [
        {name: value for name, value in names.items() if type(value) is int}
        for names in modules.values()
    ]
    lines = [linecache.getlines(file, names) for file, names in modules.items()]
    return [constants, lines]
