"""Kernels for GPUs, on a processor: the bits are those of the CPU backend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends import backend
from lazydag.backends.cpu.program import program_of, structure_of
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.map_kernel import print_map
from lazydag.backends.cuda.ptx import Capability, ptx_of
from lazydag.errors import DTypeError
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES
from tests.backends.kernels import graph_of, op, params_of, run, same_bits, samples
from tests.backends.test_elementwise import ELEMENTWISE, NOT_FOR_BOOL
from tests.backends.test_layouts import laid_out, shapes
from tests.devices.assembler import assemble, has_assembler

GRID, CPU = EmulatedBackend(), backend("cpu")


def body_of_all(dtype):
    """Return a body of all ops that a type has, but for those that kernels call."""
    arrays = [samples(kind, (700,)) for kind in ("bool", dtype, dtype)]
    params, nodes = params_of(*arrays), []
    for name in [name for name, kind in ELEMENTWISE if kind == dtype]:
        if dtype == "bool" and name in NOT_FOR_BOOL:
            continue
        given = [*params, params[1]]
        srcs = given[:3] if name == "where" else given[1 : 1 + OPS[name].arity]
        try:
            node = op(name, *srcs)
        except DTypeError:
            continue
        if not structure_of(graph_of(params, node)).needs_call:
            nodes.append(node)
    return graph_of(params, *nodes)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_op_has_the_bits_of_the_other_backend(dtype):
    body = body_of_all(dtype)
    arrays = [samples(kind, (700,), i) for i, kind in enumerate(["bool", dtype, dtype])]
    types = [out.type.dtype for out in body.outputs]
    wanted, found = ([np.zeros(700, kind) for kind in types] for _ in range(2))
    run(CPU, body, arrays, wanted)
    run(GRID, body, arrays, found)
    for out, want, got in zip(body.outputs, wanted, found, strict=True):
        assert same_bits(want, got), out.op.name


@settings(max_examples=60)
@given(data=st.data(), shape=shapes)
def test_arrays_may_lie_anyhow(data, shape):
    a = data.draw(laid_out(shape, "f64"))
    b = data.draw(laid_out(shape, "f64"))
    params = params_of(a, b)
    total = op("add", *params)
    body = graph_of(params, total, op("mul", total, params[0]))
    outputs = [data.draw(laid_out(shape, "f64", writable=True)) for _ in range(2)]
    with np.errstate(all="ignore"):
        wanted = [a + b, (a + b) * a]
    run(GRID, body, [a, b], outputs)
    assert all(map(same_bits, outputs, wanted))


def ptx_of_all(dtype, capability):
    body = body_of_all(dtype)
    form = GridForm(structure_of(body).number, "map", 3, 0, is_narrow=True)
    return ptx_of(print_map(form, program_of(body)), capability)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_op_is_ptx_without_shortcuts(dtype):
    text = ptx_of_all(dtype, Capability(8, 0))
    assert ".visible .entry kernel" in text
    assert ".ftz" not in text
    assert ".approx" not in text


@pytest.mark.parametrize("is_narrow", [True, False])
def test_places_are_computed_with_32_bits_where_they_are_enough(is_narrow):
    params = params_of(samples("f32", (8,)))
    body = graph_of(params, op("neg", *params))
    form = GridForm(structure_of(body).number, "map", 2, 0, is_narrow)
    text = ptx_of(print_map(form, program_of(body)), Capability(9, 0))
    assert ("mul.lo.s64" in text) != is_narrow
    assert ("div.u64" in text) != is_narrow


def test_products_and_sums_stay_two_instructions():
    params = params_of(*(samples("f32", (8,)) for _ in range(3)))
    body = graph_of(params, op("add", op("mul", params[0], params[1]), params[2]))
    form = GridForm(structure_of(body).number, "map", 1, 0, is_narrow=False)
    text = ptx_of(print_map(form, program_of(body)), Capability(9, 0))
    assert "mul.rn.f32" in text
    assert "fma" not in text
    assert "ld.global.b32" in text


@has_assembler
@pytest.mark.parametrize(("dtype", "major"), [("f32", 8), ("f64", 9), ("i8", 9)])
def test_the_assembler_takes_every_op(dtype, major, tmp_path):
    capability = Capability(major, 0)
    assemble(ptx_of_all(dtype, capability), capability, tmp_path)
