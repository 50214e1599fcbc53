"""Reroll: loops that were written out by tracing become loops again.

In: a TRACED graph. Out: the same graph, in which long repetitions are one operation.
"""

from lazydag.passes.reroll.reroll import Reroll

__all__ = ["Reroll"]
