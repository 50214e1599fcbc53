"""Where the routines of BLAS and LAPACK are: SciPy hands out their addresses.

``scipy.linalg.cython_blas`` and ``cython_lapack`` hold a capsule for each routine, an
address whose name is its C signature. SciPy is imported when the first is asked for.
"""

import ctypes
import re
from functools import cache
from importlib import import_module
from types import ModuleType

from lazydag.backends.cpu.blas.own import own_address
from lazydag.backends.cpu.blas.routines import ROUTINES, Kind, Library, Routine
from lazydag.errors import MissingLibraryError

_name_of = ctypes.pythonapi.PyCapsule_GetName
_name_of.argtypes, _name_of.restype = (ctypes.py_object,), ctypes.c_char_p
_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.argtypes = (ctypes.py_object, ctypes.c_char_p)
_pointer_of.restype = ctypes.c_void_p

# Cython's names of the real types: __pyx_t_5scipy_6linalg_11cython_blas_d.
_CYTHON_TYPE = re.compile(r"__pyx_t_\w+_([sdcz])\b")
_WHOLE = (Kind.INT, Kind.PIVOTS, Kind.INFO, Kind.IGNORED)
_NARROW = {Kind.CHAR: "char", **dict.fromkeys(_WHOLE, "int")}


@cache
def routine_address(name: str, precision: str) -> int:
    """Return the address of a routine, such as ``("gemm", "d")``.

    Raises
    ------
    MissingLibraryError
        If SciPy is not installed, or its routine has another signature than ours.
    """
    routine = ROUTINES[name]
    if routine.library == "own":
        return own_address(name, precision)
    module = _module(routine.library)
    symbol = precision + routine.name
    capsule = module.__pyx_capi__.get(symbol)
    if capsule is None:
        raise _unusable(f"has no {symbol}")
    signature = _name_of(capsule)
    found = _CYTHON_TYPE.sub(r"\1", signature.decode())
    if not _fits(found, routine, precision):
        raise _unusable(f"has a {symbol} of the signature {found}")
    address = _pointer_of(capsule, signature)
    assert address
    return int(address)


def _module(library: Library) -> ModuleType:
    try:
        return import_module(f"scipy.linalg.cython_{library}")
    except ImportError as error:
        raise MissingLibraryError(
            f"operations on tiles need SciPy, which cannot be imported: {error}",
            remedy="Install it: pip install 'lazydag[linalg]'.",
        ) from error


def _fits(signature: str, routine: Routine, precision: str) -> bool:
    """Whether a C signature is the routine's; whole-number arrays are ``int``."""
    result, _, rest = signature.partition("(")
    types = [argument.strip() for argument in rest.rstrip(")").split(",")]
    expected = [
        f"{_c_type(name, kind, precision)} *" for name, kind in routine.arguments
    ]
    return result.strip() == "void" and types == expected


def _c_type(name: str, kind: Kind, precision: str) -> str:
    return "int" if name == "ipiv" else _NARROW.get(kind, precision)


def _unusable(what: str) -> MissingLibraryError:
    import scipy

    return MissingLibraryError(
        f"SciPy {scipy.__version__} {what}, which operations on tiles cannot use",
        remedy="Install a SciPy from PyPI or conda-forge, 1.14 or later.",
    )
