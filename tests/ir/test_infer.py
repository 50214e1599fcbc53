"""Types follow from sources, and every mistake is a ShapeError or a DTypeError."""

import pytest

from lazydag.errors import DTypeError, LazydagError, ShapeError
from lazydag.ir import attrs as a
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS, Kind, Op
from lazydag.ir.text import parse_type
from lazydag.ir.types import BOOL, DTYPES, F32, F64, REAL, ArrayType, Dim, TupleType

KERNEL = a.UserKernel("scale", abs)
SCATTER = a.ScatterAttrs(a.SliceAttrs((0, 1), (4, 2), (1, 2)), (0,))
BODY = make_graph("body", [], [param(0, ArrayType((2,), F64))])

BITWISE = ("band", "bor", "bxor", "bnot")
LOGICAL = ("land", "lor", "lxor", "lnot")
NUMERIC = ("sub", "pow", "neg", "sign")
REAL_NUMERIC = ("floordiv", "mod")
REAL_ONLY = (
    "erf", "copysign", "nextafter", "atan2", "hypot", "cbrt", "signbit", "floor",
    "ceil", "trunc",
)  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
PREDICATES = ("isnan", "isinf", "isfinite", "signbit")
ANY_DTYPE = ("add", "mul", "abs", "minimum", "maximum", "fmin", "fmax")
UFUNC_OPS = [op for op in OPS.values() if op.ufunc is not None or op.name == "erf"]


def types(*texts: str) -> list[ArrayType]:
    return [parse_type(text) for text in texts]


def dtypes_of(op: Op) -> set[str]:
    """Return the dtypes that the op takes, written out here a second time."""
    integers = {name for name in DTYPES if name[0] in "iu"}
    floats, both = {"f32", "f64"}, {"f32", "f64", "c64", "c128"}
    if op.name in LOGICAL:
        return {"bool"}
    if op.name in BITWISE:
        return integers | {"bool"}
    if op.name in ("shl", "shr"):
        return integers
    if op.name in NUMERIC:
        return integers | both
    if op.name in REAL_NUMERIC:
        return integers | floats
    if op.name in COMPARISONS + ANY_DTYPE:
        return integers | both | {"bool"}
    return floats if op.name in REAL_ONLY else both


@pytest.mark.parametrize("op", UFUNC_OPS, ids=lambda op: op.name)
@pytest.mark.parametrize("name", DTYPES)
def test_elementwise_dtypes(op: Op, name: str) -> None:
    given = types(*[f"{name}[2,3]"] * op.arity)
    if name not in dtypes_of(op):
        with pytest.raises(DTypeError, match=rf"{name}\[2,3\]"):
            op.infer(given, a.NONE)
        return
    is_test = op.name in COMPARISONS + PREDICATES
    result = BOOL if is_test else DTYPES[name]
    if op.name == "abs":
        result = REAL.get(result, result)
    assert op.infer(given, a.NONE) == ArrayType((2, 3), result)


@pytest.mark.parametrize("op", [o for o in UFUNC_OPS if o.arity == 2], ids=repr)
def test_elementwise_operands_have_one_type(op: Op) -> None:
    name = next(iter(sorted(dtypes_of(op))))
    with pytest.raises(ShapeError, match=r"\[2\].*\[3\]"):
        op.infer(types(f"{name}[2]", f"{name}[3]"), a.NONE)
    with pytest.raises(ShapeError, match=r"\[1\].*\[3\]"):
        op.infer(types(f"{name}[1]", f"{name}[3]"), a.NONE)
    other = "f32" if name != "f32" else "f64"
    with pytest.raises(DTypeError):
        op.infer(types(f"{name}[2]", f"{other}[2]"), a.NONE)


RIGHT = [
    ("where", ("bool[2]", "f32[2]", "f32[2]"), a.NONE, "f32[2]"),
    ("philox", ("u64[2]",) * 3, a.NONE, "u64[2]"),
    ("cast", ("f64[2,0]",), a.CastAttrs(F32), "f32[2,0]"),
    ("cast", ("bool[]",), a.CastAttrs(F32), "f32[]"),
    ("call", ("f64[2]", "i8[2]"), a.CallAttrs(KERNEL, BOOL), "bool[2]"),
    ("param", (), a.ParamAttrs(0, parse_type("u8[3]")), "u8[3]"),
    ("const", (), a.ConstAttrs(b"\0", BOOL), "bool[]"),
    ("iota", (), a.IotaAttrs(5, F32), "f32[5]"),
    ("broadcast", ("f64[]",), a.ShapeAttrs((2, 3)), "f64[2,3]"),
    ("broadcast", ("f64[1,3]",), a.ShapeAttrs((4, 0, 3)), "f64[4,0,3]"),
    ("reshape", ("f64[2,3]",), a.ShapeAttrs((6, 1)), "f64[6,1]"),
    ("reshape", ("f64[0,3]",), a.ShapeAttrs((7, 0)), "f64[7,0]"),
    ("transpose", ("f64[2,3,4]",), a.TransposeAttrs((2, 0, 1)), "f64[4,2,3]"),
    ("slice", ("f64[9,5]",), a.SliceAttrs((8, 1), (5, 2), (-2, 2)), "f64[5,2]"),
    ("slice", ("f64[9]",), a.SliceAttrs((99,), (0,), (1,)), "f64[0]"),
    ("retile", ("f64[9,5]",), a.RetileAttrs((4, 9), "2x2"), "f64[9,5]"),
    ("pin", ("f64[9,5]",), a.PinAttrs("gpu:0"), "f64[9,5]"),
    ("write", ("f64[9]", "f64[3]"), a.SliceAttrs((8,), (3,), (-2,)), "f64[9]"),
    (
        "gather",
        ("f64[4,5,6]", "i64[9]", "i64[9]"),
        a.GatherAttrs((0, 2), 1),
        "f64[5,9]",
    ),
    ("gather", ("bool[4]", "u8[2,3]"), a.GatherAttrs((0,)), "bool[2,3]"),
    ("scatter", ("f64[4,5]", "f64[9,2]", "i32[9]"), SCATTER, "f64[4,5]"),
    ("concat", ("f64[2,3]", "f64[2,0]"), a.ConcatAttrs(1), "f64[2,3]"),
    ("sum", ("i8[2,3,4]",), a.ReduceAttrs((0, 2)), "i8[3]"),
    ("sum", ("f64[2,3]",), a.ReduceAttrs(()), "f64[2,3]"),
    ("sum", ("f64[3,2000]",), a.ReduceAttrs((1,), 1024), "f64[3,2]"),
    ("prod", ("f64[30,200,7]",), a.ReduceAttrs((0, 1), 1024), "f64[6,7]"),
    ("m2", ("f32[5]",), a.ReduceAttrs((0,)), "f32[]"),
    ("any", ("bool[5]",), a.ReduceAttrs((0,)), "bool[]"),
    ("argmin", ("f32[5,2]",), a.ArgReduceAttrs(0), "i64[2]"),
    ("matmul", ("f64[2,3]", "f64[3,4]"), a.NONE, "f64[2,4]"),
    ("matmul", ("f32[7,2,3]", "f32[7,3,4]"), a.NONE, "f32[7,2,4]"),
    (
        "function",
        ("f32[2,3]",),
        a.FunctionAttrs("rfft", (("n", 8), ("axis", 0))),
        "c64[5,3]",
    ),
    ("real", ("c64[2]",), a.NONE, "f32[2]"),
    ("imag", ("c128[2]",), a.NONE, "f64[2]"),
    ("complex", ("f32[2]", "f32[2]"), a.NONE, "c64[2]"),
    ("copy", ("f32[7]",), a.CopyAttrs("gpu:0"), "f32[7]"),
]

WRONG = [
    ("philox", ("i64[2]",) * 3, a.NONE, DTypeError),
    ("philox", ("u64[2]", "u64[3]", "u64[2]"), a.NONE, ShapeError),
    ("where", ("bool[2]", "f32[2]", "f32[3]"), a.NONE, ShapeError),
    ("where", ("bool[1]", "f32[2]", "f32[2]"), a.NONE, ShapeError),
    ("where", ("i8[2]", "f32[2]", "f32[2]"), a.NONE, DTypeError),
    ("where", ("bool[2]", "f32[2]", "f64[2]"), a.NONE, DTypeError),
    ("call", ("f64[2]", "f64[3]"), a.CallAttrs(KERNEL, F64), ShapeError),
    ("call", (), a.CallAttrs(KERNEL, F64), ShapeError),
    ("real", ("f64[2]",), a.NONE, DTypeError),
    ("function", ("f64[2,3]",), a.FunctionAttrs("det"), ShapeError),
    ("function", ("c64[2]",), a.FunctionAttrs("rfft"), DTypeError),
    ("complex", ("i8[2]", "i8[2]"), a.NONE, DTypeError),
    ("sum", ("c128[2]",), a.ReduceAttrs((0,)), DTypeError),
    ("broadcast", ("f64[2]",), a.ShapeAttrs((3,)), ShapeError),
    ("broadcast", ("f64[2,2]",), a.ShapeAttrs((2,)), ShapeError),
    ("broadcast", ("f64[3]",), a.ShapeAttrs((3, 1)), ShapeError),
    ("reshape", ("f64[6]",), a.ShapeAttrs((4,)), ShapeError),
    ("reshape", ("f64[6]",), a.ShapeAttrs((-2, -3)), ShapeError),
    ("transpose", ("f64[6,2]",), a.TransposeAttrs((0,)), ShapeError),
    ("transpose", ("f64[6,2]",), a.TransposeAttrs((0, 0)), ShapeError),
    ("transpose", ("f64[6,2]",), a.TransposeAttrs((0, -1)), ShapeError),
    ("retile", ("f64[9,5]",), a.RetileAttrs((4,)), ShapeError),
    ("retile", ("f64[9]",), a.RetileAttrs((0,)), ShapeError),
    ("pin", ("f64[9]",), a.PinAttrs(""), ShapeError),
    ("slice", ("f64[9]",), a.SliceAttrs((0,), (10,), (1,)), ShapeError),
    ("slice", ("f64[9]",), a.SliceAttrs((3,), (5,), (-1,)), ShapeError),
    ("slice", ("f64[9]",), a.SliceAttrs((-1,), (1,), (1,)), ShapeError),
    ("slice", ("f64[9]",), a.SliceAttrs((0,), (2,), (0,)), ShapeError),
    ("slice", ("f64[9]",), a.SliceAttrs((0,), (-2,), (1,)), ShapeError),
    ("slice", ("f64[9,2]",), a.SliceAttrs((0,), (2,), (1,)), ShapeError),
    ("write", ("f64[9]", "f64[4]"), a.SliceAttrs((8,), (3,), (-2,)), ShapeError),
    ("write", ("f64[9]", "f64[3]"), a.SliceAttrs((7,), (3,), (1,)), ShapeError),
    ("write", ("f64[9]", "f32[3]"), a.SliceAttrs((8,), (3,), (-2,)), DTypeError),
    ("gather", ("f64[4,5]", "i64[9]"), a.GatherAttrs((2,)), ShapeError),
    ("gather", ("f64[4,5]", "i64[9]"), a.GatherAttrs((1, 0)), ShapeError),
    ("gather", ("f64[4,5]", "i64[9]"), a.GatherAttrs((0,), 2), ShapeError),
    ("gather", ("f64[4,5]", "i64[9]", "i64[8]"), a.GatherAttrs((0, 1)), ShapeError),
    ("gather", ("f64[4,5]", "f64[9]"), a.GatherAttrs((0,)), DTypeError),
    ("scatter", ("f64[4,5]", "f64[9,5]", "i32[9]"), SCATTER, ShapeError),
    ("scatter", ("f64[4,5]", "f32[9,2]", "i32[9]"), SCATTER, DTypeError),
    ("concat", ("f64[2]", "f32[2]"), a.ConcatAttrs(0), ShapeError),
    ("concat", ("f64[2,3]", "f64[2,4]"), a.ConcatAttrs(0), ShapeError),
    ("concat", ("f64[2]",), a.ConcatAttrs(1), ShapeError),
    ("concat", ("f64[2]",), a.ConcatAttrs(-1), ShapeError),
    ("concat", (), a.ConcatAttrs(0), ShapeError),
    ("argmin", ("f64[2]",), a.ArgReduceAttrs(1), ShapeError),
    ("argmax", ("f64[2]",), a.ArgReduceAttrs(-1), ShapeError),
    ("matmul", ("f64[2,3]", "f64[2,3]"), a.NONE, ShapeError),
    ("matmul", ("f64[3]", "f64[3]"), a.NONE, ShapeError),
    ("matmul", ("f64[2,2,3]", "f64[3,3,4]"), a.NONE, ShapeError),
    ("matmul", ("f64[2,3]", "f32[3,4]"), a.NONE, DTypeError),
    ("m2", ("i64[3]",), a.ReduceAttrs((0,)), DTypeError),
    ("any", ("f64[3]",), a.ReduceAttrs((0,)), DTypeError),
    ("all", ("i8[3]",), a.ReduceAttrs((0,)), DTypeError),
]
for _op in (op for op in OPS.values() if op.kind is Kind.REDUCTION):
    _name = "bool" if _op.name in ("any", "all") else "f64"
    WRONG += [
        (_op.name, (f"{_name}[{_shape}]",), _attrs, ShapeError)
        for _shape, _attrs in (
            ("4", a.ReduceAttrs((1,))),
            ("4", a.ReduceAttrs((-1,))),
            ("4", a.ReduceAttrs((0, 0))),
            ("4", a.ReduceAttrs((), 8)),
            ("4", a.ReduceAttrs((0,), -8)),
            ("4,4", a.ReduceAttrs((1, 0))),
            ("4,4,4", a.ReduceAttrs((0, 2), 8)),
        )
    ]


@pytest.mark.parametrize(("op", "given", "attrs", "result"), RIGHT)
def test_types(op: str, given: tuple[str, ...], attrs: a.Attrs, result: str) -> None:
    assert OPS[op].infer(types(*given), attrs) == parse_type(result)


@pytest.mark.parametrize(("op", "given", "attrs", "error"), WRONG)
def test_mistakes(
    op: str, given: tuple[str, ...], attrs: a.Attrs, error: type[LazydagError]
) -> None:
    srcs = [param(i, t) for i, t in enumerate(types(*given))]
    with pytest.raises(error) as raised:
        make(OPS[op], *srcs, attrs=attrs)
    assert isinstance(raised.value, (ValueError, TypeError))
    assert not given or any(text in str(raised.value) for text in given)


def test_kernels_and_their_outputs() -> None:
    infer_kernel, infer_get = OPS["kernel"].infer, OPS["get"].infer
    inferred = infer_kernel([], a.KernelAttrs(BODY))
    assert inferred == TupleType((ArrayType((2,), F64),))
    assert infer_get([inferred], a.GetAttrs(0)) == ArrayType((2,), F64)
    for index in (1, -1):
        with pytest.raises(ShapeError):
            infer_get([inferred], a.GetAttrs(index))


def test_every_op_is_tested() -> None:
    tested = {row[0] for row in (*RIGHT, *WRONG)} | {op.name for op in UFUNC_OPS}
    # A leaf has the rule of a param; what has bodies has tests of its own.
    bodies = {"kernel", "loop", "branch", "stencil"}
    assert tested | bodies | {"leaf", "get"} == set(OPS)


def test_symbolic_extents_stay_symbolic() -> None:
    n = Dim("n", 100)
    x = ArrayType((n, 4), F64)
    assert OPS["exp"].infer([x], a.NONE) == x
    assert OPS["sum"].infer([x], a.ReduceAttrs((1,))) == ArrayType((n,), F64)
    assert OPS["transpose"].infer([x], a.TransposeAttrs((1, 0))).shape == (4, n)
    with pytest.raises(ShapeError):
        OPS["add"].infer([x, ArrayType((100, 4), F64)], a.NONE)
    assert (str(x), x.sizes, x.size, x.nbytes) == (
        "f64[n<=100,4]",
        (100, 4),
        400,
        3200,
    )
