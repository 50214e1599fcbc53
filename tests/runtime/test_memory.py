import gc
import threading

import numpy as np
import pytest

from lazydag.errors import OutOfMemoryError
from lazydag.runtime import MemoryPool, address_of
from lazydag.runtime.pages import size_class

F64 = np.dtype(np.float64)
MB = 1 << 20


def test_buffers_are_aligned_and_used_again():
    pool = MemoryPool(64 * MB)
    for nbytes in (0, 1, 64, 1000, 100_000, 3 * MB, 9 * MB):
        lease = pool.lease(nbytes)
        address = lease.address
        assert address % 64 == 0
        del lease
        assert pool.lease(nbytes).address == address


def test_arrays_are_ordinary_and_writable():
    pool = MemoryPool(64 * MB)
    array = pool.empty((3, 4), F64)
    array[:] = 2
    assert type(array) is np.ndarray
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.sum() == 24
    assert address_of(array) % 64 == 0
    assert pool.empty((), F64).shape == ()
    assert pool.empty((0, 3), F64).shape == (0, 3)


def test_a_lease_makes_strided_arrays():
    lease = MemoryPool(MB).lease(96)
    whole = lease.array((12,), F64)
    whole[:] = np.arange(12)
    assert lease.array((3, 4), F64, (8, 24)).tolist() == whole.reshape(4, 3).T.tolist()
    assert lease.array((4,), F64, (-24,), 72).tolist() == [9, 6, 3, 0]


@pytest.mark.parametrize(
    "view",
    [
        lambda array: array[5:],
        lambda array: array[::2].reshape(2, -1).T[1:],
        lambda array: array.view(np.int64),
        np.asarray,
        memoryview,
        lambda array: np.frombuffer(array, np.uint8),
        lambda array: array.reshape(10, 10).diagonal(),
        lambda array: np.lib.stride_tricks.sliding_window_view(array, 3),
    ],
)
def test_views_keep_the_buffer(view):
    pool = MemoryPool(MB)
    array = pool.empty((100,), F64)
    kept = view(array)
    del array
    gc.collect()
    assert pool.stats().leased_nbytes == 896
    del kept
    gc.collect()
    assert pool.stats().leased_nbytes == 0


def test_a_near_fit_serves_a_large_request():
    pool = MemoryPool(64 * MB)
    address = pool.lease(10 * MB).address
    assert pool.lease(8 * MB).address == address
    small = pool.lease(3 * MB)
    assert small.address != address
    assert pool.stats().held_nbytes == 13 * MB


def test_the_budget_is_never_exceeded():
    pool = MemoryPool(16 * MB)
    kept = pool.lease(10 * MB)
    with pytest.raises(OutOfMemoryError) as caught:
        pool.lease(8 * MB)
    error = caught.value
    assert (error.nbytes, error.limit_nbytes) == (8 * MB, 16 * MB)
    assert "no room for 8.39 MB: 10.5 MB of 16.8 MB are in use" in str(error)
    assert "LAZYDAG_MEMORY_LIMIT" in str(error)
    assert isinstance(error, MemoryError)
    del kept
    assert pool.lease(8 * MB).address
    assert pool.stats().peak_nbytes <= 16 * MB


def test_idle_buffers_make_room():
    pool = MemoryPool(16 * MB, idle_nbytes=16 * MB)
    for nbytes in (2 * MB, 4 * MB, 6 * MB):
        pool.lease(nbytes)
    assert pool.stats().idle_nbytes > 4 * MB
    assert pool.lease(16 * MB).address
    assert pool.stats().held_nbytes <= 16 * MB


def test_arrays_that_only_a_cycle_keeps_make_room():
    pool = MemoryPool(16 * MB)
    cycle: list[object] = [pool.lease(12 * MB)]
    cycle.append(cycle)
    del cycle
    assert pool.lease(14 * MB).address


def test_idle_memory_is_bounded():
    pool = MemoryPool(64 * MB, idle_nbytes=10 * MB)
    leases = [pool.lease(4 * MB) for _ in range(6)]
    assert pool.stats().held_nbytes == 24 * MB
    del leases
    stats = pool.stats()
    assert stats.held_nbytes == stats.idle_nbytes <= 10 * MB
    assert stats.peak_nbytes == 24 * MB


def test_trimming_gives_idle_memory_back():
    pool = MemoryPool(64 * MB)
    kept = pool.lease(4 * MB)
    pool.lease(8 * MB)
    pool.lease(100)
    assert pool.trim(idle_nbytes=1000) == 8 * MB
    assert pool.trim() == 128
    assert pool.trim() == 0
    assert pool.stats().held_nbytes == 4 * MB
    assert kept.address


def test_a_plan_that_cannot_fit_is_refused_before_it_runs():
    pool = MemoryPool(16 * MB)
    pool.require(16 * MB)
    kept = pool.empty((MB,), F64)
    pool.require(8 * MB)
    with pytest.raises(OutOfMemoryError) as caught:
        pool.require(9 * MB, "plan haversine")
    assert str(caught.value).splitlines()[0] == (
        "plan haversine needs 9.44 MB at its peak; the limit is 16.8 MB, "
        "of which 8.39 MB are in use"
    )
    del kept
    pool.require(9 * MB, "plan haversine")


def test_the_system_may_refuse_too(monkeypatch):
    pool = MemoryPool(64 * MB)

    def refuse(nbytes):
        raise MemoryError

    monkeypatch.setattr("lazydag.runtime.memory.new_pages", refuse)
    with pytest.raises(OutOfMemoryError, match=r"the system refused 8\.39 MB"):
        pool.lease(8 * MB)
    assert pool.stats().held_nbytes == 0


def test_a_budget_beyond_all_memory_is_refused_by_the_system():
    with pytest.raises(OutOfMemoryError, match="the system refused"):
        MemoryPool(1 << 62).lease(1 << 60)


@pytest.mark.parametrize("nbytes", [1, 64, 65, 256, 257, 4097, MB, MB + 1, 160_000_000])
def test_size_classes_waste_at_most_a_quarter(nbytes):
    size = size_class(nbytes)
    assert size >= nbytes
    assert size % 64 == 0
    assert size_class(size) == size
    assert size <= max(64, nbytes + 64, 1.25 * nbytes)
    if nbytes > MB:
        assert size <= 1.125 * nbytes + 64


def test_threads_lease_and_drop_at_once():
    pool = MemoryPool(64 * MB)
    failures = []

    def client(seed):
        random = np.random.default_rng(seed)
        kept = []
        for nbytes in random.integers(8, 20_000, 600):
            array = pool.empty((int(nbytes),), np.dtype(np.uint8))
            array[:] = seed
            kept.append(array)
            if len(kept) > 5:
                checked = kept.pop(int(random.integers(0, 5)))
                if not (checked == seed).all():
                    failures.append(seed)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert pool.stats().leased_nbytes == 0
