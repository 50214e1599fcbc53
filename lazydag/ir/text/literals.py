"""Constants as text, exact to the bit."""

from __future__ import annotations

import cmath
import sys
from math import isinf

import numpy as np

from lazydag.ir.types import DType

_BITS = "bits:"


def write_literal(data: bytes, dtype: DType) -> str:
    r"""Return the scalar with these bytes: a number, or else its bits.

    >>> import numpy as np
    >>> write_literal(np.float32(0.1).tobytes(), np.dtype("f4"))
    '0.1'
    >>> write_literal(b"\x01\x00\xf8\x7f", np.dtype("f4"))
    'bits:0x7ff80001'
    """
    text = str(np.frombuffer(data, dtype)[0])
    if dtype.kind == "b":
        text = text.lower()
    try:
        if read_literal(text, dtype) == data:
            return text
    except (ValueError, OverflowError):
        pass
    bits = int.from_bytes(data, sys.byteorder)
    return f"{_BITS}0x{bits:0{2 * dtype.itemsize}x}"


def read_literal(text: str, dtype: DType) -> bytes:
    """Return the bytes of a literal.

    Raises
    ------
    ValueError, OverflowError
        If `text` is not a value of this dtype.
    """
    if text.startswith(_BITS):
        bits = int(text.removeprefix(_BITS), 16)
        return bits.to_bytes(dtype.itemsize, sys.byteorder)
    if dtype.kind == "b":
        return np.asarray(_read_bool(text), dtype).tobytes()
    if dtype.kind == "f":
        return _read_float(text, dtype)
    if dtype.kind == "c":
        return _read_complex(text, dtype)
    return np.asarray(int(text), dtype).tobytes()


def _read_complex(text: str, dtype: DType) -> bytes:
    number = complex(text)
    with np.errstate(over="ignore", under="ignore"):
        value = np.asarray(number, dtype)
    if np.isinf(value) and not cmath.isinf(number):
        raise OverflowError(f"{text} is too large")
    return value.tobytes()


def _read_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _read_float(text: str, dtype: DType) -> bytes:
    number = float(text)
    with np.errstate(over="ignore", under="ignore"):
        value = np.asarray(number, dtype)
    if np.isinf(value) and not isinf(number):
        raise OverflowError(f"{text} is too large")
    return value.tobytes()
