"""Kernels over ranges of rows, many of them as one: a tile of many sweeps.

A tile is cut out of rows and sweeps together, with sides that slope: each sweep of it
is a kernel whose range of rows lies a little lower than the one before. The ranges
follow from a few words a tile, so that all tiles share one table of kernels.

The block of a tile is ``[table, kernels, slot, offset, begin, floor, end, slope]``. The
table has a line for each kernel, of `LINE_WORDS`: its address, a block of one row, what
the words of that change by from row to row, their number, the elements of a row in the
first of them (0 if it stays as it is), the skew, the first and last row that it is for,
and by how much rows are numbered otherwise there. It is run for the rows from
``max(begin - skew, floor + skew)`` to ``end + slope * skew``, with a block that is made
at an offset in a slot: nobody else runs this tile at the time.
"""

from functools import cache
from typing import Final

from lazydag.backends.cpu.native import native
from lazydag.runtime.engine.memory import call_kernel, load, store

WORD: Final = 8
LINE_WORDS: Final = 9
LINE: Final = 8 * LINE_WORDS


def run_sweeps(block: int, bases: int) -> int:
    """Run the kernels of a tile in their order, up to the first that fails."""
    line = load(block)
    last = line + LINE * load(block + WORD)
    made = load(bases + WORD * load(block + 2 * WORD)) + load(block + 3 * WORD)
    code = 0
    while line < last and code == 0:
        code = run_line(block, bases, line, made)
        line += LINE
    return code


def run_line(block: int, bases: int, line: int, made: int) -> int:
    """Run a kernel for its rows in a tile, if there are any."""
    skew = load(line + 5 * WORD)
    lower = load(block + 4 * WORD) - skew
    lower = max(lower, load(block + 5 * WORD) + skew)
    lower = max(lower, load(line + 6 * WORD))
    upper = load(block + 6 * WORD) + load(block + 7 * WORD) * skew
    upper = min(upper, load(line + 7 * WORD))
    if lower >= upper:
        return 0
    fill(line, made, lower + load(line + 8 * WORD))
    unit = load(line + 4 * WORD)
    if unit != 0:
        store(made, unit * (upper - lower))
    return call_kernel(load(line), made, bases)


def fill(line: int, made: int, row: int) -> None:
    """Make a kernel's block for a row."""
    words = load(line + WORD)
    changes = load(line + 2 * WORD)
    last = made + WORD * load(line + 3 * WORD)
    while made < last:
        store(made, load(words) + row * load(changes))
        made += WORD
        words += WORD
        changes += WORD


@cache
def sweeps_address() -> int:
    """Return the address of the kernel that runs tiles of sweeps."""
    (address,) = native((run_sweeps, run_line, fill), ("run_sweeps",))
    return address
