"""A function's source, with arithmetic that notices integers of more than 64 bits."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, ClassVar

from lazydag.backends.cpu.whole import checked

_PREFIX = "_lazydag_"


class CannotCompileError(Exception):
    """Numba cannot compile a function, or not to what Python would do."""


def rewritten(function: FunctionType) -> tuple[CodeType, dict[str, Any]]:
    """Return the code of `function` with checked arithmetic, and the names for it.

    Raises
    ------
    CannotCompileError
        If there is no source of a ``def``.
    """
    tree = ast.parse(_source(function))
    (definition,) = tree.body
    if not isinstance(definition, ast.FunctionDef):
        raise CannotCompileError(f"{function.__name__} is no def")
    _strip(definition)
    tree = ast.fix_missing_locations(_Checked().visit(tree))
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    code = compile(tree, function.__code__.co_filename, "exec")
    (inner,) = [c for c in code.co_consts if isinstance(c, CodeType)]
    return inner, {_PREFIX + f.__name__: f for f in _Checked.functions()}


def _source(function: FunctionType) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise CannotCompileError(f"no source of {function.__name__}") from error


def _strip(definition: ast.FunctionDef) -> None:
    """Take away what is evaluated when a function is defined."""
    definition.decorator_list = []
    definition.returns = None
    args = definition.args
    args.defaults, args.kw_defaults = [], [None for _ in args.kwonlyargs]
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs):
        arg.annotation = None


class _Checked(ast.NodeTransformer):
    operators: ClassVar[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
        ast.Add: checked.add,
        ast.Sub: checked.sub,
        ast.Mult: checked.mul,
        ast.LShift: checked.shift,
        ast.Pow: checked.power,
    }
    in_place: ClassVar[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
        ast.Add: checked.add_into,
        ast.Sub: checked.sub_into,
        ast.Mult: checked.mul_into,
        ast.LShift: checked.shift,
        ast.Pow: checked.power,
    }

    @classmethod
    def functions(cls) -> set[Callable[[Any, Any], Any]]:
        return {*cls.operators.values(), *cls.in_place.values()}

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        function = self.operators.get(type(node.op))
        return node if function is None else _call(function, node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        function = self.in_place.get(type(node.op))
        target = node.target
        if function is None or not isinstance(target, ast.Name):
            return node  # elements of arrays wrap, for NumPy as well
        value = ast.Name(target.id, ast.Load())
        call = ast.copy_location(_call(function, value, node.value), node)
        return ast.copy_location(ast.Assign([target], call), node)


def _call(function: Callable[..., Any], x: ast.expr, y: ast.expr) -> ast.Call:
    name = ast.Name(_PREFIX + function.__name__, ast.Load())
    return ast.copy_location(ast.Call(name, [x, y], []), x)
