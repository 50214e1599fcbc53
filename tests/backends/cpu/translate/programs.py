"""Programs from text: as Python with 64-bit words, and as native functions."""

import ast
import ctypes
import itertools
import linecache
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any, Self

from lazydag.backends.cpu.objects import Compiler, Module
from lazydag.backends.cpu.translate import translate
from lazydag.runtime.engine import memory

INTRINSICS = {
    name: f
    for name, f in vars(memory).items()
    if isinstance(f, FunctionType) and f.__module__ == memory.__name__
}
_numbers = itertools.count()


class Word(int):
    """A signed integer of 64 bits that wraps."""

    def __new__(cls, value: int) -> Self:
        return super().__new__(cls, (int(value) + 2**63) % 2**64 - 2**63)


def _wrapped(function: Callable[..., Any]) -> Callable[..., Word]:
    return lambda *values: Word(function(*map(int, values)) or 0)


for _name in ("add", "sub", "mul", "and", "or", "xor", "lshift", "rshift"):
    _function = getattr(operator, f"__{_name}__")
    setattr(Word, f"__{_name}__", _wrapped(_function))
    setattr(Word, f"__r{_name}__", _wrapped(lambda a, b, f=_function: f(b, a)))
for _name in ("floordiv", "mod", "neg", "invert"):
    setattr(Word, f"__{_name}__", _wrapped(getattr(operator, f"__{_name}__")))


class _Words(ast.NodeTransformer):
    """Makes constants and the values of comparisons words."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _word(node) if type(node.value) is int else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        return _word(node)


def _word(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("Word", ast.Load()), [node], [])


def program(text: str, **names: Any) -> dict[str, Any]:
    """Names of a module with this text, beside the intrinsics."""
    file = f"<program {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    found: dict[str, Any] = {"__name__": "program", **INTRINSICS, **names}
    exec(compile(text, file, "exec"), found)
    return found


def functions(names: dict[str, Any]) -> list[FunctionType]:
    return [
        f
        for f in names.values()
        if isinstance(f, FunctionType) and f.__module__ == "program"
    ]


def translated(text: str, entry: str = "f", architecture: str = "x86_64") -> Module:
    return translate(functions(program(text)), [entry], architecture)


def in_python(text: str, entry: str = "f") -> Callable[..., int]:
    """A function of the text, over words."""
    tree = ast.fix_missing_locations(_Words().visit(ast.parse(text)))
    names: dict[str, Any] = {n: _wrapped(f) for n, f in INTRINSICS.items()}
    names["Word"] = Word
    exec(compile(tree, "<words>", "exec"), names)
    function = names[entry]
    return lambda *values: int(function(*map(Word, values)) or 0)


def in_native(text: str, compiler: Compiler, entry: str = "f") -> Callable[..., int]:
    """A function of the text, translated; it runs without the GIL."""
    architecture = compiler.target.triple.partition("-")[0]
    (address,) = compiler.load(translated(text, entry, architecture))
    count = program(text)[entry].__code__.co_argcount
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * count)
    return kind(address)
