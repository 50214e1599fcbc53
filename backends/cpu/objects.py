"""Compiles LLVM IR text to loaded functions, by way of the disk cache.

In comes a `Module`; out come the addresses of its entries. The objects of the library
functions that it calls are compiled, cached and loaded first. LLVM is imported when
something is first compiled or loaded: that takes 50 ms.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from threading import RLock
from typing import TYPE_CHECKING, Final

from lazydag.backends.cpu.cache import ObjectCache, default_folder
from lazydag.backends.cpu.deferred import DeferredCache, Objects
from lazydag.backends.cpu.mathlib import math_library
from lazydag.backends.cpu.module import Library, Module
from lazydag.backends.cpu.target import CodeTarget, host
from lazydag.backends.cpu.vector import Call
from lazydag.backends.scalar.math import LIBRARY

if TYPE_CHECKING:
    from lazydag.backends.cpu.codegen import Engine, Generator


LIBRARIES: Final[dict[str, Library]] = {LIBRARY: math_library}
"""The libraries that kernels may call, by `Function.library`."""


class Compiler:
    """Compiles and loads for one target; safe to use from many threads.

    Parameters
    ----------
    target
        Processor to compile for.
    libraries
        What makes the functions that texts call, by `Function.library`.
    objects
        Disk cache.
    """

    def __init__(
        self,
        target: CodeTarget,
        libraries: Mapping[str, Library],
        objects: Objects,
    ) -> None:
        self.target = target
        self.libraries = dict(libraries)
        self.objects = objects
        self._lock = RLock()
        self._generators: dict[tuple[int, bool], Generator] = {}
        self._engine: Engine | None = None
        self._loaded: dict[str, tuple[int, ...]] = {}
        self._linked: set[str] = set()

    def load(self, module: Module) -> tuple[int, ...]:
        """Addresses of the module's entries, in their order.

        Notes
        -----
        A text seen before costs one hash; one found on disk about 0.2 ms.
        """
        key = self._key(module)
        with self._lock:
            if (found := self._loaded.get(key)) is None:
                found = self._loaded[key] = self._load(module, key)
            return found

    def object(self, module: Module) -> bytes:
        """Object code of a module, from disk if it is there."""
        return self._object(_unique(module, self._key(module)))

    def assembly(self, module: Module) -> str:
        """Assembly of a module, to read."""
        with self._lock:
            return self._generator(module).assembly(module.text)

    def _load(self, module: Module, key: str) -> tuple[int, ...]:
        self._link(module.calls)
        self._add(_unique(module, key))
        names = [_symbol(entry, key) for entry in module.entries]
        assert self._engine is not None
        return tuple(self._engine.address(name) for name in names)

    def _link(self, calls: Iterable[Call]) -> None:
        for call in sorted(calls, key=lambda c: c.symbol):
            if call.symbol not in self._linked:
                made = self.libraries[call.function.library](call)
                self._link(made.calls)
                self._add(made)
                self._linked.add(call.symbol)

    def _add(self, module: Module) -> None:
        if self._engine is None:
            from lazydag.backends.cpu.codegen import Engine

            self._engine = Engine(self.target)
        self._engine.add(self._object(module))

    def _object(self, module: Module) -> bytes:
        key = self._key(module)
        if (content := self.objects.get(key)) is None:
            with self._lock:
                content = self._generator(module).object(module.text)
            self.objects.put(key, content)
        return content

    def _generator(self, module: Module) -> "Generator":
        how = (module.level, module.is_optimised)
        if how not in self._generators:
            from lazydag.backends.cpu.codegen import Generator

            self._generators[how] = Generator(
                self.target, module.level, is_optimised=module.is_optimised
            )
        return self._generators[how]

    def _key(self, module: Module) -> str:
        from lazydag.backends.cpu.codegen import VERSION

        target = self.target
        rest = [VERSION, target.triple, target.cpu, target.features, str(module.level)]
        rest += ["optimised"] * module.is_optimised
        digest = blake2b(module.text.encode(), digest_size=16)
        digest.update("\n".join(rest).encode())
        return digest.hexdigest()


def _symbol(entry: str, key: str) -> str:
    return f"{entry}_{key[:16]}"


def _unique(module: Module, key: str) -> Module:
    text = module.text
    for entry in module.entries:
        text = text.replace(f"@{entry}(", f"@{_symbol(entry, key)}(")
    return replace(module, text=text)


@cache
def default_compiler() -> Compiler:
    """The process's compiler: this machine, the math library, the user's cache."""
    return Compiler(host(), LIBRARIES, DeferredCache(ObjectCache(default_folder())))


__all__ = ["LIBRARIES", "Compiler", "Library", "Module", "default_compiler"]
