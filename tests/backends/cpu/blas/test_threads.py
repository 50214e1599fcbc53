"""Threads of BLAS libraries: set while somebody runs a plan, then as before."""

import ctypes.util
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg.cython_blas  # noqa: F401  (loads SciPy's library)

from lazydag.backends.cpu.blas import libraries, single_threaded_blas
from lazydag.backends.cpu.blas import threads as module
from lazydag.backends.cpu.blas.libraries import loaded_libraries, swaps
from lazydag.backends.cpu.blas.threads import SingleThreaded


class Library:
    """A library with a number of threads."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.calls = 0

    def swap(self, threads: int) -> int:
        before, self.threads = self.threads, threads
        self.calls += 1
        return before


@pytest.fixture
def fakes(monkeypatch):
    """Put two libraries in the place of those that are loaded."""
    found = [Library(4), Library(8)]
    monkeypatch.setattr(module, "loaded_libraries", list)
    monkeypatch.setattr(module, "swaps", lambda _: tuple(x.swap for x in found))
    return found


def numbers(fakes):
    return [library.threads for library in fakes]


def test_set_and_restored(fakes):
    with SingleThreaded():
        assert numbers(fakes) == [1, 1]
    assert numbers(fakes) == [4, 8]


def test_restored_after_an_error(fakes):
    with pytest.raises(KeyError), SingleThreaded():
        raise KeyError
    assert numbers(fakes) == [4, 8]


def test_the_last_one_out_restores(fakes):
    context = SingleThreaded()
    with context:
        with context:
            pass
        assert numbers(fakes) == [1, 1]
    assert numbers(fakes) == [4, 8]
    assert [library.calls for library in fakes] == [2, 2]


def test_concurrent_users(fakes):
    context, inside = SingleThreaded(), threading.Barrier(8, timeout=60)
    wrong = []

    def plan():
        for _ in range(200):
            with context:
                if numbers(fakes) != [1, 1]:
                    wrong.append(numbers(fakes))
        with context:
            inside.wait()

    users = [threading.Thread(target=plan) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join(60)
    assert not wrong
    assert numbers(fakes) == [4, 8]


def test_what_others_set_meanwhile_stays(fakes):
    with SingleThreaded():
        fakes[0].threads = 3
    assert numbers(fakes) == [3, 8]


def test_an_import_may_bring_a_library(fakes, monkeypatch):
    context = SingleThreaded()
    with context:
        pass
    late = Library(16)
    fakes.append(late)
    with context:
        assert late.threads == 16
    monkeypatch.setattr(module, "_BRING_BLAS", ("numpy", "json.late"))
    monkeypatch.setitem(sys.modules, "json.late", module)
    with context:
        assert late.threads == 1
    assert numbers(fakes) == [4, 8, 16]


def test_unknown_libraries_are_left_alone(tmp_path):
    missing = tmp_path / "libblas.so"
    other = Path(ctypes.util.find_library("c") or "libc.so.6")
    assert swaps([missing, other]) == ()


def test_a_pair_of_functions_is_a_switch(monkeypatch):
    monkeypatch.setattr(libraries, "SWAPS", ())
    libraries._switch.cache_clear()
    try:
        found = swaps(loaded_libraries())
        assert len(found) == len(swaps(loaded_libraries()))
        for swap in found:
            before = swap(1)
            assert swap(before) == 1
            assert swap(before) == before
    finally:
        libraries._switch.cache_clear()


wheels = pytest.mark.skipif(
    "openblas" not in np.show_config("dicts")["Build Dependencies"]["blas"]["name"],
    reason="NumPy has another library",
)


@wheels
def test_numpys_and_scipys_libraries_are_found():
    found = swaps(loaded_libraries())
    assert len(found) == 2
    before = [swap(1) for swap in found]
    for swap, threads in zip(found, before, strict=True):
        swap(threads)
    with single_threaded_blas():
        assert [swap(1) for swap in found] == [1, 1]
    assert [
        swap(threads) for swap, threads in zip(found, before, strict=True)
    ] == before


@wheels
def test_where_wheels_keep_their_libraries():
    names = [path.name for path in libraries._bundled()]
    assert sum("openblas" in name for name in names) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_its_threads_back(fakes):
    context = SingleThreaded()
    with context:
        child = os.fork()
        if not child:
            fresh = numbers(fakes) == [4, 8]
            with context:
                fresh = fresh and numbers(fakes) == [1, 1]
            os._exit(0 if fresh and numbers(fakes) == [4, 8] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert numbers(fakes) == [4, 8]
