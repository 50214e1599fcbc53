"""Paths and schedules, against networkx, against every schedule, against bounds."""

import itertools
import time

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.explain.schedule import list_schedule, longest_path, remaining


def arrays(costs, pairs):
    sources, destinations = zip(*pairs, strict=True) if pairs else ((), ())
    edges = np.array(sources, np.int64), np.array(destinations, np.int64)
    return np.array(costs, np.float64), edges


@st.composite
def dags(draw, max_tasks=9):
    """Costs in whole seconds, some 0, and edges between lower and higher numbers."""
    n = draw(st.integers(0, max_tasks))
    costs = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    pairs = list(itertools.combinations(range(n), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return costs, chosen


def longest_by_networkx(costs, pairs):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(costs)))
    graph.add_edges_from((a, b, {"weight": costs[a]}) for a, b in pairs)
    graph.add_edges_from((i, "end", {"weight": cost}) for i, cost in enumerate(costs))
    return nx.dag_longest_path_length(graph)


@given(dags())
def test_longest_path(dag):
    costs, pairs = dag
    path = longest_path(*arrays(costs, pairs))
    assert path.seconds == longest_by_networkx(costs, pairs)
    assert sum(costs[task] for task in path.tasks) == path.seconds
    assert all(pair in pairs for pair in itertools.pairwise(path.tasks))


@given(dags())
def test_remaining_is_the_longest_path_from_each_task(dag):
    costs, pairs = dag
    graph = nx.DiGraph(pairs)
    graph.add_nodes_from(range(len(costs)))
    for task, left in enumerate(remaining(*arrays(costs, pairs))):
        below = nx.descendants(graph, task) | {task}
        kept = [cost if i in below else 0 for i, cost in enumerate(costs)]
        own = [(a, b) for a, b in pairs if a in below]
        assert left == longest_by_networkx(kept, own)


def simulated(costs, pieces, pairs, workers):
    """List scheduling second by second, without any queue."""
    urgency = remaining(*arrays(costs, pairs))
    order = sorted(range(len(costs)), key=lambda t: (-urgency[t], t))
    todo, ends, running = dict(enumerate(pieces)), {}, []
    for now in itertools.count():
        changed = True
        while changed:  # tasks of no time end in the second in which they start
            changed = False
            for end, task in sorted(running):
                if end <= now:
                    running.remove((end, task))
                    if not todo[task] and task not in [t for _, t in running]:
                        ends[task] = now
                    changed = True
            for task in order:
                ready = all(a in ends for a, b in pairs if b == task)
                while ready and todo[task] and len(running) < workers:
                    todo[task] -= 1
                    running.append((now + costs[task], task))
                    changed = True
        if len(ends) == len(costs):
            return [ends[task] for task in range(len(costs))]
    raise AssertionError


@given(dags(), st.data(), st.integers(1, 4))
def test_schedule_is_that_of_a_slow_simulation(dag, data, workers):
    costs = [max(1, cost) for cost in dag[0]]
    pieces = data.draw(st.tuples(*[st.integers(1, 3)] * len(costs)))
    cost_array, edges = arrays(costs, dag[1])
    found = list_schedule(cost_array, np.array(pieces, np.int64), edges, workers)
    assert found.ends.tolist() == simulated(costs, pieces, dag[1], workers)


@given(dags(), st.integers(1, 4))
def test_schedule_keeps_edges_workers_and_bounds(dag, workers):
    costs, pairs = dag
    cost_array, edges = arrays(costs, pairs)
    found = list_schedule(cost_array, np.ones(len(costs), np.int64), edges, workers)
    assert np.array_equal(found.ends - found.starts, cost_array)
    assert all(found.ends[a] <= found.starts[b] for a, b in pairs)
    for moment in range(int(found.makespan)):
        running = (found.starts <= moment) & (moment < found.ends)
        assert np.count_nonzero(running) <= workers
    work, span = sum(costs), longest_by_networkx(costs, pairs)
    assert max(span, work / workers) <= found.makespan
    assert found.makespan <= work / workers + span * (workers - 1) / workers


def best_makespan(costs, pairs, workers):
    """The shortest of all greedy schedules, one of which is the best there is."""

    def extend(done, running, now):
        if len(done) == len(costs):
            return now
        free = workers - len(running)
        begun = done | {task for _, task in running}
        ready = [
            task
            for task in range(len(costs))
            if task not in begun and all(a in done for a, b in pairs if b == task)
        ]
        best = float("inf")
        for count in range(min(free, len(ready)) + 1):
            for chosen in itertools.combinations(ready, count):
                started = running + [(now + costs[task], task) for task in chosen]
                if not started:
                    continue
                end = min(started)[0]
                ended = {task for at, task in started if at == end}
                rest = [(at, task) for at, task in started if at > end]
                best = min(best, extend(done | ended, rest, end))
        return best

    return extend(frozenset(), [], 0)


@given(dags(max_tasks=5))
def test_schedule_is_near_the_best(dag):
    costs = [max(1, cost) for cost in dag[0]]
    cost_array, edges = arrays(costs, dag[1])
    found = list_schedule(cost_array, np.ones(len(costs), np.int64), edges, 2)
    best = best_makespan(costs, dag[1], 2)
    assert best <= found.makespan <= 1.5 * best  # 2 - 1 / workers


def test_pieces_are_shared_among_workers():
    costs, edges = arrays([1.0, 1.0], [(0, 1)])
    pieces = np.array([4, 1])
    assert list_schedule(costs, pieces, edges, 2).makespan == 3.0
    assert list_schedule(costs, pieces, edges, 8).makespan == 2.0
    assert list_schedule(costs, pieces, edges, 8).starts.tolist() == [0.0, 1.0]
    assert list_schedule(costs, pieces, edges, 3).starts.tolist() == [0.0, 2.0]


def test_nothing():
    costs, edges = arrays([], [])
    assert longest_path(costs, edges).tasks == ()
    assert list_schedule(costs, np.array([], np.int64), edges, 2).makespan == 0.0


@pytest.mark.parametrize("shape", ["chain", "layers"])
def test_a_hundred_thousand_tasks(shape):
    n = 100_000
    step = 1 if shape == "chain" else 100
    sources = np.arange(n - step)
    edges = sources, sources + step
    begin = time.process_time()
    assert longest_path(np.ones(n), edges).seconds == n // step
    made = list_schedule(np.ones(n), np.ones(n, np.int64), edges, 100)
    assert made.makespan == n // step
    assert time.process_time() - begin < 5.0
