"""The BLAS libraries in this process, and their switches for the number of threads.

NumPy and SciPy bring a library each. Nothing is loaded here: only what the process has
loaded already is opened again by its path.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

Swap: TypeAlias = Callable[[int], int]
"""Sets a library's number of threads and returns what it was."""

# A function that does both: OpenBLAS from 0.3.27.
SWAPS: Final = ("openblas_set_num_threads_local",)

# Names of the functions that get and set the number.
PAIRS: Final = (
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads64_", "openblas_set_num_threads64_"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
)

# What the file names of libraries that have such functions contain.
_WORDS: Final = ("blas", "blis", "mkl_rt", "libflame")


def loaded_libraries() -> list[Path]:
    """Return the files of the BLAS libraries that are loaded, each once."""
    paths = _mapped() if sys.platform == "linux" else _bundled()
    found = dict.fromkeys(path for path in paths if _is_blas(path.name))
    return list(found)


def _is_blas(name: str) -> bool:
    return any(word in name.lower() for word in _WORDS)


def _mapped() -> Iterator[Path]:
    """Yield the files that are mapped into this process."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return
    names = dict.fromkeys(line.partition("/")[2] for line in lines)
    for name in names:
        if name:
            yield Path(f"/{name}")


def _bundled() -> Iterator[Path]:
    """Yield what the wheels of loaded packages bring."""
    for package in ("numpy", "scipy"):
        if package not in sys.modules or (spec := find_spec(package)) is None:
            continue
        for place in spec.submodule_search_locations or ():
            root = Path(place)
            for folder in (root.with_name(f"{package}.libs"), root / ".dylibs"):
                yield from folder.glob("*")


def swaps(paths: Iterable[Path]) -> tuple[Swap, ...]:
    """Return the switches of libraries, each once; one that is unknown has none.

    Looking for a function finds those of a library's dependencies, too: extension
    modules with a name like a library's lead to the library itself.
    """
    found = (_switch(path) for path in paths)
    return tuple(dict(switch for switch in found if switch is not None).values())


@cache
def _switch(path: Path) -> tuple[int, Swap] | None:
    """Return the address of a library's setter, and its switch."""
    # RTLD_NOLOAD: a library that is not loaded has no threads to set.
    mode = getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_LAZY", 0)
    try:
        # PyDLL keeps the GIL: letting it go takes longer than some of these calls.
        library = ctypes.PyDLL(os.fspath(path), mode=mode)
    except OSError:
        return None
    for name in SWAPS:
        if hasattr(library, name):
            swap = _typed(library[name], ctypes.c_int, ctypes.c_int)
            return _address(swap), swap
    for get, change in PAIRS:
        if hasattr(library, get) and hasattr(library, change):
            setter = _typed(library[change], None, ctypes.c_int)
            return _address(setter), _paired(_typed(library[get], ctypes.c_int), setter)
    return None


def _typed(function: Any, result: type | None, *arguments: type) -> Any:
    function.restype, function.argtypes = result, arguments
    return function


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _paired(get: Callable[[], int], change: Callable[[int], object]) -> Swap:
    def swap(threads: int) -> int:
        before = get()
        change(threads)
        return before

    return swap
