"""The engine: how workers share the tasks of a run, written on words of memory.

In: the words of a pool and of its open jobs.
Out: tasks run, in an order that keeps their edges.

The modules here (all but `memory`) are written in a restricted language: functions over
64-bit integers, with the intrinsics of `lazydag.runtime.engine.memory` and nothing
else. Run as Python they serve the reference backend and are model-checked; translated
to machine code they run without the GIL.
"""
