import numpy as np
import pytest

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.calibration import native_probes
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.target import runnable_levels
from lazydag.cost.host import default_target


@pytest.fixture(params=runnable_levels(), ids=lambda level: level.cpu)
def probes(request):
    compiler = Compiler(request.param, {}, ObjectCache(None))
    return native_probes(compiler)


@pytest.mark.parametrize("kind", ["combine", "stream"])
@pytest.mark.parametrize("start", [0, 1, 5])
def test_kernels_add_all_but_the_ends(probes, kind, start):
    first, second = np.arange(1000.0), np.arange(1000.0) * 3
    out = np.full(1000, -1.0)
    getattr(probes, kind)(first[start:], second[start:], out[start:])
    is_done = out != -1
    assert is_done.sum() >= 1000 - start - 16
    np.testing.assert_array_equal(out[is_done], (first + second)[is_done])
    assert not is_done[:start].any()


def test_arithmetic_counts_operations_of_every_dtype(probes):
    counts = {dtype: piece() for dtype, piece in probes.arithmetic.items()}
    assert set(counts) == set(default_target().default.flops_per_s)
    assert counts["f32"] == 2 * counts["f64"]
    assert counts["i8"] == 8 * counts["i64"]


def test_a_tile_takes_nanoseconds(probes):
    assert 1e-9 < probes.task_overhead_seconds() < 1e-5
