"""How long a plan takes if everything takes as long as estimated."""

from heapq import heappop, heappush

from lazydag.compiler.plan import Plan


def simulated_seconds(planned: Plan) -> float:
    """Return when a plan ends whose host and streams each do one thing at a time.

    The host does what has the longest path behind it. Tasks that put work on a stream
    take no time of the host; the work itself begins when all that it depends on has
    ended.
    """
    return _Simulation(planned).run()


class _Simulation:
    def __init__(self, planned):
        graph, streams = planned.task_graph, planned.lowered.handles.streams
        self.costs = [task.cost for task in graph.tasks]
        self.on = [
            next((a.slot for a in task.accesses if a.slot in streams), -1)
            for task in graph.tasks
        ]
        self.waiting = [len(before) for before in graph.predecessors]
        self.behind = [[] for _ in self.waiting]
        for number, before in enumerate(graph.predecessors):
            for earlier in before:
                self.behind[earlier].append(number)
        self.rank = [0.0] * len(self.waiting)
        for number in reversed(range(len(self.waiting))):
            longest = max((self.rank[k] for k in self.behind[number]), default=0.0)
            self.rank[number] = self.costs[number] + longest
        # What ends when; what the host could do, and when it and streams are free.
        self.ends, self.near, self.free = [], [], {}
        self.now = self.host = 0.0

    def begin(self, number):
        on, cost = self.on[number], self.costs[number]
        if cost and on < 0:
            heappush(self.near, (-self.rank[number], number))
            return
        start = max(self.now, self.free.get(on, 0.0)) if cost else self.now
        self.free[on] = start + cost
        heappush(self.ends, (start + cost, number))

    def run(self):
        for number, count in enumerate(self.waiting):
            if not count:
                self.begin(number)
        while self.ends or self.near:
            if self.near and self.host <= self.now:
                _, number = heappop(self.near)
                self.host = self.now + self.costs[number]
                heappush(self.ends, (self.host, number))
            self.now, number = heappop(self.ends)
            self.end(number)
        return self.now

    def end(self, number):
        for other in self.behind[number]:
            self.waiting[other] -= 1
            if not self.waiting[other]:
                self.begin(other)
