"""Random graphs and the arrays to run them on, for property tests of all layers.

`graphs` draws graphs at stage TRACED as a frontend would make them; `arrays_for` makes
inputs with NaN, infinities, signed zeros, denormals and the limits of integers.

    @given(graphs(dtypes=("f32", "f64"), kinds=(Kind.ELEMENTWISE,)), seeds)
    def test_pass(graph, seed):
        arrays = arrays_for(graph, seed)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.vendor import pretty

from lazydag.errors import LazydagError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.text import dump
from lazydag.ir.types import DTYPES, ArrayType, DType

Shape = tuple[int, ...]
Draw = Callable[..., Any]

# A failing example shows the text of the graph, not its nested nodes.
pretty.for_type_by_name(
    "lazydag.ir.graph", "Graph", lambda graph, p, _cycle: p.text(f"\n{dump(graph)}")
)

#: Kinds of ops in graphs unless asked otherwise.
USUAL_KINDS = (
    Kind.ELEMENTWISE,
    Kind.MOVEMENT,
    Kind.REDUCTION,
    Kind.SOURCE,
    Kind.WRITE,
)
#: Seeds for `arrays_for`.
seeds = st.integers(0, 2**32 - 1)

# Reductions that have no value over no elements.
_NEEDS_ELEMENTS = frozenset({"amin", "amax"})
_MAX_OUTPUTS = 4
# Made by steps of their own, or, like `call`, by the tests that want them.
_SPECIAL = frozenset({"call", "cast", "where"})


def shapes(
    max_ndim: int = 3, max_extent: int = 5, min_extent: int = 0
) -> st.SearchStrategy[Shape]:
    """Return shapes: rank 0, axes of one element and empty ones among them."""
    extents = st.integers(min_extent, max_extent)
    return st.lists(extents, max_size=max_ndim).map(tuple)


@dataclass(frozen=True, slots=True)
class Menu:
    """What a random graph may hold.

    Parameters
    ----------
    kinds : collection of Kind
        Kinds of ops. LIBRARY is left out unless asked for.
    dtypes : sequence of DType
        Element types of the inputs and of casts.
    without : collection of str
        Ops to leave out.
    casts_to_int : bool
        Whether floats are cast to integers, which NumPy defines only within range.
    """

    kinds: Collection[Kind]
    dtypes: Sequence[DType]
    without: Collection[str]
    casts_to_int: bool

    def ops(self, kind: Kind, arity: int, dtype: DType) -> list[str]:
        """Return the ops of one kind that take operands of this dtype."""
        known = _ops(kind, arity, dtype)
        return [name for name in known if name not in self.without]

    def can_cast(self, source: DType, to: DType) -> bool:
        """Tell whether a cast has a meaning for every value."""
        return self.casts_to_int or not (source.kind in "fc" and to.kind in "iu")


@cache
def _ops(kind: Kind, arity: int, dtype: DType) -> tuple[str, ...]:
    """Return the ops that `infer` lets operands of this dtype into."""
    types = [ArrayType((2,), dtype)] * arity
    attrs = a.ReduceAttrs((0,)) if kind is Kind.REDUCTION else a.NONE
    found = []
    for op in OPS.values():
        if op.kind is not kind or op.arity != arity or op.name in _SPECIAL:
            continue
        try:
            op.infer(types, attrs)
        except LazydagError:
            continue
        # NumPy refuses negative integer powers.
        if op.name != "pow" or dtype.kind != "i":
            found.append(op.name)
    return tuple(found)


@st.composite
def graphs(
    draw: Draw,
    *,
    max_nodes: int = 12,
    max_params: int = 3,
    kinds: Collection[Kind] = USUAL_KINDS,
    dtypes: Collection[str] = tuple(DTYPES),
    without: Collection[str] = (),
    casts_to_int: bool = False,
    inputs: st.SearchStrategy[Shape] | None = None,
) -> Graph:
    """Draw a graph at stage TRACED.

    Parameters
    ----------
    max_nodes : int
        Most steps; a step makes an op and the casts and views that it needs.
    max_params : int
        Most inputs, one at least.
    kinds, dtypes, without, casts_to_int
        See `Menu`; dtypes by name.
    inputs : strategy of shapes, optional
        Shapes of the inputs.
    """
    menu = Menu(kinds, [DTYPES[d] for d in dtypes], without, casts_to_int)
    shape = draw(shapes() if inputs is None else inputs)
    params = [
        param(slot, ArrayType(_like(draw, shape), draw(st.sampled_from(menu.dtypes))))
        for slot in range(draw(st.integers(1, max_params)))
    ]
    pool = list(params)
    steps = [step for kind, step in _STEPS if kind in menu.kinds]
    for _ in range(draw(st.integers(1, max_nodes))):
        pool.append(draw(st.sampled_from(steps))(draw, pool, menu))
    return make_graph("random", params, _outputs(draw, pool))


def _outputs(draw: Draw, pool: list[Node]) -> list[Node]:
    """Return the values that nothing uses, so that little is dead, or one more."""
    used = {src for node in pool for src in node.srcs}
    unused = [node for node in dict.fromkeys(pool) if node not in used]
    more = draw(st.lists(st.sampled_from(pool), max_size=1))
    return [*unused[-_MAX_OUTPUTS:], *more]


def _like(draw: Draw, shape: Shape) -> Shape:
    """Draw a shape that broadcasts to `shape`, mostly itself."""
    if draw(st.integers(0, 3)):
        return shape
    keep = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    units = tuple(n if k else 1 for n, k in zip(shape, keep, strict=True))
    return units[draw(st.integers(0, len(units))) :]


def _pick(draw: Draw, pool: list[Node]) -> Node:
    """Draw a value, a recent one more often than not."""
    reach = len(pool) if draw(st.booleans()) else min(3, len(pool))
    return pool[-1 - draw(st.integers(0, reach - 1))]


def _constant(draw: Draw, dtype: DType) -> Node:
    return const(draw(st.sampled_from(special_values(dtype))), dtype)


def _spread(node: Node, shape: Shape) -> Node:
    if node.type.shape == shape:
        return node
    return make(OPS["broadcast"], node, attrs=a.ShapeAttrs(shape))


def _fitted(draw: Draw, node: Node, type: ArrayType, menu: Menu) -> Node:
    """Return `node` as an array of this type; a constant where that cannot be."""
    if node.type.dtype != type.dtype:
        if not menu.can_cast(node.type.dtype, type.dtype):
            return _spread(_constant(draw, type.dtype), type.shape)
        node = make(OPS["cast"], node, attrs=a.CastAttrs(type.dtype))
    try:
        return _spread(node, type.shape)
    except LazydagError:
        if node.type.size != type.size:
            return _spread(_constant(draw, type.dtype), type.shape)
        return make(OPS["reshape"], node, attrs=a.ShapeAttrs(type.shape))


def _elementwise(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    arity = draw(st.sampled_from((2, 1, 2)))
    names = menu.ops(Kind.ELEMENTWISE, arity, x.type.dtype)
    if not names:
        return _cast(draw, pool, menu)
    others = [_fitted(draw, _pick(draw, pool), x.type, menu) for _ in range(arity - 1)]
    operands = draw(st.permutations([x, *others]))
    return make(OPS[draw(st.sampled_from(names))], *operands)


def _cast(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    dtype = draw(st.sampled_from(menu.dtypes))
    if not menu.can_cast(x.type.dtype, dtype):
        return x
    return make(OPS["cast"], x, attrs=a.CastAttrs(dtype))


def _where(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x, y = _pick(draw, pool), _pick(draw, pool)
    test = make(OPS[draw(st.sampled_from(("lt", "eq", "ge")))], x, x)
    if draw(st.booleans()):
        test = make(OPS["lt"], x, _fitted(draw, y, x.type, menu))
    branches = [_fitted(draw, _pick(draw, pool), x.type, menu), x]
    return make(OPS["where"], test, *branches)


def _constant_array(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    type = _pick(draw, pool).type
    return _spread(_constant(draw, type.dtype), type.shape)


def _reshape(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    at = draw(st.integers(0, x.type.ndim))
    shape = draw(
        st.sampled_from(
            (
                (x.type.size,),
                (*x.type.shape[:at], 1, *x.type.shape[at:]),
                (prod(x.type.shape[:at]), prod(x.type.shape[at:])),
                tuple(n for n in x.type.shape if n != 1),
            )
        )
    )
    return make(OPS["reshape"], x, attrs=a.ShapeAttrs(shape))


def _transpose(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    axes = tuple(draw(st.permutations(range(x.type.ndim))))
    return make(OPS["transpose"], x, attrs=a.TransposeAttrs(axes))


def _slice(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    return make(OPS["slice"], x, attrs=_region(draw, x))


def _region(draw: Draw, x: Node) -> a.SliceAttrs:
    bounds = [draw(st.slices(n)).indices(n) for n in x.type.shape]
    ranges = [range(*each) for each in bounds]
    starts = tuple(r.start if len(r) else 0 for r in ranges)
    steps = tuple(r.step for r in ranges)
    return a.SliceAttrs(starts, tuple(map(len, ranges)), steps)


def _write(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x, y = _pick(draw, pool), _pick(draw, pool)
    attrs = _region(draw, x)
    wanted = ArrayType(attrs.counts, x.type.dtype)
    if draw(st.booleans()) and y.type.shape == x.type.shape:
        y = make(OPS["slice"], y, attrs=attrs)
    return make(OPS["write"], x, _fitted(draw, y, wanted, menu), attrs=attrs)


def _broadcast(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    sizes = st.integers(0, 3)
    inner = tuple(draw(sizes) if n == 1 else n for n in x.type.shape)
    if x.type.ndim > 3:
        return _spread(x, inner)
    return _spread(x, (*draw(st.lists(sizes, max_size=1)), *inner))


def _reduction(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    axes = tuple(i for i in range(x.type.ndim) if draw(st.booleans()))
    count = prod(x.type.shape[i] for i in axes)
    names = menu.ops(Kind.REDUCTION, 1, x.type.dtype)
    names = [name for name in names if count or name not in _NEEDS_ELEMENTS]
    if not names:
        return x
    name = draw(st.sampled_from(names))
    return make(OPS[name], x, attrs=a.ReduceAttrs(axes))


def _matmul(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x, y = _pick(draw, pool), _pick(draw, pool)
    if x.type.ndim < 2 or x.type.dtype.kind != "f":
        return x
    *front, _, inner = x.type.shape
    wanted = ArrayType((*front, inner, draw(st.integers(0, 4))), x.type.dtype)
    return make(OPS["matmul"], x, _fitted(draw, y, wanted, menu))


def _concat(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    if not x.type.ndim:
        return x
    axis = draw(st.integers(0, x.type.ndim - 1))
    y = _fitted(draw, _pick(draw, pool), x.type, menu)
    return make(OPS["concat"], x, y, attrs=a.ConcatAttrs(axis))


def _arg_reduction(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    axes = [i for i, n in enumerate(x.type.shape) if n]
    if not axes:
        return x
    attrs = a.ArgReduceAttrs(draw(st.sampled_from(axes)))
    return make(OPS[draw(st.sampled_from(("argmin", "argmax")))], x, attrs=attrs)


def _sorted(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    x = _pick(draw, pool)
    if not x.type.ndim:
        return x
    axis = draw(st.integers(0, x.type.ndim - 1))
    options = (("axis", axis), ("descending", draw(st.booleans())))
    return make(OPS["function"], x, attrs=a.FunctionAttrs("sort", options))


def _iota(draw: Draw, pool: list[Node], menu: Menu) -> Node:
    dtypes = [d for d in menu.dtypes if d.kind != "b"] or [DTYPES["i64"]]
    attrs = a.IotaAttrs(draw(st.integers(0, 5)), draw(st.sampled_from(dtypes)))
    return make(OPS["iota"], attrs=attrs)


# The kind of a step, several times where a step is to be more frequent.
_STEPS: tuple[tuple[Kind, Callable[[Draw, list[Node], Menu], Node]], ...] = (
    (Kind.ELEMENTWISE, _elementwise),
    (Kind.ELEMENTWISE, _elementwise),
    (Kind.ELEMENTWISE, _elementwise),
    (Kind.ELEMENTWISE, _cast),
    (Kind.ELEMENTWISE, _where),
    (Kind.SOURCE, _constant_array),
    (Kind.MOVEMENT, _reshape),
    (Kind.MOVEMENT, _transpose),
    (Kind.MOVEMENT, _slice),
    (Kind.MOVEMENT, _broadcast),
    (Kind.REDUCTION, _reduction),
    (Kind.WRITE, _write),
    (Kind.LIBRARY, _matmul),
    (Kind.LIBRARY, _concat),
    (Kind.LIBRARY, _arg_reduction),
    (Kind.LIBRARY, _iota),
    (Kind.LIBRARY, _sorted),
)


@cache
def special_values(dtype: DType) -> tuple[Any, ...]:
    """Return values of a dtype at which computations go wrong."""
    if dtype.kind == "b":
        return (False, True)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        tiny, small = info.smallest_normal, info.smallest_subnormal
        plain = (0.0, 1.0, 0.5, 2.0, 3.0, 1e-3, 1.5, 2.5, np.pi, 100.0)
        positive = (*plain, info.max, info.eps, tiny, small, np.inf)
        return (*positive, *(-x for x in positive), np.nan)
    if dtype.kind == "c":
        return _special_complex(dtype)
    limits = np.iinfo(dtype)
    around = (limits.min, limits.min + 1, limits.max - 1, limits.max)
    return tuple({*around, *range(max(limits.min, -3), 8)})


def _special_complex(dtype: DType) -> tuple[Any, ...]:
    ends = (0.0, -0.0, 1.0, -2.5, np.finfo(dtype).max, np.inf, -np.inf, np.nan)
    return tuple(complex(x, y) for x in ends for y in ends)


def array_of(type: ArrayType, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return a random array: ordinary numbers, with special values among them."""
    shape, dtype = type.sizes, type.dtype
    if dtype.kind == "f":
        values = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4, shape)
    elif dtype.kind == "c":
        values = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    else:
        low, high = (0, 2) if dtype.kind == "b" else (max(0, 20 - dtype.itemsize), 100)
        values = rng.integers(low, high, shape)
    array = np.asarray(values).astype(dtype)
    specials = np.array(special_values(dtype), dtype)
    chosen = rng.random(shape) < rng.choice((0.0, 0.1, 0.5))
    return np.where(chosen, rng.choice(specials, shape), array)


def arrays_for(graph: Graph, seed: int) -> list[np.ndarray[Any, Any]]:
    """Return an array for each parameter of `graph`: the same ones for one seed."""
    rng = np.random.default_rng(seed)
    return [array_of(node.type, rng) for node in graph.params]
