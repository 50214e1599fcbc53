"""The routines of BLAS and LAPACK that kernels call, as one table."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias

Library: TypeAlias = Literal["blas", "lapack", "own"]


class Kind(Enum):
    """What an argument is; Fortran passes all of them by address.

    The values are the letters in `PATTERNS` and in a routine's `pattern`.
    """

    CHAR = "c"
    INT = "i"
    REAL = "r"  # one number of the routine's precision
    ARRAY = "a"
    PIVOTS = "p"  # an array of row numbers, checked before the call
    WORK = "w"  # memory that only the routine uses
    INFO = "e"  # the routine's verdict: 0, or what failed
    IGNORED = "n"  # the verdict of a routine whose result is good all the same


SCALARS: Final = frozenset({Kind.CHAR, Kind.INT, Kind.REAL})


@dataclass(frozen=True, slots=True)
class Routine:
    """A routine without the letter of its precision.

    Attributes
    ----------
    name
        The library's name for it.
    arguments
        Names and kinds, in Fortran's order. The names are those of its documentation.
    """

    name: str
    library: Library
    arguments: tuple[tuple[str, Kind], ...]

    @property
    def pattern(self) -> str:
        """A letter an argument: ``s`` for scalars, else the kind's value."""
        return "".join(
            "s" if kind in SCALARS else kind.value for _, kind in self.arguments
        )


def _table(library: Library, text: str) -> dict[str, Routine]:
    """Return the routines in lines such as ``syrk  c:uplo i:n ...``.

    Where ours differs from the library's name, the line begins with ``ours=theirs``.
    """
    routines = {}
    for line in text.strip().splitlines():
        name, *arguments = line.split()
        pairs = tuple(
            (argument, Kind(kind))
            for kind, _, argument in (word.partition(":") for word in arguments)
        )
        ours, _, theirs = name.partition("=")
        routines[ours] = Routine(theirs or ours, library, pairs)
    return routines


_BLAS = """
gemv c:trans i:m i:n r:alpha a:a i:lda a:x i:incx r:beta a:y i:incy
gemm c:transa c:transb i:m i:n i:k r:alpha a:a i:lda a:b i:ldb r:beta a:c i:ldc
symm c:side c:uplo i:m i:n r:alpha a:a i:lda a:b i:ldb r:beta a:c i:ldc
syrk c:uplo c:trans i:n i:k r:alpha a:a i:lda r:beta a:c i:ldc
trmm c:side c:uplo c:transa c:diag i:m i:n r:alpha a:a i:lda a:b i:ldb
trsm c:side c:uplo c:transa c:diag i:m i:n r:alpha a:a i:lda a:b i:ldb
"""

_LAPACK = """
potrf c:uplo i:n a:a i:lda e:info
trtri c:uplo c:diag i:n a:a i:lda e:info
lauum c:uplo i:n a:a i:lda e:info
getrf i:m i:n a:a i:lda a:ipiv e:info
getrf_singular=getrf i:m i:n a:a i:lda a:ipiv n:info
laswp i:n a:a i:lda i:k1 i:k2 p:ipiv i:incx
geqrf i:m i:n a:a i:lda a:tau w:work i:lwork e:info
gelqf i:m i:n a:a i:lda a:tau w:work i:lwork e:info
larft c:direct c:storev i:n i:k a:v i:ldv a:tau a:t i:ldt
larfb c:side c:trans c:direct c:storev i:m i:n i:k a:v i:ldv a:t i:ldt a:c i:ldc w:work i:ldwork
geqrt i:m i:n i:nb a:a i:lda a:t i:ldt w:work e:info
gemqrt c:side c:trans i:m i:n i:k i:nb a:v i:ldv a:t i:ldt a:c i:ldc w:work e:info
tpqrt i:m i:n i:l i:nb a:a i:lda a:b i:ldb a:t i:ldt w:work e:info
tpmqrt c:side c:trans i:m i:n i:k i:l i:nb a:v i:ldv a:t i:ldt a:a i:lda a:b i:ldb w:work e:info
lacpy c:uplo i:m i:n a:a i:lda a:b i:ldb
laset c:uplo i:m i:n r:alpha r:beta a:a i:lda
lascl c:type i:kl i:ku r:cfrom r:cto i:m i:n a:a i:lda e:info
"""  # noqa: E501

_OWN = """
transpose c:uplo i:m i:n a:a i:lda a:b i:ldb
swaprows i:n a:a i:lda i:k1 i:k2 p:ipiv i:incx
zerodiag i:n a:a i:lda e:info
"""

ROUTINES: Final = {
    **_table("blas", _BLAS),
    **_table("lapack", _LAPACK),
    **_table("own", _OWN),
}

PATTERNS: Final = tuple(sorted({routine.pattern for routine in ROUTINES.values()}))
"""Routines of one pattern share a kernel: it only passes addresses on."""

PRECISIONS: Final = {"f32": "s", "f64": "d"}
"""First letter of a routine's name, by element type."""
