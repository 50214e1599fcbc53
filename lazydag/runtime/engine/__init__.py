"""The engine: how workers share the tasks of a run, written on words of memory.

In: the words of a pool and of its open jobs.
Out: tasks run, in an order that keeps their edges.

The modules here (all but `memory`) are written in a restricted language: functions over
64-bit integers, with the intrinsics of `lazydag.runtime.engine.memory` and nothing
else. Run as Python they serve the reference backend and are model-checked; translated
to machine code they run without the GIL.

=============== =======================================================================
words           where everything lies: start here
ready_set, bits which tasks are ready, in order of priority
park, idle      sleeping and waking, and waiting before that
take            a ready task for a worker, and others for other workers
calls, tiles    running it: a kernel, a grid of tiles, a Python callable
finish          what follows: successors, failures, events
work            all of this in a loop
jobs, helpers   what a leader does, and what helping threads do
order           before all runs: ranks by critical path, and successors by rank
=============== =======================================================================
"""
