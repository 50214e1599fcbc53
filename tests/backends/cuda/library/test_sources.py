"""Kernels beside libraries, in CUDA C: they compile, and are given what they take."""

import ctypes
from functools import cache
from importlib.metadata import files
from types import SimpleNamespace

import numpy as np
import pytest

from lazydag.backends.cuda.library import exchange
from lazydag.backends.cuda.library.compressed import (
    Compressed,
    CudaRows,
    HostRows,
    kernel_code,
)
from tests.devices.assembler import CAPABILITIES, assemble, has_assembler

#: Each type of each operand once, and each length of elements.
SOURCES = [
    kernel_code("float", "int", "unsigned int"),
    kernel_code("double", "unsigned int", "long long"),
    kernel_code("double", "long long", "int"),
    *map(exchange.source, (4, 8, 16)),
]


@cache
def compiler():
    """Return NVRTC, of the package that development installs."""
    found = {file.name: str(file.locate()) for file in files("nvidia-cuda-nvrtc") or []}
    names = sorted(
        n for n in found if "nvrtc" in n and (".so" in n or n.endswith(".dll"))
    )
    builtins = next(name for name in names if "builtins" in name)
    ctypes.CDLL(found[builtins], ctypes.RTLD_GLOBAL)
    return ctypes.CDLL(found[next(n for n in names if "builtins" not in n)])


def text_of(size, get, program):
    """Return a text that the compiler has of a program."""
    count = ctypes.c_size_t()
    size(program, ctypes.byref(count))
    found = ctypes.create_string_buffer(count.value)
    get(program, found)
    return found.value.decode()


def compiled(code, capability):
    """Return the PTX of a text."""
    nvrtc, program = compiler(), ctypes.c_void_p()
    nvrtc.nvrtcCreateProgram(
        ctypes.byref(program), code.encode(), b"kernel.cu", 0, None, None
    )
    architecture = f"--gpu-architecture={capability.name.replace('sm', 'compute')}"
    option = (ctypes.c_char_p * 1)(architecture.encode())
    code = nvrtc.nvrtcCompileProgram(program, 1, option)
    said = text_of(nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog, program)
    assert not code, said
    return text_of(nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX, program)


@has_assembler
@pytest.mark.parametrize("capability", CAPABILITIES, ids=str)
def test_sources_compile(capability, tmp_path):
    for code in SOURCES:
        assemble(compiled(code, capability), capability, tmp_path)


class Kernel:
    """Stands in for a compiled kernel: does what its arguments say."""

    def __init__(self, code, name):
        assert f"void {name}(" in code

    def __call__(self, groups, threads, given):
        (data, indices, indptr, count), rest = given[:4], given[4:]
        (x, *x_steps, x_rows), (y, *y_steps, y_rows) = rest[:4], rest[4:8]
        columns, width, code = rest[8:]
        assert groups[0] * threads[0] >= y_rows * width
        assert threads[0] % 32 == 32 % width == 0
        for array, steps, rows in ((x, x_steps, x_rows), (y, y_steps, y_rows)):
            assert array.shape == (rows, columns)
            assert array.strides == tuple(step * array.itemsize for step in steps)
        assert count == data.size
        HostRows().multiply(Compressed(data, indices, indptr), x, y, code)


@pytest.mark.parametrize("count", [0, 3, 40])
def test_rows_are_multiplied(count):
    rng = np.random.default_rng(count)
    cupy = SimpleNamespace(ascontiguousarray=np.ascontiguousarray, RawKernel=Kernel)
    dense = np.zeros((5, 50))
    dense[:, : count + 1] = rng.standard_normal((5, count + 1))
    indptr = np.arange(6, dtype="i8") * (count + 1)
    indices = np.tile(np.arange(count + 1, dtype="i4"), 5)
    a = Compressed(dense[:, : count + 1].ravel(), indices, indptr)
    x, y, code = rng.standard_normal((3, 50)).T, np.zeros((5, 3)), np.zeros(1, "i4")
    CudaRows(cupy).multiply(a, x, y, code)
    np.testing.assert_allclose(y, dense @ x, 1e-12)
    assert not code[0]
