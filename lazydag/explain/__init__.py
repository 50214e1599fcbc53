"""What is computed, how, why and what it costs: text, JSON and Graphviz views.

In: a traced function or lazy arrays, and the plans that the compiler makes of them.
Out: an `Explanation`. Nothing here decides anything; it shows what others decided.
"""

from lazydag.explain.public import FORMATS, STAGES, explain

__all__ = ["FORMATS", "STAGES", "explain"]
