"""Walking expressions: topological order and common subexpressions.

Neither recurses: kernels of many thousand operations are normal.
"""

from collections.abc import Sequence

from lazydag.backends.scalar.expr import Expr, Immediate, new


def topological(roots: Sequence[Expr]) -> list[Expr]:
    """Every expression once, operands before users, the same order every time.

    Notes
    -----
    Linear in nodes and edges.
    """
    done: set[Expr] = set()
    order: list[Expr] = []
    stack = list(roots)
    stack.reverse()
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        pending = [a for a in node.args if a not in done]
        if pending:
            pending.reverse()
            stack += pending
        else:
            done.add(node)
            order.append(node)
            stack.pop()
    return order


def cse(roots: Sequence[Expr]) -> list[Expr]:
    """The same roots with equal subexpressions made identical.

    Nothing is reordered: ``a + b`` and ``b + a`` stay two expressions.
    """
    return merge(roots)[0]


def merge(roots: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
    """What `cse` returns, and its expressions in topological order."""
    known: dict[tuple[str, tuple[Expr, ...], str, Immediate], Expr] = {}
    merged: dict[Expr, Expr] = {}
    for node in topological(roots):
        args = tuple([merged[a] for a in node.args])
        key = (node.op, args, node.dtype, node.imm)
        found = known.get(key)
        if found is None:
            found = known[key] = node if args == node.args else new(*key)
        merged[node] = found
    return [merged[root] for root in roots], list(known.values())


def substitute(roots: Sequence[Expr], values: dict[int, Expr]) -> list[Expr]:
    """The roots with every argument number in `values` replaced."""
    made: dict[Expr, Expr] = {}
    for node in topological(roots):
        if node.op == "arg" and isinstance(node.imm, int) and node.imm in values:
            made[node] = values[node.imm]
            continue
        args = tuple([made[a] for a in node.args])
        same = args == node.args
        made[node] = node if same else new(node.op, args, node.dtype, node.imm)
    return [made[root] for root in roots]
