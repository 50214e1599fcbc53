"""Text that is not a graph: each error has its place and says what was expected."""

import pytest

from lazydag.errors import DTypeError, ParseError, ShapeError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Stage
from lazydag.ir.text import dump, parse, parse_type
from lazydag.ir.types import F64, ArrayType, Dim

HEAD = "graph @f(%x: f64[8], %y: f64[8])  stage=traced\n"
KERNEL = HEAD + "  %0: f64[8] = kernel %x %y {\n    %a = add %x %y\n"

# text after HEAD, line, column, what is expected or wrong
LINES = [
    ("  %0: f64[8] = ad %x %y\n  return %0", 2, 16, "an op, found 'ad'"),
    ("  %0: f64[8] = add %x %z\n  return %0", 2, 23, "%z is not defined"),
    ("  %0: f64[8] = add %x, %y\n  return %0", 2, 22, "an operand or the end"),
    ("  %0: f64[8] = add %x\n  return %0", 2, 3, "add made from 1 sources"),
    ("  %0: f64[9] = add %x %y\n  return %0", 2, 3, "f64[8], found f64[9]"),
    ("  %0: f32[8] = add %x %y\n  return %0", 2, 3, "f64[8], found f32[8]"),
    ("  %0: f64[8 = add %x %y\n  return %0", 2, 7, "a type such as f64[8]"),
    ("  %0: g64[8] = add %x %y\n  return %0", 2, 7, "'g64' is not an element type"),
    ("  %0: f64[n<8] = add %x %y\n  return %0", 2, 7, "'n<8' is neither a size"),
    ("  %0: f64[-8] = add %x %y\n  return %0", 2, 7, "'-8' is neither a size"),
    ("  %0 add %x %y\n  return %0", 2, 6, "= and an op"),
    ("  %0 =\n  return %0", 2, 7, "an op, found the end of the line"),
    ("  0 = add %x %y\n  return %0", 2, 3, "a value such as %0, found '0'"),
    ("  %x = add %x %y\n  return %0", 2, 3, "%x is defined twice"),
    ("  %0, %1 = add %x %y\n  return %0", 2, 3, "only kernels"),
    ("  %0 @cpu:0 = add %x %y\n  return %0", 2, 3, "only kernels"),
    ("  %0 = sum[axis=0] %x\n  return %0", 2, 11, "one of axes, block, found 'axis'"),
    ("  %0 = sum[axes=0] %x\n  return %0", 2, 11, "'0' is not a tuple"),
    ("  %0 = sum[axes=(0,), axes=(0,)] %x\n  return %0", 2, 11, "found 'axes'"),
    ("  %0 = sum[axes=(a,)] %x\n  return %0", 2, 11, "invalid literal"),
    ("  %0 = sum[(0,)] %x\n  return %0", 2, 11, "expected name=value"),
    ("  %0 = sum %x\n  return %0", 2, 12, "expected axes="),
    ("  %0 = sum[axes=(1,)] %x\n  return %0", 2, 3, "cannot reduce f64[8]"),
    ("  %0 = exp[axes=(1,)] %x\n  return %0", 2, 11, "expected no attributes"),
    ("  %0 = broadcast %x\n  return %0", 2, 18, "needs its type written"),
    ("  %0: f64[3] = broadcast %x\n  return %0", 2, 3, "cannot broadcast f64[8]"),
    ("  %0: i8[] = const[300]\n  return %0", 2, 19, "300 out of bounds"),
    ("  %0: i8[] = const[0.5]\n  return %0", 2, 19, "invalid literal"),
    ("  %0: f32[] = const[1e99]\n  return %0", 2, 20, "1e99 is too large"),
    ("  %0: bool[] = const[1]\n  return %0", 2, 21, "neither true nor false"),
    ("  %0: u8[] = const[bits:0x100]\n  return %0", 2, 19, "too big"),
    ("  %0: f64[] = const\n  return %0", 2, 20, "could not convert"),
    ("  %0: f64[2,3] = iota\n  return %0", 2, 22, "iota has one axis"),
    ("  %0 = slice[1] %x\n  return %0", 2, 13, "'1' is not start:stop"),
    ("  %0 = slice[1:2:0] %x\n  return %0", 2, 13, "step 0"),
    ("  %0 = slice[1:] %x\n  return %0", 2, 13, "invalid literal"),
    ("  %0 = slice[0:9] %x\n  return %0", 2, 3, "leaves f64[8]"),
    ("  %0: f64[8] = leaf\n  return %0", 2, 16, "a leaf is an array held"),
    ("  %0 = get[index=0] %x\n  return %0", 2, 3, "get cannot take f64[8]"),
    ("  return %0", 2, 10, "%0 is not defined"),
    ("  return %x %y", 2, 13, "the end of the line, found '%y'"),
    ("  return %x\n  %0 = exp %x", 3, 3, "nothing after the graph's return"),
    ("  yield %x", 2, 3, "a node or return, found 'yield'"),
    ("  params %z: f64[8]", 2, 3, "a node or return, found 'params'"),
    ("  }", 2, 3, "a node or return, found '}'"),
    ("  %0 = exp %x\n", 3, 1, "return and the outputs, found the end"),
]
KERNELS = [
    ("  }", 4, 3, "a node or yield, found '}'"),
    ("    return %a", 4, 5, "a node or yield, found 'return'"),
    ("    yield %b", 4, 11, "%b is not defined"),
    ("    yield %a\n    %b = exp %a", 5, 5, "}, found '%b'"),
    ("    yield %a\n    yield %a", 5, 5, "}, found 'yield'"),
    ("    params %z: f64[8]", 4, 5, "a node or yield, found 'params'"),
    ("    yield %a, %x\n  }", 2, 3, "expected f64[8], f64[8], found f64[8]"),
    ("    yield\n  }", 2, 3, "expected no type, found f64[8]"),
    ("    yield %a\n  }\n  return %a", 6, 10, "%a is not defined"),
]
WHOLE = [
    ("", 1, 1, "graph @name(…), found the end of the line"),
    ("tree @f()", 1, 1, "graph @name(…), found 'tree'"),
    ("graph f()", 1, 7, "@ and the graph's name, found 'f'"),
    ("graph @f", 1, 9, "( and the parameters"),
    ("graph @f(%x)", 1, 12, ": and the parameter's type"),
    ("graph @f(%x: f64[8] %y: f64[8])", 1, 21, "a comma or the end of the param"),
    ("graph @f(%x: f64[8], %x: f64[8])  stage=traced", 1, 22, "%x is defined twice"),
    ("graph @f(%x: f64[8]", 1, 20, "), found the end of the line"),
    ("graph @f()", 1, 11, "stage= and the stage"),
    ("graph @f()  stage=done", 1, 19, "a stage (traced, simplified, fused, tiled"),
    ("graph @f()  stage=fused now", 1, 25, "the end of the line, found 'now'"),
]
CASES = [
    *((HEAD + text, *rest) for text, *rest in LINES),
    *((KERNEL + text, *rest) for text, *rest in KERNELS),
    *WHOLE,
]


@pytest.mark.parametrize(("text", "line", "column", "what"), CASES)
def test_errors(text: str, line: int, column: int, what: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(text, file="bad.ir")
    message = str(raised.value)
    assert what in message
    assert f"(line {line}, column {column})" in message
    shown = text.split("\n")[line - 1].strip()
    assert f"  at bad.ir:{line}" + (f"   {shown}" if shown else "") in message
    assert isinstance(raised.value, ValueError)


def test_errors_of_types_are_the_cause() -> None:
    for line, cause in (("add %x %z", DTypeError), ("matmul %x %x", ShapeError)):
        text = f"graph @f(%x: f64[8], %z: f32[8]) stage=traced\n%0 = {line}\nreturn %0"
        with pytest.raises(ParseError) as raised:
            parse(text)
        assert isinstance(raised.value.__cause__, cause)


def test_close_names_are_proposed() -> None:
    with pytest.raises(ParseError, match="Did you mean") as raised:
        parse(HEAD + "%0 = floordv %x %y\nreturn %0")
    assert "floordiv" in raised.value.remedy


def test_spaces_comments_and_types_are_free() -> None:
    """Text by hand may be terse."""
    text = """
    # a comment
    graph @f (%x:f64[ 8 ],   # x
              %y : f64[8],
    ) stage=traced   # what it is

      %0=add %x %y#sum
      # nothing here
      %1 = exp %0
      return   %1 ,%x
    # the end
    """
    graph = parse(text)
    assert graph is parse(HEAD + "%u = add %x %y\n%v = exp %u\nreturn %v, %x")
    assert graph.stage is Stage.TRACED


def test_names_of_devices_and_spaces() -> None:
    head = "graph @f(%x: f64[8]) stage=placed\n"
    text = head + '%0 @"a b" = kernel[tile=()] %x {\nyield %x\n}\nreturn %0'
    kernel = parse(text).outputs[0].srcs[0]
    assert isinstance(kernel.attrs, a.KernelAttrs)
    assert kernel.attrs.device == "a b"
    copy = parse(head + '%0 = copy[space="a, ]b"] %x\nreturn %0').outputs[0]
    assert copy.attrs == a.CopyAttrs("a, ]b")


def test_types() -> None:
    assert parse_type("f64[]") == ArrayType((), F64)
    assert parse_type(" f64[2, n<=3] ") == ArrayType((2, Dim("n", 3)), F64)
    for text in ("f64", "f64[", "f16[2]", "f64[2,]", "f64[x]", "f64[2] x", ""):
        with pytest.raises(ParseError):
            parse_type(text)


def test_parameters_on_devices() -> None:
    text = "graph @f(%x: f64[8] @gpu0, %y: f64[8])  stage=traced\n  return %x, %y\n"
    graph = parse(text)
    assert [p.attrs.space for p in graph.params] == ["gpu0", ""]  # type: ignore[union-attr]
    assert dump(graph) == text
    assert parse(dump(graph)) is graph
