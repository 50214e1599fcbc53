"""The printer: each op on each type, literals, names, every target."""

import itertools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.instructions import literal
from lazydag.backends.cpu.objects import LIBRARIES, Compiler
from lazydag.backends.cpu.probe import NUMPY, evaluate, probe_module
from lazydag.backends.cpu.target import LEVELS, level
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar import (
    OPS,
    Expr,
    arg,
    bitcast,
    const,
    fma,
    guard,
    make,
    select,
    sqrt,
    table,
)
from lazydag.backends.scalar.math import apply
from lazydag.backends.scalar.types import TYPES, DType

Array = NDArray[Any]


def _umulh(a: Array, b: Array) -> Array:
    bits = a.dtype.itemsize * 8
    wide = [int(x) * int(y) >> bits for x, y in zip(a, b, strict=True)]
    return np.array(wide, a.dtype)


def _fma(a: Array, b: Array, c: Array) -> Array:
    if a.dtype == np.float32:
        wide = a.astype("f8") * b.astype("f8") + c.astype("f8")
        return wide.astype("f4")
    wide = a.astype(np.longdouble) * b.astype(np.longdouble) + c
    return wide.astype("f8")


MEANINGS: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "neg": np.negative,
    "abs": np.abs,
    "umulh": _umulh,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "unordered": lambda a, b: np.isnan(a) | np.isnan(b),
    "fma": _fma,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "rint": np.rint,
    "copysign": np.copysign,
}
FLOAT_ONLY: dict[str, Callable[..., Array]] = {"div": np.divide, "rem": np.fmod}


def values_of(dtype: DType, seed: int) -> Array:
    """Sixteen values, small enough that fma's reference is exact."""
    rng = np.random.default_rng(seed)
    kind = NUMPY[dtype]
    if dtype == "bool":
        return rng.integers(0, 2, 16).astype(bool)
    if kind.kind != "f":
        info = np.iinfo(kind)
        limits = [info.min, info.max, 0, 1]
        drawn = rng.integers(info.min, info.max, 12, dtype=kind, endpoint=True)
        return rng.permutation(np.append(np.array(limits, kind), drawn))
    edges = [0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, 2.5, -1.5]
    plain = rng.integers(-2000, 2000, 8) / 8
    return rng.permutation(np.append(edges, plain)).astype(kind)


def has_meaning(op: str, dtype: DType) -> bool:
    """Whether every case is defined; `test_guard` completes the other ops."""
    kind = TYPES[dtype].kind
    return kind in OPS[op].kinds and (op in MEANINGS or kind == "f")


CASES = [(op, t) for op in OPS for t in NUMPY if has_meaning(op, t)]


@pytest.mark.parametrize(("op", "dtype"), CASES)
def test_ops_mean_what_numpy_means(
    op: str, dtype: DType, compilers: list[Compiler]
) -> None:
    meaning = MEANINGS.get(op) or FLOAT_ONLY[op]
    args = [values_of(dtype, seed) for seed in range(OPS[op].arity)]
    with np.errstate(all="ignore"):
        expected = meaning(*args)
    root = make(op, *(arg(i, dtype) for i in range(len(args))))
    for compiler, width in itertools.product(compilers, (1, 8, 16)):
        found = evaluate(root, *args, width=width, compiler=compiler)
        np.testing.assert_array_equal(found, expected)
        if found.dtype.kind == "f":
            plain = ~np.isnan(expected)
            signs = np.signbit(found[plain]), np.signbit(expected[plain])
            np.testing.assert_array_equal(*signs)


def test_select_bitcast_and_table(compilers: list[Compiler]) -> None:
    x = values_of("f64", 3)
    index = np.arange(16, dtype=np.int8) % 5
    entries = (1.5, -0.0, float("inf"), 4.0, 5.0)
    a, i = arg(0, "f64"), arg(1, "i8")
    looked_up = table(entries, i, "f64")
    root = select(a > 0.0, bitcast(bitcast(a, "u64") ^ (1 << 63), "f64"), looked_up)
    expected = np.where(x > 0, -x, np.array(entries)[index])
    for compiler, width in itertools.product(compilers, (1, 4, 16)):
        found = evaluate(root, x, index, width=width, compiler=compiler)
        np.testing.assert_array_equal(found, expected)


def test_constants_alone_are_stored(compiler: Compiler) -> None:
    x = np.zeros(8)
    constants: list[tuple[Expr, float]] = [
        (const(-0.0, "f32"), -0.0),
        (const(True, "bool"), True),
        (const(-3, "i16"), -3),
    ]
    for root, value in constants:
        found = evaluate(root, x, compiler=compiler)
        np.testing.assert_array_equal(found, np.full(8, value, NUMPY[root.dtype]))


@given(st.integers(0, 2**32 - 1))
def test_literals_of_f32_keep_every_bit(bits: int) -> None:
    double = int(literal(bits, "f32"), 16)
    value = struct.unpack("<d", struct.pack("<Q", double))[0]
    if value == value:
        assert struct.unpack("<I", struct.pack("<f", value))[0] == bits
    else:
        assert double >> 29 & 0x7FFFFF == bits & 0x7FFFFF


def test_one_printer_never_repeats_a_name() -> None:
    out = VectorPrinter(4)
    x = arg(0, "f64")
    out.body([x + 1.0, x * x], {0: "%a"})
    out.body([x + 1.0], {0: "%b"})
    names = [line.split(" = ")[0] for line in out.take().splitlines()]
    assert len(names) == len(set(names)) == 3
    assert out.take() == ""


def _example() -> Expr:
    x, y, k = arg(0, "f64"), arg(1, "f64"), arg(2, "i32")
    rounded = make("rint", fma(x, y, sqrt(y)))
    shifted = guard.shr(guard.cast(rounded, "i32"), k)
    return guard.cast(shifted, "f64") + apply("exp", x) * table(
        (1.0, 2.0), k & 1, "f64"
    )


@pytest.mark.parametrize("name", LEVELS)
def test_every_target_compiles_at_every_level(name: str) -> None:
    compiler = Compiler(level(name), LIBRARIES, ObjectCache(None))
    for width, optimisation in itertools.product((1, 8, 16), (0, 3)):
        module = probe_module(_example(), ["f64", "f64", "i32"], width, optimisation)
        assert compiler.object(module)[:4] == b"\x7fELF"


def test_targets_use_their_instructions() -> None:
    module = probe_module(_example(), ["f64", "f64", "i32"], 8, 2)
    text = {
        n: Compiler(level(n), {}, ObjectCache(None)).assembly(module) for n in LEVELS
    }
    assert "vfmadd" in text["x86-64-v4"]
    assert "zmm" in text["x86-64-v4"]
    assert "vfmadd" in text["x86-64-v3"]
    assert "zmm" not in text["x86-64-v3"]
    assert "vfmadd" not in text["x86-64"]
    assert "fmla" in text["aarch64"]


@given(st.lists(st.sampled_from(["+", "-", "*", "/", "fma", "sqrt"]), max_size=25))
def test_same_bits_at_every_level_width_and_target(ops: list[str]) -> None:
    rng = np.random.default_rng(len(ops))
    x, y = rng.normal(size=37), rng.normal(size=37)
    a, b = arg(0, "f64"), arg(1, "f64")
    steps: dict[str, Callable[[Expr], Expr]] = {
        "+": lambda e: e + b,
        "-": lambda e: a - e,
        "*": lambda e: e * a,
        "/": lambda e: b / e,
        "fma": lambda e: fma(e, b, a),
        "sqrt": lambda e: sqrt(make("abs", e)),
    }
    root = a
    for op in ops:
        root = steps[op](root)
    first = evaluate(root, x, y)
    for width, optimisation in ((1, 0), (4, 3), (16, 1)):
        found = evaluate(root, x, y, width=width, level=optimisation)
        np.testing.assert_array_equal(found.view("u8"), first.view("u8"))
