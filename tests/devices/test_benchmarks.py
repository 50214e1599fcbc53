"""The benchmarks of GPUs, on a simulated device and without peers: what they call."""

from importlib import import_module

import numpy as np
import pytest

from tests.benchmarks import gpu, gpu_launches, gpu_memory, gpu_products
from tests.benchmarks.__main__ import GPU_BENCHMARKS
from tests.benchmarks.harness import Settings
from tests.benchmarks.report import Goal, Row
from tests.devices.machine import devices_of, running_on, take_faults


@pytest.fixture(scope="module")
def devices():
    found = devices_of("simulated")
    with running_on(found):
        yield found


@pytest.mark.parametrize("name", GPU_BENCHMARKS)
def test_rows(devices, name, monkeypatch):
    monkeypatch.setenv("LAZYDAG_DEVICE_MEMORY_LIMIT", "1GiB")
    monkeypatch.setattr(gpu_products, "SIDE", 64)
    monkeypatch.setattr(gpu_launches, "STEPS", 3)
    monkeypatch.setattr(gpu_memory, "ELEMENTS", 200_000)
    scale = 1.0 if name in {"gpu_products", "gpu_launches", "gpu_memory"} else 1e-4
    settings = Settings(scale=scale, seconds=0.0, only="ours")
    found = list(import_module(f"tests.benchmarks.{name}").rows(settings))
    assert all(row.ours is not None for row in found)
    assert not take_faults(devices)


def test_the_page_says_what_was_reached_and_where():
    goals = (Goal("CuPy", 3.0, 2.0), Goal("of a copy's speed", 0.9, 0.95, unit="%"))
    row = Row("a*b", 1, 1e-3, {"CuPy": 2e-3}, {"CuPy": 2.0}, goals, "1 ms")
    text = gpu.page(["Devices: one."], [row])
    assert "- Devices: one.\n" in text
    assert (
        r"| a\*b | 1 ms | CuPy 2 ms 2.00x | 1 ms | **missed**: ≥ 3x CuPy (2x); " in text
    )


def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gpu"])
    monkeypatch.setattr(gpu, "load", lambda name: None)
    assert gpu.main() == 1
    assert "no GPU here: CuPy is not installed" in capsys.readouterr().out


def test_looking_needs_no_library(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gpu", "--look"])
    monkeypatch.setattr(gpu, "gpus_of_machine", lambda: ())
    assert gpu.main() == 1
    assert "no GPU here: NVIDIA's driver finds none" in capsys.readouterr().out


def test_routines_are_given_what_has_a_factor():
    (matrix,) = gpu_products.definite(50, "float64")
    assert np.linalg.eigvalsh(matrix)[0] > 0
