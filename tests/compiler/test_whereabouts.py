"""Where earlier work of a plan leaves what a kernel reads."""

import numpy as np
import pytest

from lazydag.backends.cuda.queued import Lane, queued_copy
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler.spawned import FarTask, Launch
from lazydag.compiler.whereabouts import Past
from lazydag.cost.estimate import Work
from lazydag.ir.graph import Stage, make_graph
from lazydag.runtime import Access, CallTask, Mode, View
from tests.passes.programs import do, inputs

BYTE = np.dtype(np.uint8)
SPACES = {0: "ram", 1: "ram", 2: "gpu0"}


@pytest.fixture
def device():
    return SimulatedDevice()


def near(*starts):
    """Return a task of the host that writes tiles of the first slot."""
    writes = tuple(Access(0, Mode.OUT, start, start + 8) for start in starts)
    return CallTask("near", print, (), exact=writes)


def far(device, *starts):
    """Return a task of a device that writes tiles of the first slot."""
    (x,) = inputs("f64[1]")
    body = make_graph("far", [x], [do("exp", x)], Stage.SIMPLIFIED)
    form, writes = Launch(body, 1, Work(8, 8)), near(*starts).accesses
    return FarTask(near(*starts), device, form, (), writes, 0.0)


def test_tiles_lie_where_they_were_written_last(device):
    works = [near(0, 8, 16), far(device, 8, 16), near(16)]
    found = Past(works, SPACES).leaves({0, 1}, "ram")
    assert [found[0].at(start) for start in (0, 8, 16)] == ["ram", "gpu0", "ram"]
    assert not found[1].tiles
    assert found[1].at(0) == "ram"


def test_copies_lie_where_their_sources_do(device):
    read, into = View(2, BYTE, (64,)), View(1, BYTE, (64,), mode=Mode.OUT)
    copy = queued_copy(device, Lane.OUT, read, into, None)
    (found,) = Past([copy], SPACES).leaves({1}, "ram").values()
    assert {found.at(start) for start in (0, 8)} == {"gpu0"}


def test_what_nothing_writes_lies_in_its_space():
    (found,) = Past([], SPACES).leaves({2}, "ram").values()
    assert found.at(40) == "gpu0"
