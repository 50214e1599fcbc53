"""What is computed, how, why and what it costs, before, during and after it is run.

In: a traced function or lazy arrays, the plans that the compiler makes of them, and
what the runtime tells of its runs.
Out: an `Explanation`, trace files, charts. Nothing here decides anything; it shows what
others decided.
"""

from typing import TYPE_CHECKING, Any

from lazydag.explain.bar import progress
from lazydag.explain.doctor import doctor
from lazydag.explain.public import FORMATS, STAGES, explain
from lazydag.explain.recording import trace

if TYPE_CHECKING:
    from lazydag.explain.chart import gantt

__all__ = ["FORMATS", "STAGES", "doctor", "explain", "gantt", "progress", "trace"]


def __getattr__(name: str) -> Any:
    if name != "gantt":
        raise AttributeError(f"module 'lazydag.explain' has no attribute {name!r}")
    from lazydag.explain.chart import gantt as drawn  # noqa: PLC0415 -- loads the runtime

    return drawn
