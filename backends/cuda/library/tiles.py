"""Operations on tiles, as LAPACK's routines name their arguments.

What a tile program spawns is known as a routine and its arguments by name, with
matrices by columns: `lazydag.backends.cpu.blas` calls LAPACK so, and this calls the
libraries of a device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lazydag.backends.cpu.blas import Arguments, Checked
from lazydag.backends.cuda.library import qr, routines
from lazydag.backends.cuda.library.blas import Array, blas_of
from lazydag.backends.cuda.library.given import Given


@dataclass(frozen=True, slots=True)
class TileCall:
    """A routine on tiles of a device; see `lazydag.backends.cuda.library.calls`.

    Called with the library and the arrays in the order of their numbers. If it can
    fail, an array int32 (1,) follows, for the code that the routine of the CPU returns.
    """

    routine: str
    arguments: tuple[tuple[str, str | int | float | Checked], ...]

    @property
    def can_fail(self) -> bool:
        """Whether it is given an array for its code."""
        return self.routine in FAILING

    def __call__(self, xp: Any, *arrays: Array) -> None:
        """Put it on the stream."""
        *tiles, info = arrays if self.can_fail else (*arrays, None)
        call = Given(blas_of(xp), dict(self.arguments), tiles, info)
        if all(tile.size for tile in tiles):
            ROUTINES[self.routine](call)
        elif "beta" in call.given and self.routine != "laset":
            call.scale()
        elif info is not None:
            info[...] = 0


def tile_call(routine: str, arguments: Arguments) -> TileCall | None:
    """Return the call of a routine on a device; None if none computes it."""
    if routine not in ROUTINES:
        return None
    return TileCall(routine, tuple(arguments.items()))


#: Routines of `lazydag.backends.cpu.blas` by name.
ROUTINES: Final[dict[str, Callable[[Given], None]]] = {
    "gemm": routines.gemm,
    "gelqf": qr.gelqf,
    "gemqrt": qr.gemqrt,
    "geqrf": qr.geqrf,
    "geqrt": qr.geqrt,
    "getrf": routines.getrf,
    "getrf_singular": routines.getrf,
    "lacpy": routines.lacpy,
    "larfb": qr.larfb,
    "larft": qr.larft,
    "lascl": routines.lascl,
    "laset": routines.laset,
    "laswp": routines.laswp,
    "lauum": routines.lauum,
    "potrf": routines.potrf,
    "swaprows": routines.laswp,
    "symm": routines.symm,
    "syrk": routines.syrk,
    "tpmqrt": qr.tpmqrt,
    "tpqrt": qr.tpqrt,
    "transpose": routines.transpose,
    "trmm": routines.trmm,
    "trsm": routines.trsm,
    "trtri": routines.trtri,
    "zerodiag": routines.zerodiag,
}

#: Those whose code may say that they failed.
FAILING: Final = frozenset({"potrf", "trtri", "getrf", "zerodiag"})
