"""Running sums by grids of threads: the bits are those of the CPU's tile programs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag import algorithms
from lazydag.algorithms import program_of, scan
from lazydag.backends.cuda import scans
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.grids import is_grid
from lazydag.backends.cuda.ptx import Capability, ptx_of
from lazydag.backends.cuda.scan_form import ScanForm
from lazydag.backends.cuda.scan_kernel import print_scan
from lazydag.ir import running
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES
from tests.backends.kernels import graph_of, params_of, run, same_bits, samples
from tests.backends.test_layouts import relaid
from tests.devices.assembler import assemble, has_assembler

GRID = EmulatedBackend()
UFUNCS = ("add", "multiply", "maximum", "minimum", "logical_and", "logical_or")


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Cut what tests can afford as large arrays are cut."""
    monkeypatch.setattr(running, "TILE", 600)
    monkeypatch.setattr(running, "MANY", 3)
    monkeypatch.setattr(scans, "SMALL", 500)
    monkeypatch.setattr(algorithms, "SMALL", 500)
    monkeypatch.setattr(scan, "SMALL", 500)


def body_of(name, x, **options):
    params = params_of(x)
    attrs = FunctionAttrs(name, tuple(sorted(options.items())), 0)
    return graph_of(params, make(OPS["function"], *params, attrs=attrs))


def on_processors(body, x):
    """Return what plans without devices give."""
    attrs = body.outputs[0].attrs
    out = np.zeros(body.outputs[0].type.shape, body.outputs[0].type.dtype)
    program = program_of(attrs.name, [body.params[0].type], dict(attrs.options))
    if program is None:
        with np.errstate(all="ignore"):
            out[...] = FUNCTIONS[attrs.name].call(x, **dict(attrs.options))
    else:
        with ld.datadeps():
            program.run([x], [out], **dict(attrs.options))
    return out


def on_a_grid(body, x, relay=lambda array: array):
    out = np.zeros(body.outputs[0].type.shape, body.outputs[0].type.dtype)
    run(GRID, body, [x], [out := relay(out)])
    return out


@st.composite
def shapes(draw):
    long = draw(st.integers(1, 5000))
    beside = draw(st.lists(st.integers(1, 4), max_size=2))
    wide = draw(st.sampled_from([1, 1, 1, 3, 70, 300]))
    return tuple(draw(st.permutations([*beside, max(1, long // wide), wide])))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_sums_and_products(data):
    shape, dtype = data.draw(shapes()), data.draw(st.sampled_from(sorted(DTYPES)))
    x = samples(dtype, shape, data.draw(st.integers(0, 9)))
    # Products of complex numbers stay with NumPy.
    names = ["cumsum"] if dtype in ("c64", "c128") else ["cumsum", "cumprod"]
    name = data.draw(st.sampled_from(names))
    options = {"initial": True} if data.draw(st.booleans()) else {}
    axis = data.draw(st.integers(0, len(shape) - 1))
    body = body_of(name, x, axis=axis, **options)
    order = data.draw(st.permutations(range(len(shape))))
    lying = relaid(x, order, data.draw(st.sampled_from([1, 2, -1])))
    found = on_a_grid(body, lying, lambda a: relaid(a, range(a.ndim), 2))
    assert same_bits(found, on_processors(body, x))


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_ufuncs(data):
    shape, dtype = (
        data.draw(shapes()),
        data.draw(st.sampled_from(["bool", "i32", "f64"])),
    )
    x = samples(dtype, shape, data.draw(st.integers(0, 9)))
    ufunc = data.draw(st.sampled_from(UFUNCS))
    axis = data.draw(st.integers(0, len(shape) - 1))
    body = body_of("ufunc_accumulate", x, ufunc=ufunc, axis=axis)
    assert same_bits(on_a_grid(body, x), on_processors(body, x))


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (2, 0, 3)])
def test_nothing_to_sum(shape):
    for axis in range(len(shape)):
        body = body_of("cumsum", np.zeros(shape), axis=axis, initial=True)
        x = np.zeros(shape)
        assert same_bits(on_a_grid(body, x), on_processors(body, x))


def test_what_grids_compute():
    complex_, real = np.zeros(9, complex), np.zeros(9)
    assert is_grid(body_of("cumsum", complex_, axis=0))
    assert not is_grid(body_of("cumprod", complex_, axis=0))
    assert not is_grid(body_of("ufunc_accumulate", real, ufunc="subtract", axis=0))
    assert not is_grid(body_of("ufunc_accumulate", complex_, ufunc="maximum", axis=0))


@pytest.mark.parametrize("task", ["scan", "total", "resume"])
@pytest.mark.parametrize(("lanes", "inner"), [(8, 0), (1, 0), (1, 2)])
def test_scans_are_ptx(task, lanes, inner):
    form = ScanForm(task, "sum", "f64", lanes, 1, inner, task != "total", True)
    kernel = print_scan(form)
    text = ptx_of(kernel, Capability(9, 0))
    assert "bar.sync" in text
    assert "fma.rn.f64" not in text
    assert kernel.shared_nbytes <= 48 << 10


@has_assembler
@pytest.mark.parametrize(
    ("task", "kind", "dtype"),
    [("scan", "any", "bool"), ("total", "prod", "i64"), ("resume", "amax", "f32")],
)
def test_the_assembler_takes_scans(task, kind, dtype, tmp_path):
    for lanes, inner in ((8, 0), (1, 1)):
        form = ScanForm(task, kind, dtype, lanes, 2, inner, False, False)
        capability = Capability(8, 0)
        assemble(ptx_of(print_scan(form), capability), capability, tmp_path)
