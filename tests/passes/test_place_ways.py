"""Ways: what can run where, and what is offered besides single devices."""

from dataclasses import replace

import pytest

from lazydag.cost.estimate import Estimate, transfer_seconds
from lazydag.ir.graph import Stage
from lazydag.ir.ops import OPS
from lazydag.ir.verify import verify
from lazydag.passes.place import Place, Way
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow
from lazydag.passes.place.strategies import best
from lazydag.passes.place.ways import Ways
from lazydag.passes.tile import Tile
from tests.passes.programs import do, graph_of, inputs, kernels, planned, reduce
from tests.passes.targets import FOUR_GPUS, WITH_GPU

SQUARE = "f64[4000,4000]"


def products(count):
    """A chain of products that are worth a transfer, then something small."""
    (x,) = inputs(SQUARE)
    value = x
    for _ in range(count):
        value = do("matmul", value, x)
    return planned(graph_of([x], value), FOUR_GPUS, Stage.TILED)


def no_products(body):
    return all(node.op is not OPS["matmul"] for node in body.nodes())


def names(graph):
    return [kernel.attrs.device for kernel in kernels(graph)]


def test_what_no_gpu_computes_stays():
    tiled = products(3)
    assert set(names(Place()(tiled, FOUR_GPUS))) == {"gpu:0"}
    assert set(names(Place(can_run=no_products)(tiled, FOUR_GPUS))) == {"cpu:0"}


def test_values_return_for_what_no_gpu_computes():
    (x,) = inputs(SQUARE)
    value = x
    for _ in range(4):
        value = do("pow", value, x)
    value = do("matmul", value, x)
    tiled = planned(graph_of([x], value), WITH_GPU, Stage.TILED)
    placed = Place(can_run=no_products)(tiled, WITH_GPU)
    verify(placed)
    assert names(placed) == ["gpu:0", "cpu:0"]


def together(seconds, there=None):
    """Offer each kernel a way over two GPUs."""

    def offer(kernel, target):
        name, devices = "gpu:0+gpu:1", ("gpu:0", "gpu:1")
        space, expected = target.space_of(name), Estimate(seconds, "compute")
        return [Way(name, devices, space, kernel.attrs.tile, expected, there)]

    return offer


def test_devices_share_a_kernel_if_that_is_faster():
    tiled = products(1)
    quick, slow = (
        Place(offers=(together(s),))(tiled, FOUR_GPUS) for s in (1e-6, 1000.0)
    )
    assert names(quick) == ["gpu:0+gpu:1"]
    assert names(slow) == ["gpu:0"]
    # Operands and results are at home, from where the devices have what they need.
    assert all(node.op is not OPS["copy"] for node in quick.nodes())
    assert any("gpu:0+gpu:1 ends at" in note.reason for note in slow.notes)


def test_tiles_that_are_where_they_are_read_need_not_come():
    place = Place(can_run=lambda _: False, offers=(together(6e-3, 0.0),))
    placed = place(products(3), FOUR_GPUS)
    assert names(placed) == ["gpu:0+gpu:1"] * 3
    reasons = [note.reason for note in placed.notes if note.by == "place"]
    # One of two matrices comes; one of three; one comes and one goes home.
    for reason, end in zip(reasons, ("3 ms", "5 ms", "9 ms"), strict=True):
        assert f"gpu:0+gpu:1 ends at {end}" in reason


@pytest.mark.parametrize("there", [None, 1e-3])
def test_tiles_that_are_read_at_home_have_to_come(there):
    (x,) = inputs(SQUARE)
    value = reduce("sum", do("matmul", x, x))
    tiled = planned(graph_of([x], value), FOUR_GPUS, Stage.TILED)

    def offer(kernel, target):
        ways = together(1e-3, there)(kernel, target)
        return [] if no_products(kernel.attrs.body) else ways

    ways = Ways(FOUR_GPUS, Tile(), lambda _: False, offers=(offer,))
    costs = Costs(FOUR_GPUS, ways)
    flow = Flow.of(tiled, kernels(tiled), FOUR_GPUS)
    rest = flow.kernels[1:]
    half = x.type.nbytes / 2
    coming = transfer_seconds(FOUR_GPUS, half, "gpu0", "ram") if there else 0.0
    wanted = 1e-3 + coming + sum(ways.first(kernel).seconds for kernel in rest)
    assert best(flow, costs).end == pytest.approx(wanted, rel=1e-2)


def test_a_way_of_several_devices_waits_for_all_of_them():
    params = inputs(SQUARE, SQUARE)
    values = [do("matmul", p, p) for p in params]
    tiled = planned(graph_of(params, *values), FOUR_GPUS, Stage.TILED)
    two = replace(FOUR_GPUS, devices=FOUR_GPUS.devices[:3])
    placed = Place(offers=(together(1e-6),))(tiled, two)
    assert names(placed) == ["gpu:0+gpu:1"] * 2
    first, second = [n.reason for n in placed.notes if n.by == "place"]
    assert "gpu:0+gpu:1 ends at 1 us" in first
    assert "gpu:0+gpu:1 ends at 2 us" in second
