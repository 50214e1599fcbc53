"""Every intrinsic does translated what it does in Python, and as ordered as it says."""

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.target import CodeTarget, level
from lazydag.backends.cpu.translate import intrinsics
from tests.backends.cpu.translate.programs import (
    INTRINSICS,
    in_native,
    in_python,
    translated,
)

words = st.sampled_from([0, 1, -1, 255, 2**31, -(2**63)]) | st.integers(
    -(2**63), 2**63 - 1
)

# What is called with the address of four words, and two values.
ON_MEMORY = {
    "load": "load(p + 8)",
    "store": "store(p + 8, x)",
    "load32": "load32(p + 12)",
    "store32": "store32(p + 12, x)",
    "load8": "load8(p + 9)",
    "atomic_load": "atomic_load(p)",
    "atomic_store": "atomic_store(p, x)",
    "load_acquire": "load_acquire(p + 16)",
    "store_release": "store_release(p + 16, x)",
    "load_relaxed": "load_relaxed(p + 16)",
    "atomic_add": "atomic_add(p, x)",
    "atomic_or": "atomic_or(p, x)",
    "atomic_and": "atomic_and(p, x)",
    "atomic_swap": "atomic_swap(p, x)",
    "atomic_add32": "atomic_add32(p + 20, x)",
    "compare_swap": "compare_swap(p + 8, y, x) + compare_swap(p, x, y) * 2",
    "count_trailing_zeros": "count_trailing_zeros(x)",
    "population_count": "population_count(x)",
    "fence": "fence()",
    "pause": "pause()",
}
ELSEWHERE = {"cycles", "call_kernel", "call", "call32"}


def test_the_table_has_all_of_them() -> None:
    public = {name for name in INTRINSICS if not name.startswith("_")}
    assert public == set(ON_MEMORY) | ELSEWHERE
    for family in (*intrinsics.PROCESSORS.values(), intrinsics.UNKNOWN):
        assert public == {*intrinsics.COMMON, *family, *intrinsics.CALLS}


@pytest.mark.parametrize("name", ON_MEMORY)
def test_on_memory(name: str, compiler: Compiler) -> None:
    has_result = INTRINSICS[name].__annotations__["return"] == "int"
    result = "return " if has_result else ""
    text = f"def f(p: int, x: int, y: int) -> {'int' if result else None}:\n"
    text += f"    {result}{ON_MEMORY[name]}\n"
    python, native = in_python(text), in_native(text, compiler)

    @given(st.lists(words, min_size=4, max_size=4), words, st.booleans())
    def same(memory: list[int], x: int, is_equal: bool) -> None:
        y = memory[1] if is_equal else ~x
        ends = []
        for function in (python, native):
            cells = (ctypes.c_int64 * 4)(*memory)
            ends.append((function(ctypes.addressof(cells), x, y), list(cells)))
        assert ends[0] == ends[1]

    same()


def test_kernels_are_called_with_two_pointers(compiler: Compiler) -> None:
    text = """
def f(kernel: int, block: int, bases: int) -> int:
    return call_kernel(kernel, block, bases) * 2
"""
    seen = []

    @ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
    def kernel(block: int, bases: int) -> int:
        seen.append((block, bases))
        return -3

    address = ctypes.cast(kernel, ctypes.c_void_p).value
    for make in (in_python(text), in_native(text, compiler)):
        assert make(address, 4096, 2**47 - 8) == -6
    assert seen == [(4096, 2**47 - 8)] * 2


@pytest.mark.parametrize("count", range(9))
def test_functions_are_called_with_any_number_of_words(
    count: int, compiler: Compiler
) -> None:
    names = [f"a{i}" for i in range(count)]
    parameters = "".join(f", {name}: int" for name in names)
    arguments = "".join(f", {name} * {i + 2}" for i, name in enumerate(names))
    text = f"def f(at: int{parameters}) -> int:\n    return call(at{arguments}) - 1\n"
    half = text.replace("call(", "call32(")
    total = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * count)(
        lambda *values: -(2**40) + sum(values)
    )
    low = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * count)(
        lambda *values: -7 - sum(values)
    )
    values = [2**33 + i for i in range(count)]
    for t, function in ((text, total), (half, low)):
        address = ctypes.cast(function, ctypes.c_void_p).value
        assert in_native(t, compiler)(address, *values) == in_python(t)(
            address, *values
        )


def test_the_c_library_is_called(compiler: Compiler) -> None:
    text = "def f(at: int, x: int) -> int:\n    return call(at, x)\n"
    at = ctypes.cast(ctypes.CDLL(None).llabs, ctypes.c_void_p).value
    assert in_native(text, compiler)(at, -(2**40)) == 2**40


def test_cycles_go_on(compiler: Compiler) -> None:
    text = """
def f(n: int) -> int:
    start = cycles()
    while n > 0:
        pause()
        n -= 1
    return cycles() - start
"""
    native = in_native(text, compiler)
    assert native(100_000) > native(10) >= 0


def test_cycles_are_0_where_the_counter_may_be_forbidden() -> None:
    row = intrinsics.find("cycles", 0, "riscv64")
    assert row is not None
    assert "readcyclecounter" not in row.text("cycles")


ORDERS = {
    "x86-64": {
        "atomic_store(p, x)": ["xchg"],
        "store_release(p, x)": ["mov"],
        "x = load_acquire(p)": ["mov"],
        "x = atomic_add(p, x)": ["lock", "xadd"],
        "x = compare_swap(p, x, 0)": ["lock", "cmpxchg"],
        "fence()": ["lock"],
        "pause()": ["pause"],
        "x = cycles()": ["rdtsc"],
    },
    "aarch64": {
        "atomic_store(p, x)": ["stlr"],
        "store_release(p, x)": ["stlr"],
        "x = load_acquire(p)": ["ldar"],
        "x = atomic_load(p)": ["ldar"],
        "x = load_relaxed(p)": ["ldr"],
        "x = atomic_add(p, x)": ["ldaxr", "stlxr"],
        "x = compare_swap(p, x, 0)": ["ldaxr", "stlxr"],
        "fence()": ["dmb\tish"],
        "pause()": ["yield"],
        "x = cycles()": ["cntvct_el0"],
    },
}


@pytest.mark.parametrize(
    ("name", "statement"), [(n, s) for n, row in ORDERS.items() for s in row]
)
def test_orders_become_the_processor_s(name: str, statement: str) -> None:
    text = f"def f(p: int, x: int) -> int:\n    {statement}\n    return x\n"
    target = level(name)
    module = translated(text, architecture=target.triple.partition("-")[0])
    assembly = Compiler(target, {}, ObjectCache(None)).assembly(module).lower()
    assert all(word in assembly for word in ORDERS[name][statement])
    assert "call" not in assembly
    assert "\tbl" not in assembly


def test_arm_s_atomics_are_one_instruction_where_it_has_them() -> None:
    text = "def f(p: int, x: int) -> int:\n    return atomic_add(p, x)\n"
    target = level("aarch64")
    newer = CodeTarget(target.triple, target.cpu, "+lse")
    module = translated(text, architecture="aarch64")
    assert "ldaddal" in Compiler(newer, {}, ObjectCache(None)).assembly(module)
