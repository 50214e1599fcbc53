"""Kernels are emitted for every processor, and run on every level of this one."""

from __future__ import annotations

import numpy as np
import pytest

from lazydag.backends.cpu.backend import KERNEL_LIBRARIES, CpuBackend, print_kernel
from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.program import Form, program_of
from lazydag.backends.cpu.target import LEVELS, level, runnable_levels
from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.runtime import KernelTask
from tests.backends.kernels import graph_of, lower, op, params_of, run, same_bits

SHAPE = (70, 40)


def compiler_for(target):
    return Compiler(target, KERNEL_LIBRARIES, ObjectCache(None))


def value(params):
    x, y = params
    return op("mul", op("exp", x), op("sqrt", op("abs", y)))


def bodies(params):
    yield graph_of(params, value(params), op("lt", *params))
    for kind in ("sum", "amax", "m2", "residual"):
        for axes in ((0,), (1,), (0, 1)):
            attrs = ReduceAttrs(axes, 1024 if len(axes) == 2 else 0)
            if axes != (0,):
                yield graph_of(params, make(OPS[kind], value(params), attrs=attrs))
    yield graph_of(
        params,
        make(OPS["sum"], value(params), attrs=ReduceAttrs((0,), 64)),
        make(OPS["m2"], value(params), attrs=ReduceAttrs((0,), 64)),
    )


class Recorder(Compiler):
    """Compiles nothing; keeps the modules."""

    def __init__(self):
        super().__init__(level("aarch64"), {}, ObjectCache(None))
        self.modules: list[Module] = []

    def load(self, module):
        self.modules.append(module)
        return (1,)


@pytest.mark.parametrize("name", LEVELS)
def test_emits(name):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=SHAPE), rng.normal(size=SHAPE)]
    recorder = Recorder()
    backend = CpuBackend(compiler=recorder)
    compiler = compiler_for(level(name))
    for body in bodies(params_of(*inputs)):
        outputs = [np.zeros(o.type.shape, o.type.dtype) for o in body.outputs]
        lower(backend, body, [inputs[0], inputs[1][:, ::-1]], outputs)
    assert len(recorder.modules) == 10
    for module in recorder.modules:
        assert compiler.object(module)[:4] == b"\x7fELF"
        for call in module.calls:
            made = KERNEL_LIBRARIES[call.function.library](call)
            assert compiler.object(made)[:4] == b"\x7fELF"


@pytest.mark.parametrize("target", runnable_levels(), ids=lambda t: t.cpu)
def test_bits_do_not_depend_on_the_processor(target):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=SHAPE), rng.normal(size=SHAPE)]
    host, other = CpuBackend(), CpuBackend(compiler=compiler_for(target))
    for body in bodies(params_of(*inputs)):
        want, got = (
            [np.zeros(o.type.shape, o.type.dtype) for o in body.outputs]
            for _ in range(2)
        )
        run(host, body, inputs, want)
        run(other, body, inputs, got)
        assert all(map(same_bits, want, got))


def test_new_shapes_compile_nothing():
    recorder = Recorder()
    backend = CpuBackend(compiler=recorder)
    for n in (1000, 1001, 5, 70_000):
        x = np.zeros(n)
        params = params_of(x)
        task = lower(backend, graph_of(params, op("neg", *params)), [x], [x], (512,))
        assert isinstance(task, KernelTask)
        assert task.ntiles == -(-n // 512)
    assert len(recorder.modules) == 1


def test_a_printed_kernel_has_its_body_once():
    x = np.zeros(100)
    params = params_of(x)
    body: Graph = graph_of(params, op("div", params[0], op("neg", params[0])))
    module = print_kernel(Form(0, "map", 0, 0, "c", "c"), program_of(body))
    assert module.text.count(" fdiv ") == 1
