"""Expressions and conditions to LLVM IR."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from lazydag.backends.cpu.translate.source import Source
from lazydag.backends.cpu.translate.writer import Writer

OPERATIONS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
SHIFTS: Final[dict[type[ast.operator], str]] = {ast.LShift: "shl", ast.RShift: "ashr"}
DIVISIONS: Final = (ast.FloorDiv, ast.Mod)
COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "slt",
    ast.LtE: "sle",
    ast.Gt: "sgt",
    ast.GtE: "sge",
}
LEAST: Final = -(1 << 63)
PAST: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Callee:
    """A function as its caller sees it."""

    symbol: str
    arity: int
    has_result: bool


Resolve: TypeAlias = Callable[[Source, ast.Call], Callee]
"""Finds the function that a call means, or refuses the call."""


@dataclass(slots=True)
class Frame:
    """What is known while a function is translated.

    Attributes
    ----------
    locals
        Every name that the function assigns, and its parameters.
    assigned
        Locals that have a value here, or None where the program never comes.
    """

    source: Source
    writer: Writer
    resolve: Resolve
    locals: frozenset[str]
    assigned: frozenset[str] | None = field(default_factory=frozenset)


def value(frame: Frame, node: ast.expr) -> str:
    """Write what computes an expression; returns its operand."""
    if (known := constant(frame, node)) is not None:
        return str(known)
    match node:
        case ast.Name(id=name):
            return frame.writer.value(f"load i64, ptr %{name}, align 8")
        case ast.BinOp():
            return _binary(frame, node.op, value(frame, node.left), node.right)
        case ast.UnaryOp(op=ast.USub()):
            return frame.writer.value(f"sub i64 0, {value(frame, node.operand)}")
        case ast.UnaryOp(op=ast.Invert()):
            return frame.writer.value(f"xor i64 {value(frame, node.operand)}, -1")
        case ast.Compare():
            return _chosen(frame, node, "1", "0")
        case ast.IfExp():
            return _chosen(frame, node.test, node.body, node.orelse)
        case ast.Call():
            return call(frame, node, is_value=True)
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            raise frame.source.error(node, "and, or and not stand in conditions only")
    raise frame.source.error(node, f"no such expression: {ast.unparse(node)}")


def constant(frame: Frame, node: ast.expr) -> int | None:
    """The value of a constant, of its name or of its negative; None if it is neither.

    Names are checked here: what is no local must be a constant.
    """
    match node:
        case ast.Constant(value=found) if type(found) is int:
            pass
        case ast.Name(id=name) if name in frame.locals:
            if name not in (frame.assigned or ()):
                raise frame.source.error(node, f"{name} may have no value here")
            return None
        case ast.Name():
            found = _named(frame, node)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=positive)) if (
            type(positive) is int
        ):
            found = -positive
        case _:
            return None
    if not LEAST <= found < PAST:
        raise frame.source.error(node, f"{found} does not fit in 64 bits")
    return found


def _named(frame: Frame, node: ast.Name) -> int:
    found = frame.source.names.get(node.id)
    if type(found) is not int or not node.id.isupper():
        raise frame.source.error(node, f"{node.id} is no local and no int constant")
    return found


def augmented(frame: Frame, node: ast.AugAssign, target: ast.Name) -> str:
    """Write what computes the new value of an augmented assignment."""
    before = value(frame, ast.copy_location(ast.Name(target.id, ast.Load()), target))
    return _binary(frame, node.op, before, node.value)


def _binary(frame: Frame, op: ast.operator, left: str, right: ast.expr) -> str:
    if type(op) in OPERATIONS:
        operand = value(frame, right)
        return frame.writer.value(f"{OPERATIONS[type(op)]} i64 {left}, {operand}")
    if type(op) in SHIFTS:
        amount = _amount(frame, right)
        return frame.writer.value(f"{SHIFTS[type(op)]} i64 {left}, {amount}")
    if isinstance(op, DIVISIONS):
        divisor = constant(frame, right)
        if divisor is None or divisor <= 0:
            raise frame.source.error(right, "// and % take a constant above 0")
        write = _quotient if isinstance(op, ast.FloorDiv) else _remainder
        return write(frame.writer, left, divisor)
    raise frame.source.error(right, f"no such operation: {type(op).__name__}")


def _amount(frame: Frame, node: ast.expr) -> str:
    known = constant(frame, node)
    if known is None:
        # Beyond 63 LLVM's shifts are undefined; processors do this for nothing.
        return frame.writer.value(f"and i64 {value(frame, node)}, 63")
    if not 0 <= known < 64:
        raise frame.source.error(node, f"shift by {known}: not within 0 to 63")
    return str(known)


def _quotient(writer: Writer, left: str, divisor: int) -> str:
    if divisor & (divisor - 1) == 0:
        return writer.value(f"ashr i64 {left}, {divisor.bit_length() - 1}")
    toward_zero = writer.value(f"sdiv i64 {left}, {divisor}")
    rest = writer.value(f"srem i64 {left}, {divisor}")
    below = writer.value(f"ashr i64 {rest}, 63")
    return writer.value(f"add i64 {toward_zero}, {below}")


def _remainder(writer: Writer, left: str, divisor: int) -> str:
    if divisor & (divisor - 1) == 0:
        return writer.value(f"and i64 {left}, {divisor - 1}")
    rest = writer.value(f"srem i64 {left}, {divisor}")
    sign = writer.value(f"ashr i64 {rest}, 63")
    more = writer.value(f"and i64 {sign}, {divisor}")
    return writer.value(f"add i64 {rest}, {more}")


def _chosen(frame: Frame, test: ast.expr, a: ast.expr | str, b: ast.expr | str) -> str:
    writer = frame.writer
    yes, no, after = writer.labels("yes", "no", "chosen")
    branch(frame, test, yes, no)
    arms = []
    for label, arm in ((yes, a), (no, b)):
        writer.open(label)
        operand = arm if isinstance(arm, str) else value(frame, arm)
        arms.append(f"[ {operand}, %{writer.block} ]")
        writer.jump(after)
    writer.open(after)
    return writer.value(f"phi i64 {', '.join(arms)}")


def call(frame: Frame, node: ast.Call, *, is_value: bool) -> str:
    """Write a call; returns its result."""
    name = ast.unparse(node.func)
    if name in frame.locals:
        raise frame.source.error(node, f"{name} is a local here, no function")
    callee = frame.resolve(frame.source, node)
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise frame.source.error(node, f"{name} takes plain arguments only")
    if len(node.args) != callee.arity:
        count = f"{callee.arity} arguments, not {len(node.args)}"
        raise frame.source.error(node, f"{name} takes {count}")
    if is_value and not callee.has_result:
        raise frame.source.error(node, f"{name} returns no value")
    arguments = ", ".join(f"i64 {value(frame, a)}" for a in node.args)
    return frame.writer.value(f"call i64 @{callee.symbol}({arguments})")


def branch(frame: Frame, test: ast.expr, yes: str, no: str) -> None:
    """Write what goes on at `yes` if a condition holds, else at `no`."""
    match test:
        case ast.Constant(value=True):
            frame.writer.jump(yes)
        case ast.UnaryOp(op=ast.Not()):
            branch(frame, test.operand, no, yes)
        case ast.BoolOp():
            for part in test.values[:-1]:
                (more,) = frame.writer.labels("more")
                ends = (more, no) if isinstance(test.op, ast.And) else (yes, more)
                branch(frame, part, *ends)
                frame.writer.open(more)
            branch(frame, test.values[-1], yes, no)
        case ast.Compare():
            _compare(frame, test, yes, no)
        case _:
            truth = frame.writer.value(f"icmp ne i64 {value(frame, test)}, 0")
            frame.writer.branch(truth, yes, no)


def _compare(frame: Frame, node: ast.Compare, yes: str, no: str) -> None:
    left = value(frame, node.left)
    for i, (op, other) in enumerate(zip(node.ops, node.comparators, strict=True), 1):
        if type(op) not in COMPARISONS:
            raise frame.source.error(other, f"no such comparison: {type(op).__name__}")
        right = value(frame, other)
        holds = frame.writer.value(f"icmp {COMPARISONS[type(op)]} i64 {left}, {right}")
        (more,) = [yes] if i == len(node.ops) else frame.writer.labels("more")
        frame.writer.branch(holds, more, no)
        if more != yes:
            frame.writer.open(more)
        left = right
