"""Ways: what can run where, and what is offered besides single devices."""

from dataclasses import replace

from lazydag.cost.estimate import Estimate
from lazydag.ir.graph import Stage
from lazydag.ir.ops import OPS
from lazydag.ir.verify import verify
from lazydag.passes.place import Place, Way
from tests.passes.programs import do, graph_of, inputs, kernels, planned
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


def together(seconds):
    """Offer each kernel a way over two GPUs."""

    def offer(kernel, target):
        name, devices = "gpu:0+gpu:1", ("gpu:0", "gpu:1")
        space, expected = target.space_of(name), Estimate(seconds, "compute")
        return [Way(name, devices, space, kernel.attrs.tile, expected)]

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
