"""Arrays and axes for tests of functions that work along lanes."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

#: Numbers with the special ones among them.
FLOATS = st.sampled_from(
    [0.0, -0.0, 1.0, 2.5, -3.0, 1e300, float("inf"), -float("inf"), float("nan")]
)
TAME = st.sampled_from([0.0, 0.25, 1.0, 2.5, -3.0, 7.0, 1e3])
REAL = ("?", "i1", "u2", "i4", "i8", "f4", "f8")


def _elements(dtype: str, floats: Any) -> Any:
    if dtype == "f4":
        return floats.map(lambda value: value if abs(value) < 1e30 else value * 0)
    if dtype in ("f8", "c16"):
        return floats
    if dtype == "?":
        return st.booleans()
    return st.integers(0, 5)


@st.composite
def arrays(  # type: ignore[no-untyped-def]
    draw, dtypes=REAL, floats=FLOATS, min_dims=1, min_side=1, max_side=4
) -> Any:
    """Draw an array of one of the dtypes."""
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(
        hnp.array_shapes(
            min_dims=min_dims, max_dims=3, min_side=min_side, max_side=max_side
        )
    )
    return draw(hnp.arrays(dtype, shape, elements=_elements(dtype, floats)))


def axes(x: Any, *, several: bool = False, none: bool = True) -> Any:
    """Return a strategy of axes of an array."""
    found = st.integers(-x.ndim, x.ndim - 1)
    if several:
        chosen = st.lists(
            st.integers(0, x.ndim - 1), min_size=1, max_size=x.ndim, unique=True
        )
        found = found | chosen.map(tuple)
    return found | st.none() if none else found
