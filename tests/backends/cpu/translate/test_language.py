"""Whatever the language has does the same translated as in Python."""

from mmap import PAGESIZE

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.objects import Compiler
from tests.backends.cpu.translate.programs import (
    functions,
    in_native,
    in_python,
    program,
    translated,
)

BOUNDS = [0, 1, -1, 2, 5, 63, 64, 2**31, -(2**31), 2**63 - 1, -(2**63)]
words = st.sampled_from(BOUNDS) | st.integers(-(2**63), 2**63 - 1)

CONSTRUCTS = {
    "two ways": """
def f(a: int, b: int) -> int:
    if a < b:
        return a
    return b
""",
    "three ways": """
def f(a: int, b: int) -> int:
    if a < 0 and b < 0:
        r = 1
    elif a < 0 or not b:
        r = 2
    else:
        r = 3
    return r
""",
    "a loop left from its middle": """
def f(a: int, b: int) -> int:
    i = 0
    total = 0
    while i < 20:
        i += 1
        if i & 3 == a & 3:
            continue
        if total > b & 255:
            break
        total += i
    return total * 100 + i
""",
    "an endless loop": """
def f(a: int, b: int) -> int:
    steps = 0
    while True:
        if a <= 1 or steps == 50:
            break
        a = a // 2 if a & 1 == 0 else 3 * a + 1
        steps += 1
        found = steps
    return steps + b
""",
    "a loop that only returns": """
def f(a: int, b: int) -> int:
    while True:
        a = a // 3
        if a == 0 or a == -1:
            return a + b
""",
    "loops in loops": """
def f(a: int, b: int) -> int:
    n = 0
    i = 0
    while i < a & 7:
        j = 0
        while j < b & 7:
            if j > i:
                break
            n = n * 31 + j
            j += 1
        i += 1
    return n
""",
    "functions": """
SHIFT = 3
_LEAST: int = -(1 << 63)

def twice(x: int) -> int:
    '''A sentence.'''
    return x + x

def nothing(x: int) -> None:
    if x:
        return
    twice(x)

def f(a: int, b: int) -> int:
    nothing(b)
    twice(a)
    return twice(twice(a) - (b >> SHIFT)) ^ _LEAST
""",
    "conditions as values": """
def f(a: int, b: int) -> int:
    less = a < b
    return less * 4 + (a == b) * 2 + (-5 <= a <= b != 7)
""",
    "short circuits": """
def at(x: int) -> int:
    return 100 // 7 if x else 3

def f(a: int, b: int) -> int:
    n = 0
    if (a and at(b) > 3) or not (b or a < 0):
        n += 1
    if 0 < a < at(b) < 100 and True:
        n += 2
    return n
""",
    "nothing at all": """
def f(a: int, b: int) -> None:
    pass
""",
    "names that LLVM uses too": """
def add(ret: int, i64: int) -> int:
    define = ret + i64
    return define

def f(a: int, b: int) -> int:
    entry = add(a, b)
    while entry > 1000:
        entry = entry // 10
    return entry
""",
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_a_construct(name: str, compiler: Compiler) -> None:
    text = CONSTRUCTS[name]
    python, native = in_python(text), in_native(text, compiler)
    for a in BOUNDS:
        for b in BOUNDS:
            assert native(a, b) == python(a, b), (a, b)


def test_constants_may_come_from_another_module(compiler: Compiler) -> None:
    text = """
from mmap import PAGESIZE
def f(a: int) -> int:
    return a * PAGESIZE
"""
    assert in_native(text, compiler)(3) == 3 * PAGESIZE


def test_entries_keep_their_names_and_others_are_internal() -> None:
    text = CONSTRUCTS["functions"]
    module = translated(text)
    assert module.entries == ("f",)
    assert "define dso_local i64 @f(" in module.text
    assert "define internal i64 @program.twice(" in module.text
    assert len(functions(program(text))) == 3


@st.composite
def values(draw: st.DrawFn, names: tuple[str, ...], depth: int = 3) -> str:
    """An expression over some names."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(names) | words.map(lambda n: f"({n})"))
    part = values(names, depth - 1)
    divisor = st.sampled_from([1, 2, 3, 8, 10, 1000, 2**62, 2**63 - 1]).map(str)
    form = draw(
        st.sampled_from(
            [
                *(f"({{}} {op} {{}})" for op in ("+", "-", "*", "&", "|", "^", "<")),
                *("({} << ({} & 63))", "({} >> ({} & 63))", "({} >= {})", "(-{})"),
                *("(~{})", "({} // {:d})", "({} % {:d})", "({} if {:c} else {})"),
                *("count_trailing_zeros({})", "population_count({})"),
                *("min({}, {})", "max({}, {})"),
            ]
        )
    )
    for kind, made in (
        ("{:d}", divisor),
        ("{:c}", conditions(names, depth - 1)),
        ("{}", part),
    ):
        while kind in form:
            form = form.replace(kind, draw(made), 1)
    return form


@st.composite
def conditions(draw: st.DrawFn, names: tuple[str, ...], depth: int = 2) -> str:
    """A condition over some names."""
    value = values(names, depth)
    kind = draw(st.sampled_from(["value", "chain", "and", "or", "not"]))
    if depth == 0 or kind == "value":
        return draw(value)
    if kind == "chain":
        ops = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
        return f"({draw(value)} {draw(ops)} {draw(value)} {draw(ops)} {draw(value)})"
    part = conditions(names, depth - 1)
    if kind == "not":
        return f"(not {draw(part)})"
    return f"({draw(part)} {kind} {draw(part)} {kind} {draw(part)})"


@st.composite
def bodies(draw: st.DrawFn, indent: str, depth: int, in_loop: bool = False) -> str:
    """Statements over the locals a, b and c; loops end."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = ["=", "op=", "call"] + ["if", "while"] * (depth > 0)
        kind = draw(st.sampled_from(kinds + ["leave"] * in_loop))
        name = draw(st.sampled_from("abc"))
        value = draw(values(("a", "b", "c")))
        inner = indent + "    "
        test = draw(conditions(("a", "b", "c")))
        if kind == "=":
            lines.append(f"{name} = {value}")
        elif kind == "op=":
            lines.append(f"{name} {draw(st.sampled_from('+-*&|^'))}= {value}")
        elif kind == "call":
            lines.append(f"{name} = g({value}, {name})")
        elif kind == "leave":
            leave = draw(st.sampled_from(["break", "continue", "return a - c"]))
            lines.append(f"if {test}:\n{inner}{leave}")
        elif kind == "if":
            then, other = (draw(bodies(inner, depth - 1, in_loop)) for _ in "ab")
            lines.append(f"if {test}:\n{then}{indent}else:\n{other}".rstrip())
        else:
            count = f"n{depth}"
            body = draw(bodies(inner, depth - 1, True))
            lines.append(f"{count} = 0")
            lines.append(f"while {count} < 4 and {test}:\n{inner}{count} += 1\n{body}")
    return "".join(f"{indent}{line.rstrip()}\n" for line in lines)


@st.composite
def programs(draw: st.DrawFn) -> str:
    text = f"def g(a: int, b: int) -> int:\n    return {draw(values(('a', 'b')))}\n"
    text += "def f(a: int, b: int) -> int:\n    c = a ^ b\n"
    return f"{text}{draw(bodies('    ', 2))}    return a + b * 3 + c * 5\n"


@settings(max_examples=60, deadline=None)
@given(programs(), st.lists(st.tuples(words, words), min_size=1, max_size=8))
def test_any_program(
    compiler: Compiler, text: str, arguments: list[tuple[int, int]]
) -> None:
    python, native = in_python(text), in_native(text, compiler)
    for a, b in arguments:
        assert native(a, b) == python(a, b), text
    # The same values once more: nothing is kept from call to call.
    assert native(*arguments[0]) == python(*arguments[0])


def arithmetic(op: str) -> str:
    """A function that does an operation in several ways."""
    if op in {"//", "%"}:
        divisors = (1, 2, 7, 64, 1000003, 2**62, 2**63 - 1)
        parts = [f"(a {op} {d}) * {31**i}" for i, d in enumerate(divisors)]
    elif op in {"<<", ">>"}:
        parts = [f"(a {op} (b & 63))", f"(-b {op} 0)", f"(b {op} 63) * 5"]
    else:
        parts = [f"(a {op} b)", f"(b {op} 12345678901)", f"(~a {op} -b)"]
    return f"def f(a: int, b: int) -> int:\n    return {' + '.join(parts)}\n"


@pytest.mark.parametrize("op", ["+", "-", "*", "&", "|", "^", "<<", ">>", "//", "%"])
def test_operations_wrap_and_round_down(compiler: Compiler, op: str) -> None:
    text = arithmetic(op)
    python, native = in_python(text), in_native(text, compiler)

    @given(words, words)
    @example(-(2**63), -1)
    def same(a: int, b: int) -> None:
        assert native(a, b) == python(a, b)

    same()
