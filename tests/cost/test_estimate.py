from dataclasses import replace

import pytest

from lazydag.cost import (
    Link,
    Speed,
    Target,
    Work,
    estimate,
    kernel_seconds,
    transfer_seconds,
)
from lazydag.cost.estimate import Estimate, shared
from lazydag.errors import TargetError


def test_a_sum_is_memory_bound_and_a_matrix_product_compute_bound(four_gpus):
    cpu = four_gpus.default
    total = estimate(Work(8e9, 0, {"f64": 1e9}, tiles=1024), cpu)
    assert total.bound == "memory"
    assert total.seconds == pytest.approx(8e9 / 50e9, rel=0.01)
    product = estimate(Work(3e6, 1e6, {"f64": 1e9}, tiles=1024), cpu)
    assert product.bound == "compute"
    assert product.seconds == pytest.approx(1e9 / 80e9, rel=0.02)
    assert estimate(Work(8, 8, {"f64": 1}), cpu).bound == "overhead"


def test_one_tile_runs_at_the_speed_of_one_thread(four_gpus):
    cpu = four_gpus.default
    assert estimate(Work(1e9), cpu).seconds == pytest.approx(0.1, rel=0.01)
    stream = Work(1e9, stream=True)
    assert estimate(stream, cpu).seconds == pytest.approx(0.05, rel=0.01)
    assert estimate(Work(1e9, tiles=800), cpu, threads=1).seconds == pytest.approx(
        0.1, rel=0.02
    )


def test_tiles_that_do_not_fill_the_last_round_cost_a_whole_one(four_gpus):
    cpu = four_gpus.default
    eight = estimate(Work(flops={"f64": 8e9}, tiles=8), cpu).seconds
    nine = estimate(Work(flops={"f64": 9e9}, tiles=9), cpu).seconds
    assert nine == pytest.approx(2 * eight)


def test_dtypes_have_their_own_speeds(four_gpus):
    cpu = four_gpus.default
    single = estimate(Work(flops={"f32": 1e9}, tiles=64), cpu).seconds
    double = estimate(Work(flops={"f64": 1e9}, tiles=64), cpu).seconds
    assert double == pytest.approx(2 * single, rel=0.01)


def test_a_gpu_wins_on_data_that_it_has_and_loses_by_the_transfer(four_gpus):
    work = Work(8e9, 8e9, {"f64": 2e9}, tiles=100_000)
    cpu, gpu = four_gpus.device("cpu:0"), four_gpus.device("gpu:0")
    there = transfer_seconds(four_gpus, 8e9, "ram0", "gpu0")
    back = transfer_seconds(four_gpus, 8e9, "gpu0", "ram0")
    on_gpu, on_cpu = estimate(work, gpu).seconds, estimate(work, cpu).seconds
    assert on_gpu < on_cpu
    assert there + on_gpu + back > on_cpu


def test_transfers_take_the_fastest_way(four_gpus):
    def seconds(nbytes, src, dst):
        return transfer_seconds(four_gpus, nbytes, src, dst)

    assert seconds(1e9, "ram0", "ram0") == 0
    assert seconds(0, "ram0", "gpu0") == 1e-5
    direct = 1e-5 + 1e9 / 25e9
    assert seconds(1e9, "ram0", "gpu0") == pytest.approx(direct)
    hop = 5e-6 + 1e9 / 400e9
    assert seconds(1e9, "ram0", "gpu1") == pytest.approx(direct + hop)
    # Over the ring, or over the other socket: three hops of the one are faster.
    assert seconds(1e9, "ram0", "gpu2") == pytest.approx(direct + 2 * hop)


def test_the_fastest_way_depends_on_the_size(four_gpus):
    spaces, cpu = four_gpus.spaces[:3], four_gpus.devices[:2]
    slow = Link("ram0", "ram1", 1e-6, 1e9)
    far = (Link("ram0", "gpu0", 1e-3, 100e9), Link("gpu0", "ram1", 1e-3, 100e9))
    target = Target(cpu, spaces, (slow, *far))
    assert transfer_seconds(target, 1e3, "ram0", "ram1") == pytest.approx(2e-6)
    assert transfer_seconds(target, 1e9, "ram0", "ram1") == pytest.approx(0.022)


def test_spaces_without_links_are_an_error(four_gpus):
    target = Target(four_gpus.devices, four_gpus.spaces, four_gpus.links[:1])
    with pytest.raises(TargetError, match="no links from ram1 to gpu3"):
        transfer_seconds(target, 1, "ram1", "gpu3")
    with pytest.raises(TargetError, match="no memory space 'moon'"):
        transfer_seconds(target, 1, "ram1", "moon")


def test_estimates_print_for_people(four_gpus):
    assert str(estimate(Work(1e9), four_gpus.default)) == "100 ms, memory-bound"


def test_what_was_measured_of_a_kernel_counts(four_gpus):
    work = Work(8.0, 8.0, {"f64": 1e9})
    estimated = kernel_seconds(four_gpus, work, "gemm.f64", "18x18x18")
    assert estimated == estimate(work, four_gpus.default, threads=1).seconds
    speeds = Speed("gemm.f64", "18x18x18", 2e9), Speed("lacpy.f64", "18x18", 4e9)
    target = replace(four_gpus, kernels=speeds)
    overhead = target.default.task_overhead_seconds
    assert kernel_seconds(target, work, "gemm.f64", "18x18x18") == overhead + 0.5
    assert kernel_seconds(target, work, "gemm.f64", "20x20x20") == estimated
    copied = kernel_seconds(target, Work(1e9, 1e9), "lacpy.f64", "18x18")
    assert copied == overhead + 0.5


def test_products_have_a_speed_of_their_own(four_gpus):
    gpu = replace(four_gpus.device("gpu:0"), products_per_s={"f64": 60e12})
    plain = Work(flops={"f64": 6e12}, tiles=132)
    products = replace(plain, in_products=True)
    assert estimate(plain, gpu).seconds == pytest.approx(0.2, rel=0.01)
    assert estimate(products, gpu).seconds == pytest.approx(0.1, rel=0.01)
    single = replace(products, flops={"f32": 6e12})
    assert estimate(single, gpu).seconds == pytest.approx(0.1, rel=0.01)


def test_devices_share_work_by_their_speed():
    each = [Estimate(3.0, "memory"), Estimate(6.0, "compute")]
    assert shared(each).seconds == pytest.approx(2.0)
    assert shared(each).bound == "compute"
