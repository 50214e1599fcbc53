"""Types as text: ``f64[n<=100,4]``, and ``(f64[8], i64[])`` for several outputs."""

from __future__ import annotations

import re

from lazydag.ir.types import DTYPES, ArrayType, Dim, Extent

#: An array's type; dimensions never hold brackets or quotes.
ARRAY_TYPE = re.compile(r"(\w+)\[([^\[\]\"]*)\]")
_DIM = re.compile(r"([^\W\d]\w*)<=(\d+)")


def read_array_type(text: str) -> ArrayType:
    """Return the type written as `text`.

    Raises
    ------
    ValueError
        If it is not one; the message says which part.
    """
    found = ARRAY_TYPE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a type such as f64[1000,3]")
    name, extents = found.groups()
    dtype = DTYPES.get(name)
    if dtype is None:
        raise ValueError(f"{name!r} is not an element type ({', '.join(DTYPES)})")
    parts = extents.split(",") if extents.strip() else []
    return ArrayType(tuple(_read_extent(part.strip()) for part in parts), dtype)


def _read_extent(text: str) -> Extent:
    if text.isascii() and text.isdigit():
        return int(text)
    found = _DIM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is neither a size nor a bound such as n<=100")
    return Dim(found[1], int(found[2]))
