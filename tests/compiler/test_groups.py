"""Tile programs on several GPUs, of which none is there."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cuda.cupy_device import CupyDevice
from lazydag.backends.cuda.memory import placed
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import layout_of, plan
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.pipeline import PIPELINE
from lazydag.compiler.tiled import tiled_ways
from lazydag.cost.target import Space, Target
from lazydag.errors import LinAlgError, UnsupportedError
from lazydag.ir.graph import Stage
from lazydag.passes.place import Place
from lazydag.runtime import Role
from tests.passes.targets import GB, cpu, gpu, links

SPACES = ("gpu0", "gpu1", "gpu2")
SIZE = 330
ORDER = 110


def machine(*, peers, count=3):
    """Return GPUs that are so fast that all goes there."""
    spaces = SPACES[:count]
    ways = [link for space in spaces for link in links("ram", space, 1e15)]
    if peers:
        ways += links("gpu0", "gpu1", 1e16)
    return Target(
        (cpu(2), *(gpu(k) for k in range(count))),
        (Space("ram", 64 * GB), *(Space(space, 80 * GB) for space in spaces)),
        tuple(ways),
        name="group",
    )


@pytest.fixture
def devices():
    first = SimulatedDevice(seed=3)
    others = [
        SimulatedDevice(f"gpu:{k}", f"gpu{k}", context=7 + k, beside=first)
        for k in (1, 2)
    ]
    for device in (first, *others):
        attach(device)
    yield first, *others
    for device in (first, *others):
        detach(device.name)


def _on_all(kernel, target):
    ways = sorted(tiled_ways(kernel, target), key=lambda way: len(way.devices))
    return ways[-1:]


@pytest.fixture(autouse=True)
def only_programs(monkeypatch):
    """Leave kernels no other way to devices than as tile programs of them all."""
    place = Place(can_run=lambda _: False, offers=(_on_all,))
    monkeypatch.setitem(PIPELINE, Stage.PLACED, (place,))
    monkeypatch.setattr("lazydag.compiler.groups.tile_order", lambda *_: ORDER)


def matrix(seed=0, rows=SIZE, columns=SIZE):
    return np.random.default_rng(seed).standard_normal((rows, columns))


def definite(seed=0):
    x = matrix(seed)
    return x @ x.T + SIZE * np.eye(SIZE)


PROBLEMS = {
    "cholesky": (ld.linalg.cholesky, [definite()]),
    "upper": (lambda a: ld.linalg.cholesky(a, upper=True), [definite()]),
    "solve": (ld.linalg.solve, [matrix(), matrix(1, columns=7)]),
    "qr": (lambda a: ld.linalg.qr(a).R, [matrix(3, 500, 220)]),
    "product": (lambda a, b: a.T @ b, [matrix(4, 340), matrix(5, 340, 350)]),
    "finished": (
        lambda a, b, c: ld.exp((a.T @ b) * 0.01) + c,
        [matrix(6, 340), matrix(7, 340, 350), matrix(8, 1, 350)],
    ),
    "chain": (lambda a: ld.linalg.cholesky(a @ a.T + SIZE), [definite() / SIZE]),
    "mapped": (
        lambda a, b: ld.exp(ld.linalg.cholesky(a @ a.T + SIZE) * 0.01) @ b,
        [definite() / SIZE, matrix(9)],
    ),
    "turned": (
        lambda a, b: ld.linalg.cholesky(ld.exp((a @ a.T + SIZE).T * 1e-4) + b),
        [definite() / SIZE, definite()],
    ),
    "norms": (lambda a: ld.linalg.cholesky(a + a.T).sum(axis=1), [definite() / 2]),
}


def graph_of(name):
    compute, arrays = PROBLEMS[name]
    lazy = [ld.asarray(array) for array in arrays]
    return ld.explain(compute(*lazy)).graphs[0]


def ways(planned):
    return [kernel.attrs.device for kernel in planned.memory.kernels]


@pytest.mark.parametrize(
    ("name", "peers"),
    [
        ("cholesky", False),
        ("solve", True),
        ("chain", False),
        ("mapped", True),
        ("turned", False),
    ],
)
def test_results_are_those_of_the_host(name, peers, devices):
    graph, arrays = graph_of(name), PROBLEMS[name][1]
    planned = plan(graph, target=machine(peers=peers))
    assert "gpu:0+gpu:1+gpu:2/tiles" in ways(planned)
    wanted = plan(graph).run(arrays)
    for one, other in zip(planned.run(arrays), wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert not devices[0].faults


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.gpu)])
def device(request):
    made = SimulatedDevice(seed=5) if request.param == "simulated" else CupyDevice()
    attach(made)
    yield made
    detach(made.name)


@pytest.mark.parametrize("name", PROBLEMS)
def test_one_gpu_computes_in_tiles_while_it_fetches_others(name, device):
    arrays = PROBLEMS[name][1]
    planned = plan(graph_of(name), target=machine(peers=False, count=1))
    assert "gpu:0/tiles" in ways(planned)
    wanted = plan(graph_of(name)).run(arrays)
    for one, other in zip(planned.run(arrays), wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    if isinstance(device, SimulatedDevice):
        assert not device.faults


@pytest.mark.parametrize("steps", [(1, 2), (-1, 1)])
def test_arguments_may_lie_anyhow(steps, devices):
    wide = np.zeros((SIZE, 2 * SIZE))
    lying = wide[:: steps[0], : SIZE * steps[1] : steps[1]]
    lying[...] = definite()
    planned = plan(graph_of("cholesky"), [layout_of(lying)], machine(peers=False))
    (found,) = planned.run([lying])
    np.testing.assert_allclose(found, np.linalg.cholesky(definite()), atol=1e-9)
    assert not devices[0].faults


def test_what_is_made_and_used_on_devices_takes_no_memory_of_the_host(devices):
    planned = plan(graph_of("chain"), target=machine(peers=True))
    assert ways(planned) == ["gpu:0+gpu:1+gpu:2/tiles"] * 2
    slots = planned.task_graph.slots
    whole = [slot for slot in slots if slot.nbytes == SIZE * SIZE * 8]
    assert [slot.role for slot in whole] == [Role.PARAM, Role.OUTPUT]
    (found,) = planned.run(PROBLEMS["chain"][1])
    (wanted,) = plan(graph_of("chain")).run(PROBLEMS["chain"][1])
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
    assert not devices[0].faults


def test_arguments_and_results_on_a_device_do_not_go_by_way_of_the_host(devices):
    given = placed(devices[0], definite())
    target = machine(peers=True, count=2)
    planned = plan(graph_of("cholesky"), [layout_of(given)], target)
    assert ways(planned) == ["gpu:0+gpu:1/tiles"]
    whole = SIZE * SIZE * 8
    slots = [slot.role for slot in planned.task_graph.slots if slot.nbytes == whole]
    assert slots == [Role.PARAM, Role.OUTPUT]
    (found,) = planned.run([given])
    np.testing.assert_allclose(found.on_host(), np.linalg.cholesky(definite()))
    np.testing.assert_array_equal(given.on_host(), definite())
    assert not devices[0].faults


def test_tiles_that_are_not_read_are_not_copied(devices):
    planned = plan(graph_of("cholesky"), target=machine(peers=True))
    copies = [task for task in planned.task_graph.tasks if task.name == "copy"]
    most = SIZE * SIZE * 8
    # Half of the matrix goes there and comes back, and columns go to the others.
    moved = sum(
        access.stop - access.start if access.region is None else access.region.nbytes
        for task in copies
        for access in task.accesses[1:2]
    )
    assert moved < 3 * most
    assert len(devices) == 3


def test_a_matrix_that_is_not_definite_is_an_error_on_devices_too(devices):
    planned = plan(graph_of("cholesky"), target=machine(peers=True))
    wrong = definite()
    wrong[250, 250] = -1.0
    with pytest.raises(LinAlgError, match="251"):
        planned.run([wrong])
    (found,) = planned.run([definite()])
    np.testing.assert_allclose(found, np.linalg.cholesky(definite()), atol=1e-9)
    assert not devices[0].faults


def test_without_the_devices_a_plan_is_refused():
    with pytest.raises(UnsupportedError, match="tasks are placed on gpu:"):
        plan(graph_of("cholesky"), target=machine(peers=True))
