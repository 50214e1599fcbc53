"""GPUs of this machine, as a driver describes them: one that is made up."""

from dataclasses import replace

import pytest

from lazydag.cost import gpus, nvidia, transfer_seconds
from lazydag.cost.calibrate import save_calibration
from lazydag.cost.gpus import is_wanted, usable_gpus, with_gpus, without_gpus
from lazydag.cost.host import default_target, detect
from lazydag.cost.nvidia import gpus_of
from lazydag.errors import UsageError

# Of an NVIDIA H200: kHz, bits and bytes.
H200 = {13: 1_980_000, 16: 132, 36: 3_201_000, 37: 6144, 38: 50 << 20, 75: 9, 76: 0}
FULL = 150_754_820_096


class Driver:
    """The functions of a driver that sees some GPUs, of which neighbours are linked."""

    def __init__(self, count, attributes=H200, error=0):
        self.count, self.attributes, self.error = count, attributes, error

    def cuInit(self, flags):
        assert flags == 0
        return self.error

    def cuDeviceGetCount(self, found):
        return _given(found, self.count)

    def cuDeviceGet(self, found, number):
        return _given(found, 10 + number)

    def cuDeviceGetName(self, text, nbytes, device):
        assert nbytes == len(text)
        text.value = f"NVIDIA H200 {device}".encode()
        return 0

    def cuDeviceTotalMem_v2(self, found, device):
        assert device >= 10
        return _given(found, FULL)

    def cuDeviceGetAttribute(self, found, which, device):
        assert device >= 10
        return _given(found, self.attributes.get(which, 0))

    def cuDeviceCanAccessPeer(self, found, device, other):
        return _given(found, abs(device - other) == 1)


def _given(found, value):
    found._obj.value = value
    return 0


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Let the machine have three GPUs, and CuPy."""
    found = gpus_of(Driver(3))
    monkeypatch.setenv("LAZYDAG_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("LAZYDAG_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "gpus_of_machine", lambda: found)
    monkeypatch.setattr(gpus, "has_library", lambda: True)
    return found


def names(target):
    return [device.name for device in target.devices]


def test_what_a_driver_tells():
    first, second = gpus_of(Driver(2))
    assert (first.number, first.name) == (0, "NVIDIA H200 10")
    assert (first.nbytes, first.multiprocessors) == (FULL, 132)
    assert first.capability == (9, 0)
    assert first.memory_bytes_per_s == pytest.approx(4.9e12, rel=0.01)
    assert (first.peers, second.peers) == ((1,), (0,))


def test_a_driver_that_fails_has_none():
    assert gpus_of(Driver(2, error=100)) == ()
    assert gpus_of(Driver(0)) == ()


def test_a_driver_that_tells_little():
    (gpu,) = gpus_of(Driver(1, attributes={}))
    target = with_gpus(default_target(), [gpu])
    assert target.device("gpu:0").bytes_per_s > 1e11
    assert target.device("gpu:0").flops("f64") > 0


def test_this_machine_is_asked_without_harm():
    assert nvidia.gpus_of_machine() == nvidia.gpus_of_machine()


def test_targets_have_them(machine):
    target = detect()
    assert names(target) == ["cpu:0", "gpu:0", "gpu:1", "gpu:2"]
    gpu = target.device("gpu:1")
    # The data sheet has 34 and 67 Tflop/s, 4.8 TB/s and 141 GB.
    assert gpu.flops("f64") == pytest.approx(34e12, rel=0.02)
    assert gpu.flops("f32") == pytest.approx(67e12, rel=0.02)
    assert gpu.bytes_per_s == pytest.approx(4.5e12, rel=0.05)
    assert 130e9 < target.space("gpu1").nbytes < FULL
    direct = transfer_seconds(target, 1e9, "gpu0", "gpu1")
    assert direct == pytest.approx(transfer_seconds(target, 1e9, "ram", "gpu1"))
    over_another = transfer_seconds(target, 1e9, "gpu0", "gpu2")
    assert over_another == pytest.approx(2 * direct)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("cpu", []), ("gpu", [0, 1, 2]), ("gpu:2, cpu", [2]), ("", []), ("gpu:7", [])],
)
def test_the_environment_may_restrict_them(machine, monkeypatch, text, wanted):
    monkeypatch.setenv("LAZYDAG_DEVICES", text)
    assert names(detect()) == ["cpu:0", *(f"gpu:{i}" for i in wanted)]


def test_devices_that_are_none(machine, monkeypatch):
    monkeypatch.setenv("LAZYDAG_DEVICES", "gpu:0,tpu")
    with pytest.raises(UsageError, match="'tpu'"):
        detect()


def test_without_cupy_plans_use_none(machine, monkeypatch):
    monkeypatch.setattr(gpus, "has_library", lambda: False)
    assert usable_gpus() == ()
    assert is_wanted("gpu:0", "gpu")


def test_calibrations_are_of_those_that_are_there(machine, monkeypatch):
    target = detect()
    fast = replace(target.device("gpu:1"), bytes_per_s=9e12)
    devices = tuple(fast if d.name == fast.name else d for d in target.devices)
    save_calibration(replace(target, devices=devices))
    assert detect().device("gpu:1") == fast
    monkeypatch.setenv("LAZYDAG_DEVICES", "gpu:1")
    assert names(detect()) == ["cpu:0", "gpu:1"]
    assert detect().device("gpu:1") == fast
    assert {link.src for link in detect().links} == {"ram", "disk", "gpu1"}


def test_what_is_taken_away_is_gone(machine):
    target = detect()
    assert without_gpus(target, names(target)[1:]) == default_target()
