"""Calibration of GPUs, whose times are made up."""

from dataclasses import replace

import pytest

from lazydag.cost import transfer_seconds
from lazydag.cost.calibrate import calibrate
from lazydag.cost.calibrate_gpus import with_measured_gpus
from lazydag.cost.gpus import with_gpus
from lazydag.cost.host import default_target
from lazydag.cost.nvidia import gpus_of
from tests.cost.test_gpus import Driver


class Times:
    """GPUs of 2 TB/s; a link's speed depends on its ends."""

    dtypes = ("f64", "i64")

    def launch_seconds(self, gpu):
        return 3e-6 + gpu * 1e-6

    def copy_seconds(self, gpu, nbytes):
        return 2 * nbytes / 2e12

    def transfer_seconds(self, src, dst, nbytes):
        speed = 50e9 if None in {src, dst} else 300e9
        return 8e-6 + nbytes / speed

    def operations_per_s(self, gpu, dtype):
        return {"f64": 1e13, "i64": 1e12}[dtype] * (1 + gpu)

    def products_per_s(self, gpu, dtype):
        return {"f64": 4e13, "f32": 5e13}[dtype]


@pytest.fixture
def machine():
    return with_gpus(default_target(), gpus_of(Driver(2)))


def test_gpus_have_the_speeds_that_were_measured(machine):
    target = with_measured_gpus(machine, Times())
    assert target.default == machine.default
    first, second = target.devices[1:]
    assert first.bytes_per_s == pytest.approx(2e12)
    assert first.thread_bytes_per_s * first.threads == pytest.approx(2e12)
    assert (first.flops("f64"), second.flops("f64")) == (1e13, 2e13)
    assert first.flops("f32") == machine.device("gpu:0").flops("f32")
    assert first.flops("f64", in_products=True) == 4e13
    assert first.flops("i64", in_products=True) == 1e12
    assert second.task_overhead_seconds == pytest.approx(4e-6)


def test_links_have_latency_and_speed(machine):
    target = with_measured_gpus(machine, Times())
    for ends, speed in ((("ram", "gpu1"), 50e9), (("gpu1", "gpu0"), 300e9)):
        seconds = transfer_seconds(target, 1e9, *ends)
        assert seconds == pytest.approx(8e-6 + 1e9 / speed, rel=0.01)
    disk = [link for link in machine.links if "disk" in {link.src, link.dst}]
    assert [link for link in target.links if "disk" in {link.src, link.dst}] == disk


def test_a_small_gpu_is_measured_in_less_memory(machine):
    small = replace(machine.space("gpu0"), nbytes=1 << 20)
    spaces = tuple(small if s.name == "gpu0" else s for s in machine.spaces)
    asked = []

    class Watched(Times):
        def copy_seconds(self, gpu, nbytes):
            asked.append(nbytes)
            return super().copy_seconds(gpu, nbytes)

    with_measured_gpus(replace(machine, spaces=spaces), Watched())
    assert asked[0] <= 1 << 17


def test_all_is_calibrated_at_once(machine, tmp_path):
    target = calibrate(seconds=0.2, folder=tmp_path, base=machine, gpus=Times())
    assert target.device("gpu:1").flops("f64") == 2e13
    assert target.default.flops("f64") > 0
    assert transfer_seconds(target, 1e9, "disk", "gpu0") > 0
