from dataclasses import replace

import pytest

from lazydag.cost import Link, Space, Target
from lazydag.errors import TargetError


def test_hand_made_targets_are_values(four_gpus):
    assert four_gpus == replace(four_gpus)
    assert hash(four_gpus) == hash(replace(four_gpus))
    assert four_gpus.default.name == "cpu:0"
    assert four_gpus.device("gpu:3").space == "gpu3"
    assert four_gpus.space("ram1").nbytes == 256 * 10**9


def test_unknown_names_tell_the_known_ones(four_gpus):
    with pytest.raises(TargetError, match=r"no device 'gpu:9'(?s:.*)It has cpu:0, "):
        four_gpus.device("gpu:9")
    with pytest.raises(TargetError, match="no memory space 'gpu9'"):
        four_gpus.space("gpu9")


def test_ways_name_devices_and_say_where_operands_are(four_gpus):
    def names(way):
        return [device.name for device in four_gpus.devices_of(way)]

    assert names(None) == ["cpu:0"]
    assert names("gpu:1") == ["gpu:1"]
    assert names("gpu:0+gpu:1/streamed") == ["gpu:0", "gpu:1"]
    assert four_gpus.space_of("gpu:1") == "gpu1"
    home = four_gpus.default.space
    for way in (None, "gpu:0+gpu:1", "gpu:0/streamed"):
        assert four_gpus.space_of(way) == home
    with pytest.raises(TargetError, match="no device 'gpu:7'"):
        four_gpus.space_of("gpu:0+gpu:7")


def test_unknown_dtypes_are_taken_for_the_slowest(four_gpus):
    assert four_gpus.default.flops("f32") == 160e9
    assert four_gpus.default.flops("i8") == 80e9


def test_inconsistent_targets_are_refused(four_gpus):
    cpu = four_gpus.default
    ram = Space("ram0", 1)

    def refused(match, devices=(cpu,), spaces=(ram,), links=()):
        with pytest.raises(TargetError, match=match):
            Target(devices, spaces, links)

    refused("has no devices", devices=())
    refused("cpu:0 names the memory space 'ram0', which is unknown", spaces=())
    refused("two devices are named 'cpu:0'", devices=(cpu, cpu))
    refused("two memory spaces are named 'ram0'", spaces=(ram, ram))
    refused("link ram0 to moon names", links=(Link("ram0", "moon", 0, 1),))
    refused("bytes_per_s = 0, which is not", links=(Link("ram0", "ram0", 0, 0),))
    refused("threads = 0", devices=(replace(cpu, threads=0),))
    refused(
        "flops_per_s.f64 = nan",
        devices=(replace(cpu, flops_per_s={"f64": float("nan")}),),
    )
    refused("has no flops_per_s", devices=(replace(cpu, flops_per_s={}),))
