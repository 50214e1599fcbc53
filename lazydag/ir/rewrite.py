"""The one driver that runs rewrite rules: pattern to replacement, to a fixed point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from lazydag.errors import VerifyError
from lazydag.ir.graph import with_sources
from lazydag.ir.node import Node
from lazydag.ir.ops import Op

# A node that is replaced so often is going round in circles.
MAX_REPLACEMENTS = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """A rewrite rule.

    Parameters
    ----------
    name : str
        What it does, for explanations.
    ops : frozenset of Op
        The ops of the nodes that it looks at.
    apply : callable
        ``apply(node)`` returns a replacement of the same type, or None.
    """

    name: str
    ops: frozenset[Op]
    apply: Callable[[Node], Node | None]


class _Rewriter:
    """State of one run: what each node became."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.by_op = _by_op(rules)
        self.done: dict[Node, Node] = {}
        self.forward: dict[Node, Node] = {}
        self.fired: dict[str, int] = {}

    def run(self, root: Node) -> Node:
        """Return what `root` becomes, working off a stack instead of recursing."""
        done, forward = self.done, self.forward
        stack = [root]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            target = forward.get(node) if forward else None
            if target is None:
                pending = [s for s in node.srcs if s not in done]
                if pending:
                    pending.reverse()
                    stack += pending
                    continue
                target = self._step(node)
            if target is node or target in done:
                done[node] = done.get(target, target)
                stack.pop()
            else:
                forward[node] = target
                self._check_progress(node, len(stack))
                stack.append(target)
        return done[root]

    def _step(self, node: Node) -> Node:
        """Return `node` over rewritten sources, or what the first rule makes of it."""
        srcs = tuple([self.done[s] for s in node.srcs])
        if srcs != node.srcs:
            return with_sources(node, srcs)
        for rule in self.by_op.get(node.op, ()):
            replacement = rule.apply(node)
            if replacement is not None and replacement is not node:
                if replacement.type != node.type:
                    raise VerifyError(
                        f"{node} became {replacement}",
                        by=f"rule {rule.name}",
                        invariant="a replacement has the type of what it replaces",
                        at=node.source,
                    )
                self.fired[rule.name] = self.fired.get(rule.name, 0) + 1
                return replacement
        return node

    def _check_progress(self, node: Node, depth: int) -> None:
        chain = 0
        at: Node | None = node
        while at is not None and chain <= MAX_REPLACEMENTS:
            at = self.forward.get(at)
            chain += 1
            if at is node:
                chain = MAX_REPLACEMENTS + 1
        if chain > MAX_REPLACEMENTS:
            raise VerifyError(
                f"rules go round in circles at {node} (depth {depth})",
                by="rewrite",
                invariant="rewriting ends",
                at=node.source,
            )


@cache
def _by_op(rules: tuple[Rule, ...]) -> dict[Op, list[Rule]]:
    """Return the rules for each op, in their order."""
    found: dict[Op, list[Rule]] = {}
    for rule in rules:
        for op in rule.ops:
            found.setdefault(op, []).append(rule)
    return found


def rewrite(
    roots: Sequence[Node], rules: Iterable[Rule]
) -> tuple[tuple[Node, ...], dict[str, int]]:
    """Apply `rules` bottom-up until none applies.

    Parameters
    ----------
    roots : sequence of Node
        Outputs to rewrite.
    rules : iterable of Rule
        Tried in order; the first that answers wins.

    Returns
    -------
    roots : tuple of Node
        What they became.
    fired : dict of str to int
        How often each rule was applied.

    Raises
    ------
    VerifyError
        If a rule changes a type, or rules undo each other for ever.

    Notes
    -----
    Linear in the number of nodes visited; no recursion.
    """
    rewriter = _Rewriter(tuple(rules))
    return tuple(rewriter.run(root) for root in roots), rewriter.fired
