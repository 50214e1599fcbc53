"""The vectors that the authors of Philox publish, as words."""

import numpy as np

from lazydag.ir.graph import param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES, ArrayType

# counter, key and block as in "philox4x32 10" of kat_vectors, from the tests of
# Random123 (https://github.com/DEShawResearch/random123), lower halves first
KNOWN = (
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)


def word(low, high):
    return low | high << 32


def columns():
    """Return block, stream, key, and the words that belong to them."""
    rows = [
        (word(*c[:2]), word(*c[2:]), word(*k), word(*b[:2]), word(*b[2:]))
        for c, k, b in KNOWN
    ]
    return np.array(rows, np.uint64).T


def node(shape):
    """Return parameters, and the word at a position that they are of."""
    kind = ArrayType(shape, DTYPES["u64"])
    params = [param(i, kind) for i in range(3)]
    return params, make(OPS["philox"], *params)
