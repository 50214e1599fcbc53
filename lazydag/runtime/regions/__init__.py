"""Regions: tasks that declare what they access, recorded, planned and run as a whole.

In: spawned calls whose arguments are wrapped in `In`, `Out`, `InOut` or `Deps`.
Out: a frozen graph, kept by the structure of what was recorded; its runs, and the
tasks' results.
"""

from lazydag.runtime.regions.access import Accessed, Deps, In, InOut, Out
from lazydag.runtime.regions.planning import PlanCache, RegionPlan
from lazydag.runtime.regions.region import Host, TaskRegion

__all__ = [
    "Accessed",
    "Deps",
    "Host",
    "In",
    "InOut",
    "Out",
    "PlanCache",
    "RegionPlan",
    "TaskRegion",
]
