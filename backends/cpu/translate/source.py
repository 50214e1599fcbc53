"""Functions to syntax trees that know their place in a file."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType
from typing import Any, TypeAlias

Function: TypeAlias = Callable[..., int | None]
"""A Python function in the language."""


class LanguageError(SyntaxError):
    """A line that the language does not have; it carries file, line and text."""


@dataclass(frozen=True, slots=True)
class Source:
    """A function and where it stands.

    Attributes
    ----------
    node
        Its syntax tree; line numbers are those of the file.
    file
        Path of the file.
    symbol
        Name in the translated program.
    names
        Names of its module.
    """

    node: ast.FunctionDef
    file: str
    symbol: str
    names: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return [a.arg for a in self.node.args.args]

    @property
    def has_result(self) -> bool:
        """Whether it returns a value."""
        return isinstance(self.node.returns, ast.Name)

    def error(self, node: ast.AST, what: str) -> LanguageError:
        """Make the error for a node's line."""
        return language_error(self.file, getattr(node, "lineno", 0), what)


def language_error(file: str, line: int, what: str) -> LanguageError:
    """Make the error for a line."""
    return LanguageError(what, (file, line, None, linecache.getline(file, line)))


def read(functions: Iterable[Function], entries: Iterable[str]) -> dict[Any, Source]:
    """Syntax trees of functions, with their signatures checked.

    Entries keep their names; other functions are named by module too.
    """
    wanted = set(entries)
    trees: dict[str, list[ast.stmt]] = {}
    sources: dict[Any, Source] = {}
    for function in functions:
        code, names = function.__code__, function.__globals__
        file, name = code.co_filename, code.co_name
        if file not in trees:
            text = "".join(linecache.getlines(file, names))
            trees[file] = ast.parse(text, file).body
        symbol = name if name in wanted else f"{function.__module__}.{name}"
        source = Source(_definition(trees[file], code), file, symbol, names)
        _check_signature(source)
        sources[function] = source
    return sources


def _definition(body: list[ast.stmt], code: CodeType) -> ast.FunctionDef:
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            if node.decorator_list:
                break
            if node.lineno == code.co_firstlineno:
                return node
    raise language_error(
        code.co_filename,
        code.co_firstlineno,
        f"{code.co_name} is not a plain function at the top of its module",
    )


def _check_signature(source: Source) -> None:
    node, every = source.node, source.node.args
    if every.posonlyargs or every.kwonlyargs or every.vararg or every.kwarg:
        raise source.error(node, "only plain parameters are allowed")
    if every.defaults:
        raise source.error(every.defaults[0], "a parameter cannot have a default")
    for a in every.args:
        if not _is_int(a.annotation):
            raise source.error(a, f"parameter {a.arg} is not annotated with int")
    none = isinstance(node.returns, ast.Constant) and node.returns.value is None
    if not (none or _is_int(node.returns)):
        raise source.error(node, f"the result of {node.name} is neither int nor None")


def _is_int(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "int"
