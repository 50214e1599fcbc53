"""What is computed, how, why and what it costs, before, during and after it is run.

In: a traced function or lazy arrays, the plans that the compiler makes of them, and
what the runtime tells of its runs.
Out: an `Explanation`, trace files, charts. Nothing here decides anything; it shows what
others decided.
"""

from lazydag.explain.bar import progress
from lazydag.explain.public import FORMATS, STAGES, explain
from lazydag.explain.recording import trace

__all__ = ["FORMATS", "STAGES", "explain", "progress", "trace"]
