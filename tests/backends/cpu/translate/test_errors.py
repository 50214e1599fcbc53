"""What is outside of the language is refused, with its file and line."""

import textwrap

import pytest

from lazydag.backends.cpu.translate import LanguageError, translate
from tests.backends.cpu.translate.programs import functions, program, translated

# In the second line of f(a, b); the message names what is wrong.
STATEMENTS = {
    "a = b = 1": "no such statement",
    "a, b = b, a": "no such statement",
    "a: int = 1": "no such statement",
    "a.x = 1": "no such statement",
    "for i in range(3): pass": "no such statement: for i in range",
    "with a: pass": "no such statement",
    "try: pass\n    finally: pass": "no such statement",
    "assert a": "no such statement",
    "raise a": "no such statement",
    "global LIMIT": "no such statement",
    "import os": "no such statement",
    "del a": "no such statement",
    "a": "no such statement",
    "'text'": "no such statement",
    "while a: pass\n    else: pass": "no such statement",
    "def g(): pass": "no such statement",
    "a = 'text'": "no such expression: 'text'",
    "a = True": "no such expression: True",
    "a = None": "no such expression",
    "a = 1.5": "no such expression",
    "a = (a, b)": "no such expression",
    "a = b.real": "no such expression: b.real",
    "a = b[0]": "no such expression",
    "a = +b": "no such expression",
    "a = [1]": "no such expression",
    "a = (b := 2)": "no such expression",
    "a = lambda: 0": "no such expression",
    "a = a and b": "conditions only",
    "a = not b": "conditions only",
    "a = a / b": "no such operation: Div",
    "a = a ** 2": "no such operation: Pow",
    "a **= 2": "no such operation: Pow",
    "a = a // b": "a constant above 0",
    "a = a % 0": "a constant above 0",
    "a //= -2": "a constant above 0",
    "a = a << 64": "not within 0 to 63",
    "a >>= -1": "not within 0 to 63",
    "a = 1 << 64": "not within 0 to 63",
    "a = 9223372036854775808": "does not fit in 64 bits",
    "a = -9223372036854775809": "does not fit in 64 bits",
    "a = WIDE": "does not fit in 64 bits",
    "a = variable": "variable is no local and no int constant",
    "a = TEXT": "TEXT is no local and no int constant",
    "a = TRUE": "TRUE is no local and no int constant",
    "a = UNKNOWN": "UNKNOWN is no local and no int constant",
    "a = load": "load is no local and no int constant",
    "a = a is b": "no such comparison: Is",
    "a = a in b": "no such comparison: In",
    "a = missing()": "neither translated nor an intrinsic",
    "a = len(b)": "neither translated nor an intrinsic",
    "a = _function(b, 1, 2)": "neither translated nor an intrinsic",
    "a = load.x(b)": "not called by its name",
    "a = helper(1)": "helper takes 2 arguments, not 1",
    "a = load(a, b)": "load takes 1 arguments, not 2",
    "a = max(a, b, 3)": "max takes 2 arguments, not 3",
    "a = call()": "call takes 1 arguments, not 0",
    "a = load(address=b)": "plain arguments only",
    "a = load(*b)": "plain arguments only",
    "a = store(a, b)": "store returns no value",
    "a = nothing()": "nothing returns no value",
    "load = a\n    a = load(b)": "load is a local here",
    "return": "not what is annotated",
    "return a\n    b = 1": "never comes here",
    "while True: pass\n    b = 1": "never comes here",
    "if a: c = 1\n    a = c": "c may have no value here",
    "while a: c = a\n    a = c": "c may have no value here",
    "c += 1": "c may have no value here",
    "while True:\n        if a: break\n        c = 1\n    a = c": "c may have no value",
}

PROGRAM = """
LIMIT = 3
WIDE = 1 << 63
TEXT = "text"
TRUE = True
variable = 3

def helper(x: int, y: int) -> int:
    return x

def nothing() -> None:
    pass

def f(a: int, b: int) -> int:
    b = 2
    {}
    return a
"""


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement(statement: str) -> None:
    text = PROGRAM.format(statement)
    wrong = statement.splitlines()[-1].strip()
    with pytest.raises(LanguageError, match=STATEMENTS[statement]) as caught:
        translated(text)
    lines = [i for i, line in enumerate(text.splitlines(), 1) if line.strip() == wrong]
    if not statement.startswith(("try", "while a: pass")):
        assert caught.value.lineno in lines
        assert caught.value.text is not None
        assert caught.value.text.strip() == wrong
    assert str(caught.value.filename).startswith("<program ")


HEADS = {
    "def f(a) -> int:": "parameter a is not annotated with int",
    "def f(a: bool) -> int:": "parameter a is not annotated with int",
    "def f(a: int):": "the result of f is neither int nor None",
    "def f(a: int) -> bool:": "the result of f is neither int nor None",
    "def f(a: int = 3) -> int:": "cannot have a default",
    "def f(a: int, /) -> int:": "only plain parameters",
    "def f(a: int, *, b: int) -> int:": "only plain parameters",
    "def f(a: int, *b: int) -> int:": "only plain parameters",
    "def f(a: int, **b: int) -> int:": "only plain parameters",
    "def f(a: int, ä: int) -> int:": "not ASCII",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_signature(head: str) -> None:
    with pytest.raises(LanguageError, match=HEADS[head]) as caught:
        translated(f"# first\n{head}\n    return a\n")
    assert caught.value.lineno == 2


NOT_PLAIN = {
    "decorated": "def d(f): return f\n@d\ndef f(a: int) -> int:\n    return a\n",
    "inside": "def d():\n    def f() -> int: return 1\n    return f\nf = d()\n",
    "lambda": "f = lambda a: a\n",
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_a_function_stands_at_the_top(name: str) -> None:
    function = program(NOT_PLAIN[name])["f"]
    with pytest.raises(LanguageError, match="not a plain function at the top") as c:
        translate([function], ["f"], "x86_64")
    assert c.value.lineno == function.__code__.co_firstlineno


def test_a_result_is_needed_on_every_way() -> None:
    with pytest.raises(LanguageError, match="ends without a result"):
        translated("def f(a: int) -> int:\n    if a:\n        return 1\n")


def test_nothing_calls_itself() -> None:
    text = textwrap.dedent("""
        def f(a: int) -> int:
            return g(a)
        def g(a: int) -> int:
            return h(a) if a else 1
        def h(a: int) -> int:
            return g(a - 1)
    """)
    with pytest.raises(LanguageError, match="recursion: program") as caught:
        translated(text)
    assert caught.value.lineno in {4, 6}


def test_entries_exist() -> None:
    names = program("def f() -> int:\n    return 1\n")
    with pytest.raises(ValueError, match="none of the functions is called g, h"):
        translate(functions(names), ["f", "g", "h"], "x86_64")


def test_functions_that_are_not_given_are_refused() -> None:
    names = program(PROGRAM.format("a = helper(1, 2)"))
    with pytest.raises(LanguageError, match="helper is neither translated"):
        translate([names["f"]], ["f"], "x86_64")


def test_the_error_shows_its_place() -> None:
    with pytest.raises(LanguageError) as caught:
        translated(PROGRAM.format("a = b / 2"))
    assert isinstance(caught.value, SyntaxError)
    assert "no such operation: Div (" in str(caught.value)
    assert "line 16)" in str(caught.value)
