"""Functions and their statements to LLVM IR."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from lazydag.backends.cpu.translate.expressions import (
    Frame,
    Resolve,
    augmented,
    branch,
    call,
    value,
)
from lazydag.backends.cpu.translate.source import Source
from lazydag.backends.cpu.translate.writer import Writer


@dataclass(slots=True)
class Loop:
    """A loop around a statement; `assigned` joins what holds where it is left."""

    head: str
    after: str
    assigned: frozenset[str] | None


def define(source: Source, resolve: Resolve, *, is_entry: bool) -> str:
    """Definition of a function; those that return nothing return 0."""
    parameters = source.parameters
    stores = (n for n in ast.walk(source.node) if isinstance(n, ast.Name))
    names = dict.fromkeys(parameters)
    names.update((n.id, None) for n in stores if isinstance(n.ctx, ast.Store))
    frame = Frame(source, Writer(), resolve, frozenset(names), frozenset(parameters))
    for name in names:
        if not name.isascii():
            raise source.error(source.node, f"the name {name} is not ASCII")
        frame.writer.do(f"%{name} = alloca i64, align 8")
    for name in parameters:
        frame.writer.do(f"store i64 %{name}.in, ptr %{name}, align 8")
    _body(frame, _without_docstring(source.node.body), None)
    if frame.assigned is not None:
        if source.has_result:
            raise source.error(
                source.node.body[-1], "the function ends without a result"
            )
        frame.writer.do("ret i64 0")
    # Nothing replaces an entry, so that calls of it need no table.
    linkage = "dso_local" if is_entry else "internal"
    head = ", ".join(f"i64 %{name}.in" for name in parameters)
    lines = "\n".join(frame.writer.lines)
    return (
        f"define {linkage} i64 @{source.symbol}({head}) #0 {{\n.entry:\n{lines}\n}}\n"
    )


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return body[1:]
    return body


def _body(frame: Frame, body: list[ast.stmt], loop: Loop | None) -> None:
    for node in body:
        if frame.assigned is None:
            raise frame.source.error(node, "the program never comes here")
        _statement(frame, node, loop)


def _statement(frame: Frame, node: ast.stmt, loop: Loop | None) -> None:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            _assign(frame, name, value(frame, node.value))
        case ast.AugAssign(target=ast.Name() as target):
            _assign(frame, target.id, augmented(frame, node, target))
        case ast.Expr(value=ast.Call() as called):
            call(frame, called, is_value=False)
        case ast.If():
            _if(frame, node, loop)
        case ast.While(orelse=[]):
            _while(frame, node)
        case ast.Break() | ast.Continue():
            _leave(frame, node, loop)
        case ast.Return():
            _return(frame, node)
        case ast.Pass():
            pass
        case _:
            first = ast.unparse(node).splitlines()[0]
            raise frame.source.error(node, f"no such statement: {first}")


def _assign(frame: Frame, name: str, operand: str) -> None:
    frame.writer.do(f"store i64 {operand}, ptr %{name}, align 8")
    assert frame.assigned is not None
    frame.assigned |= {name}


def _if(frame: Frame, node: ast.If, loop: Loop | None) -> None:
    yes, no, after = frame.writer.labels("then", "else", "after")
    branch(frame, node.test, yes, no)
    before, joined = frame.assigned, None
    for label, body in ((yes, node.body), (no, node.orelse)):
        frame.assigned = before
        frame.writer.open(label)
        _body(frame, body, loop)
        joined = _join(joined, frame.assigned)
        _go(frame, after)
    _continue_at(frame, after, joined)


def _while(frame: Frame, node: ast.While) -> None:
    head, body, after = frame.writer.labels("head", "body", "after")
    frame.writer.jump(head)
    frame.writer.open(head)
    branch(frame, node.test, body, after)
    is_endless = isinstance(node.test, ast.Constant) and node.test.value is True
    loop = Loop(head, after, None if is_endless else frame.assigned)
    frame.writer.open(body)
    _body(frame, node.body, loop)
    _go(frame, head)
    _continue_at(frame, after, loop.assigned)


def _leave(frame: Frame, node: ast.Break | ast.Continue, loop: Loop | None) -> None:
    assert loop is not None  # Python's own compiler has seen to it
    if isinstance(node, ast.Break):
        loop.assigned = _join(loop.assigned, frame.assigned)
        _go(frame, loop.after)
    else:
        _go(frame, loop.head)


def _return(frame: Frame, node: ast.Return) -> None:
    if (node.value is not None) != frame.source.has_result:
        raise frame.source.error(node, "what is returned is not what is annotated")
    operand = "0" if node.value is None else value(frame, node.value)
    frame.writer.do(f"ret i64 {operand}")
    frame.assigned = None


def _go(frame: Frame, label: str) -> None:
    """Jump, unless the program never comes here; it goes on elsewhere."""
    if frame.assigned is not None:
        frame.writer.jump(label)
    frame.assigned = None


def _continue_at(frame: Frame, label: str, assigned: frozenset[str] | None) -> None:
    frame.assigned = assigned
    if assigned is not None:
        frame.writer.open(label)


def _join(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b
