"""What placement knows of this machine: backends, programs, earlier runs."""

import pytest

from lazydag.compiler import kernel_costs, stages
from lazydag.compiler.placing import offered_way
from lazydag.compiler.session import session
from lazydag.cost.history import History, Settled
from lazydag.passes.work import cost_key
from tests.passes.programs import do, graph_of, inputs, kernels
from tests.passes.targets import LAPTOP, WITH_GPU


def devices(placed):
    return [kernel.attrs.device for kernel in kernels(placed)]


def test_kernels_that_gpus_compute_go_there():
    (x,) = inputs("f64[20000000]")
    value = x
    for _ in range(4):
        value = do("pow", value, x)
    (name,) = devices(stages(graph_of([x], value), WITH_GPU)[-1])
    assert name.startswith("gpu:0")


def test_all_threads_share_a_product():
    (x,) = inputs("f64[2000,2000]")
    placed = stages(graph_of([x], do("matmul", x, x)), LAPTOP)[-1]
    (cost,) = kernel_costs(placed, LAPTOP).values()
    assert cost.seconds == pytest.approx(2 * 2000**3 / 32e9, rel=0.01)
    (note,) = [note for note in placed.notes if note.by == "place"]
    assert str(cost) in note.reason


def test_ways_that_were_offered_are_found_again():
    (x,) = inputs("f64[20000000]")
    value = x
    for _ in range(4):
        value = do("pow", value, x)
    placed = stages(graph_of([x], value), WITH_GPU)[-1]
    (kernel,) = kernels(placed)
    way = offered_way(kernel, WITH_GPU)
    assert way is not None
    assert way.name == kernel.attrs.device
    (note,) = [note for note in placed.notes if note.by == "place"]
    assert str(way.expected) in note.reason


def test_runs_that_were_fast_here_count(monkeypatch):
    (x,) = inputs("f64[20000000]")
    value = x
    for _ in range(4):
        value = do("pow", value, x)
    graph = graph_of([x], value)
    (kernel,) = kernels(stages(graph, WITH_GPU)[-1])
    history, here = History(), session()
    monkeypatch.setitem(vars(here), "settled", Settled(history))
    history.record(*cost_key(kernel), "cpu:0", 0.01, 1.0)
    assert devices(stages(graph, WITH_GPU)[-1]) != ["cpu:0"]
    monkeypatch.setitem(vars(here), "target", WITH_GPU)
    assert devices(stages(graph, WITH_GPU)[-1]) == ["cpu:0"]
