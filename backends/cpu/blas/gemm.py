"""The products that NumPy computes, from NumPy's own library.

NumPy's wheels bring a BLAS whose functions have names of their own. Its products are
looked up by these; other NumPys link a library with the usual names.
"""

import ctypes
import os
from functools import cache
from typing import Any, Final

from lazydag.backends.cpu.blas.libraries import loaded_libraries
from lazydag.backends.cpu.blas.routines import PRECISIONS

# Those with numbers of 64 bits first: they are NumPy's, where SciPy has others.
_NAMES: Final = ("scipy_{}_64_", "{}_64_", "scipy_{}_", "{}_")


@cache
def numpys_address(routine: str, dtype: str) -> int | None:
    """Return the address of NumPy's ``dgemm``, say, or None if it is not known.

    Sizes in an argument block have 64 bits, so that it does not matter how many the
    function reads.
    """
    mode = getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_LAZY", 0)
    libraries = [_opened(os.fspath(path), mode) for path in loaded_libraries()]
    for name in _NAMES:
        symbol = name.format(PRECISIONS[dtype] + routine)
        for library in libraries:
            if library is not None and hasattr(library, symbol):
                return ctypes.cast(library[symbol], ctypes.c_void_p).value
    return None


def _opened(path: str, mode: int) -> Any:
    try:
        return ctypes.CDLL(path, mode=mode)
    except OSError:
        return None
