import mmap
import tempfile
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest

from lazydag.runtime.alias import Region, overlaps, spaces
from lazydag.runtime.alias.spaces import MEMORY, mapping_of


@pytest.fixture(params=["by kernel", "by name"])
def known(request, monkeypatch):
    """Whether the kernel says which file is mapped, or NumPy has to."""
    if request.param == "by name":
        monkeypatch.setattr(spaces, "_MAPS", Path("/nowhere/maps"))
    elif not spaces._MAPS.exists():
        pytest.skip("this kernel does not say")
    return request.param


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(bytes(3 * mmap.ALLOCATIONGRANULARITY))
    return path


def test_two_maps_of_one_file_show_the_same_bytes(file, known):
    one = np.memmap(file, np.int32, "r+")
    other = np.memmap(file, np.int32, "r")
    assert Region.of(one) == Region.of(other)
    assert Region.of(one[5:9]) == Region.of(np.asarray(other)[5:9])
    assert overlaps(Region.of(one[5:9]), Region.of(other[8:]))
    assert not overlaps(Region.of(one[5:9]), Region.of(other[9:]))


def test_maps_from_an_offset(file, known):
    begin = mmap.ALLOCATIONGRANULARITY + 40
    one = np.memmap(file, np.uint8, "r+")
    other = np.memmap(file, np.uint8, "r+", offset=begin, shape=(10, 10))
    assert Region.of(other) == Region.of(one[begin : begin + 100])
    assert Region.of(other[1:, 2]) == Region.of(one[begin + 12 : begin + 100 : 10])


def test_one_file_by_two_names(file, known):
    link = file.with_name("link")
    link.hardlink_to(file)
    one, other = np.memmap(file, np.uint8, "r+"), np.memmap(link, np.uint8, "r")
    assert overlaps(Region.of(one), Region.of(other))


def test_other_files_are_elsewhere(file, known):
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    one, other = np.memmap(file, np.uint8, "r+"), np.memmap(copy, np.uint8, "r+")
    assert not overlaps(Region.of(one), Region.of(other))


def test_a_file_that_is_gone(file, known):
    one, other = np.memmap(file, np.uint8, "r+"), np.memmap(file, np.uint8, "r+")
    file.unlink()
    assert Region.of(one) == Region.of(other)


def test_memory_is_memory(known):
    array = np.zeros(4)
    for view in (
        array,
        array[1:],
        np.frombuffer(bytearray(8)),
        np.frombuffer(b"8 bytes."),
    ):
        assert mapping_of(view) == (MEMORY, 0)


@pytest.mark.skipif(not spaces._MAPS.exists(), reason="the kernel does not say")
def test_maps_that_have_no_name():
    with tempfile.TemporaryFile() as file:
        file.write(bytes(1000))
        file.flush()
        one, other = np.memmap(file, np.uint8, "r+"), np.memmap(file, np.uint8, "r+")
        assert Region.of(one[3:]) == Region.of(other[3:])
        raw = mmap.mmap(file.fileno(), 1000)
        assert Region.of(np.frombuffer(raw, np.uint8)) == Region.of(one)


@pytest.mark.skipif(not spaces._MAPS.exists(), reason="the kernel does not say")
def test_shared_memory_attached_twice():
    memory = SharedMemory(create=True, size=100)
    again = SharedMemory(memory.name)
    try:
        one = np.ndarray(10, np.float64, memory.buf)
        other = np.ndarray(10, np.float64, again.buf)
        assert Region.of(one[2:]) == Region.of(other[2:])
        del one, other
    finally:
        again.close()
        memory.close()
        memory.unlink()


def test_anonymous_maps_are_apart(known):
    one, other = mmap.mmap(-1, 1000), mmap.mmap(-1, 1000)
    regions = [Region.of(np.frombuffer(each, np.uint8)) for each in (one, other)]
    assert not overlaps(*regions)
