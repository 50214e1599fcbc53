"""What calibration times on a GPU: figures that GPUs have."""

import pytest

from lazydag.backends.cuda.calibration import CupyProbes
from lazydag.cost.calibrate_gpus import with_measured_gpus
from lazydag.cost.host import described

pytestmark = pytest.mark.gpu


def test_a_gpu_is_measured(monkeypatch):
    monkeypatch.delenv("LAZYDAG_DEVICES")
    target = with_measured_gpus(described(), CupyProbes())
    gpu = target.device("gpu:0")
    assert 1e11 < gpu.bytes_per_s < 2e13
    assert 1e10 < gpu.flops("f64") <= gpu.flops("f32") * 1.1 < 1e15
    assert 1e-7 < gpu.task_overhead_seconds < 1e-4
    links = [link for link in target.links if {link.src, link.dst} == {"ram", "gpu0"}]
    assert len(links) == 2
    assert all(1e9 < link.bytes_per_s < 1e12 for link in links)
