"""The compiler: from a traced graph to a plan, and from a plan to results.

In: a `Graph` at stage TRACED and the arrays (or their layouts) for its parameters.
Out: the graph at every stage, a `Plan` that runs, or the results themselves.
"""

from lazydag.compiler.binding import fetched
from lazydag.compiler.cache import evaluate, plan
from lazydag.compiler.foreign import adopted
from lazydag.compiler.layout import Layout, Residence, layout_of
from lazydag.compiler.pipeline import kernel_costs, stages
from lazydag.compiler.plan import AnyArray, Plan
from lazydag.compiler.residence import device_names, resident
from lazydag.compiler.session import (
    get_num_threads,
    host_target,
    memory_pool,
    set_num_threads,
)
from lazydag.compiler.user_kernels import (
    cannot_compile,
    compile_whole,
    user_kernel_dtype,
)

__all__ = [
    "AnyArray",
    "Layout",
    "Plan",
    "Residence",
    "adopted",
    "cannot_compile",
    "compile_whole",
    "device_names",
    "evaluate",
    "fetched",
    "get_num_threads",
    "host_target",
    "kernel_costs",
    "layout_of",
    "memory_pool",
    "plan",
    "resident",
    "set_num_threads",
    "stages",
    "user_kernel_dtype",
]
