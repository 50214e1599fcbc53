"""The target files of the examples: what is planned for them without any GPU."""

from pathlib import Path

import pytest

from lazydag.cost.estimate import route
from lazydag.cost.store import load
from lazydag.ir.attrs import KernelAttrs
from tests.passes.programs import do, graph_of, inputs, planned, reduce

TARGETS = Path(__file__).parents[2] / "examples" / "targets"


@pytest.fixture(scope="module")
def h200x4():
    return load(TARGETS / "h200x4.toml")


def test_gpus_reach_each_other_without_the_host(h200x4):
    gpus = [each.space for each in h200x4.devices if each.kind == "gpu"]
    assert len(gpus) == 4
    ways = [route(h200x4, 1e9, a, b) for a in gpus for b in gpus if a != b]
    assert {len(way) for way in ways} == {1}
    assert all(h200x4.space(name).nbytes == 141e9 for name in gpus)


def test_long_chains_run_on_gpus_and_short_ones_at_home(h200x4):
    def devices(size, steps):
        (x,) = params = inputs(f"f64[{size}]")
        value = x
        for _ in range(steps):
            value = do("pow", value, x)
        placed = planned(graph_of(params, reduce("sum", value)), h200x4)
        attrs = (node.attrs for node in placed.nodes())
        return [each.device for each in attrs if isinstance(each, KernelAttrs)]

    assert devices(100_000_000, 60)[0].startswith("gpu:")
    assert set(devices(1000, 3)) == {"cpu:0"}
