"""How long a plan takes if everything takes as long as estimated."""

from heapq import heappop, heappush

from lazydag.compiler.plan import Plan


def simulated_seconds(planned: Plan) -> float:
    """Return when a plan ends whose host and streams each do one thing at a time.

    The host does what is ready first. Tasks that put work on a stream take no time of
    the host; the work itself begins when all that it depends on has ended.
    """
    graph, streams = planned.task_graph, planned.lowered.handles.streams
    waiting = [len(before) for before in graph.predecessors]
    behind: list[list[int]] = [[] for _ in waiting]
    for number, before in enumerate(graph.predecessors):
        for earlier in before:
            behind[earlier].append(number)
    ready = [(0.0, number) for number, count in enumerate(waiting) if not count]
    begins = [0.0] * len(waiting)
    free: dict[int, float] = {}
    last = 0.0
    while ready:
        begin, number = heappop(ready)
        task = graph.tasks[number]
        on = next((a.slot for a in task.accesses if a.slot in streams), -1)
        if task.cost:
            begin = max(begin, free.get(on, 0.0))
            free[on] = begin + task.cost
        end = begin + task.cost
        last = max(last, end)
        for other in behind[number]:
            waiting[other] -= 1
            begins[other] = max(begins[other], end)
            if not waiting[other]:
                heappush(ready, (begins[other], other))
    return last
