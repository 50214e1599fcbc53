"""Copies between memory spaces: what a step reads is what was written last."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.compiler.cells import Cells
from lazydag.compiler.replicas import Located, Move, Step, replicate
from lazydag.compiler.routes import Routes
from lazydag.cost.target import Space, Target
from lazydag.runtime import Access, Mode, Role, Slot
from lazydag.runtime.alias import Region
from tests.passes.targets import FOUR_GPUS, GB, cpu, gpu, links

SPACES = ("ram", "gpu0", "gpu1", "gpu2")
PEERS = Target(
    (cpu(8), *(gpu(i) for i in range(3))),
    (Space("ram", 256 * GB), *(Space(f"gpu{i}", 80 * GB) for i in range(3))),
    (
        *(link for i in range(3) for link in links("ram", f"gpu{i}")),
        *links("gpu0", "gpu1", 200e9),
    ),
)
ROUTES = Routes(PEERS)
#: Bytes of a slot: so many rows, of so many bytes each.
ROWS, PITCH = 12, 24


@dataclass(frozen=True)
class Use:
    """What a step does to some rows and columns of bytes of a slot, or to a part."""

    slot: int
    mode: Mode
    rows: tuple[int, int]
    columns: tuple[int, int]
    is_lower: bool = False

    def view(self, memory):
        matrix = memory.reshape(ROWS, PITCH)
        return matrix[slice(*self.rows), slice(*self.columns)]

    def mask(self):
        shape = self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]
        return np.tri(*shape, dtype=bool) if self.is_lower else np.ones(shape, bool)

    def access(self):
        memory = np.zeros(ROWS * PITCH, np.uint8)
        whole = self.view(memory)
        part = np.flatnonzero(_marked(whole, self.mask(), memory))
        box = Region.of(whole)
        start = whole.ctypes.data - memory.ctypes.data
        pieces = b""
        if self.is_lower:
            runs = np.stack([part, part + 1], axis=1) - start
            pieces = runs.astype(np.int64).tobytes()
        region = Region(("slot", self.slot), start, box.axes, pieces)
        return Access(self.slot, self.mode, *region.span(), region)


def _marked(view, mask, memory):
    view[mask] = 1
    found = memory.copy()
    memory[:] = 0
    return found


def do(number, uses, seen, write):
    """Read what is read, and write something that depends on it."""
    value = sum(int(part.sum()) for part in seen) + 7 * number + 1
    for at, use in enumerate(uses):
        if use.mode.writes:
            new = (np.arange(use.mask().sum()) * 3 + value) % 251
            write(at, use, new.astype(np.uint8))
    return value


def do_plainly(number, uses, memories):
    def write(_, use, new):
        use.view(memories[use.slot])[use.mask()] = new

    seen = [use.view(memories[use.slot])[use.mask()] for use in uses if use.mode.reads]
    return do(number, uses, seen, write)


def do_located(found, uses, memories):
    def write(at, use, new):
        memories[found.places[at].slot][index(at, use)] = new

    def index(at, use):
        offsets = np.arange(ROWS * PITCH, dtype=np.int64)
        place, pitch = found.places[at], found.pitches[at]
        rows, columns = np.divmod(use.view(offsets)[use.mask()], pitch)
        where = (rows - place.row) * place.pitch + columns - place.column
        assert (where >= 0).all()
        return where

    seen = [
        memories[found.places[at].slot][index(at, use)]
        for at, use in enumerate(uses)
        if use.mode.reads
    ]
    return do(found.step, uses, seen, write)


def run(found, steps, slots):
    """Do steps and moves in the memory of each slot, which is nonsense at first."""
    rng = np.random.default_rng(5)
    memories = [rng.integers(0, 251, slot.nbytes, np.uint8) for slot in found.slots]
    given_ = start(slots)
    for number, slot in enumerate(slots):
        if slot.role is Role.PARAM:
            memories[number][:] = given_[number]
    values = {}
    for each in found.steps:
        if isinstance(each, Move):
            move(each, memories, found.spaces)
            continue
        step, uses = steps[each.step]
        assert all(found.spaces[place.slot] == step.space for place in each.places)
        values[each.step] = do_located(each, uses, memories)
    return memories, values


def move(each, memories, spaces):
    source, target = each.source, each.target
    assert (spaces[source.slot], spaces[target.slot]) == each.spaces
    for row in range(each.rows):
        at, to = source.start + row * source.pitch, target.start + row * target.pitch
        read = memories[source.slot][at : at + each.width]
        assert len(read) == each.width
        memories[target.slot][to : to + each.width] = read


def start(slots):
    rng = np.random.default_rng(1)
    return [rng.integers(0, 251, slot.nbytes, np.uint8) for slot in slots]


edges = st.sampled_from([(0, 4), (4, 8), (8, 12), (0, 12), (4, 12), (1, 5)])
columns = st.sampled_from([(0, 8), (8, 16), (16, 24), (0, 24), (8, 24), (3, 9)])
uses = st.builds(
    Use,
    st.integers(0, 2),
    st.sampled_from([Mode.IN, Mode.OUT, Mode.INOUT]),
    edges,
    columns,
    st.booleans(),
)
#: Copies of bytes into the last slot, as the graph has them, and what reads them.
whole = st.tuples(st.integers(0, 2), st.just(0), st.just(ROWS * PITCH))
part = st.tuples(st.integers(0, 2), st.integers(0, 150), st.integers(1, 138))
copies = whole | part
readers = st.builds(Use, st.just(3), st.just(Mode.IN), edges, columns)
steps_ = st.tuples(
    st.sampled_from(SPACES), st.lists(uses | readers, min_size=1, max_size=3)
)
programs = st.lists(steps_ | copies.map(lambda each: ("copy", each)), max_size=25)


def step_of(space, what, home):
    if space != "copy":
        return Step(space, tuple(use.access() for use in what)), what
    slot, start_, nbytes = what
    read = Access(slot, Mode.IN, start_, start_ + nbytes)
    write = Access(3, Mode.OUT, start_, start_ + nbytes)
    return Step(home, (read, write), moves_from=slot), []


@settings(max_examples=250)
@given(
    programs,
    st.sampled_from(SPACES),
    st.sampled_from(SPACES),
    st.sampled_from([Role.OUTPUT, Role.TEMPORARY]),
)
def test_any_program_reads_what_was_written_last(program, home, other, role):
    roles = (Role.PARAM, Role.OUTPUT, Role.TEMPORARY, role)
    slots = [Slot(ROWS * PITCH, role) for role in roles]
    steps = [step_of(*each, other) for each in program]
    homes = ("ram", home, "ram", other)
    found = replicate([step for step, _ in steps], slots, homes, ROUTES)
    memories, values = run(found, steps, slots)

    wanted = start(slots)
    written = [np.ones(ROWS * PITCH, bool), *np.zeros((3, ROWS * PITCH), bool)]
    for number, (kind, each) in enumerate(program):
        if kind == "copy":
            slot, first, nbytes = each
            for memory in (wanted, written):
                memory[3][first : first + nbytes] = memory[slot][first : first + nbytes]
            continue
        follow(number, each, wanted, written, values[number])
    for slot in (0, 1, 3) if role is Role.OUTPUT else (0, 1):
        kept = written[slot]
        np.testing.assert_array_equal(memories[slot][kept], wanted[slot][kept])


def follow(number, each, wanted, written, value):
    """Do a step in one memory; if it reads nonsense, any value is as good."""
    reads = [use for use in each if use.mode.reads]
    if all(use.view(written[use.slot])[use.mask()].all() for use in reads):
        assert do_plainly(number, each, wanted) == value
    for use in each:
        if use.mode.writes:
            new = (np.arange(use.mask().sum()) * 3 + value) % 251
            use.view(wanted[use.slot])[use.mask()] = new.astype(np.uint8)
            use.view(written[use.slot])[use.mask()] = True


def tile(slot, mode, row, column):
    rows = 4 * row, 4 * row + 4
    return Use(slot, mode, rows, (8 * column, 8 * column + 8)).access()


def moves(found):
    return [each for each in found.steps if isinstance(each, Move)]


def nbytes_of(move):
    return move.rows * move.width


def plan(*steps, role=Role.PARAM, routes=ROUTES):
    slots = [Slot(ROWS * PITCH, role)]
    return replicate([Step(s, tuple(a)) for s, a in steps], slots, ["ram"], routes)


def test_what_is_there_is_not_copied_again():
    read = [tile(0, Mode.IN, 0, 0)]
    found = plan(("gpu0", read), ("gpu0", read), ("ram", read))
    assert len(moves(found)) == 1


def test_only_what_is_stale_is_copied():
    one, all_ = tile(0, Mode.INOUT, 1, 1), Access(0, Mode.IN, 0, ROWS * PITCH)
    other = tile(0, Mode.IN, 0, 0)
    found = plan(("gpu0", [all_]), ("ram", [one]), ("gpu0", [all_, other]))
    assert [nbytes_of(each) for each in moves(found)] == [ROWS * PITCH, 32]


def test_a_copy_comes_from_the_nearest_space():
    write, read = tile(0, Mode.OUT, 0, 0), tile(0, Mode.IN, 0, 0)
    found = plan(("gpu0", [write]), ("ram", [read]), ("gpu1", [read]))
    ways = [each.spaces for each in moves(found)]
    assert ways == [("gpu0", "ram"), ("gpu0", "gpu1")]


def test_without_a_link_a_copy_goes_through_the_host_which_keeps_it():
    write, read = tile(0, Mode.OUT, 0, 0), tile(0, Mode.IN, 0, 0)
    found = plan(
        ("gpu0", [write]),
        *((f"gpu{k}", [read]) for k in (1, 2, 3)),
        role=Role.TEMPORARY,
        routes=Routes(FOUR_GPUS),
    )
    ways = [each.spaces for each in moves(found)]
    assert ways == [("gpu0", "ram"), ("ram", "gpu1"), ("ram", "gpu2"), ("ram", "gpu3")]


def test_temporaries_stay_and_outputs_go_home_when_they_are_done():
    first, again = tile(0, Mode.OUT, 0, 0), tile(0, Mode.INOUT, 0, 0)
    other = tile(0, Mode.OUT, 1, 0)
    steps = ("gpu0", [first]), ("gpu0", [again]), ("gpu1", [other])
    assert not moves(plan(*steps, role=Role.TEMPORARY))
    found = plan(*steps, role=Role.OUTPUT)
    assert [type(each) for each in found.steps] == [
        Located,
        Located,
        Move,
        Located,
        Move,
    ]


def test_what_is_overwritten_is_not_copied():
    found = plan(("gpu0", [tile(0, Mode.OUT, 2, 2)]), role=Role.TEMPORARY)
    assert not moves(found)
    triangle = Use(0, Mode.OUT, (0, 4), (0, 8), is_lower=True).access()
    assert len(moves(plan(("gpu0", [triangle]), role=Role.PARAM))) == 2


def test_a_copy_of_the_graph_reads_where_its_source_is():
    slots = [Slot(ROWS * PITCH, Role.TEMPORARY), Slot(ROWS * PITCH, Role.TEMPORARY)]
    copy = (
        Access(0, Mode.IN, 0, ROWS * PITCH),
        Access(1, Mode.OUT, 0, ROWS * PITCH),
    )
    steps = [
        Step("gpu0", (tile(0, Mode.OUT, 0, 0),)),
        Step("gpu1", (tile(0, Mode.OUT, 1, 0),)),
        Step("gpu1", copy, moves_from=0),
    ]
    found = replicate(steps, slots, ["ram", "gpu1"], ROUTES)
    assert {each.spaces for each in moves(found)} == {
        ("gpu0", "gpu1"),
        ("gpu1", "gpu1"),
    }
    assert all(each.target.slot == 1 for each in moves(found))


@pytest.mark.parametrize("writer", [None, 0, 1])
def test_what_lies_on_a_device_is_not_copied_home_for_other_devices(writer):
    slots = [Slot(ROWS * PITCH, Role.PARAM), Slot(ROWS * PITCH, Role.TEMPORARY)]
    whole = [
        Access(k, mode, 0, ROWS * PITCH) for k, mode in enumerate((Mode.IN, Mode.OUT))
    ]
    steps = [
        Step("ram", tuple(whole), moves_from=0),
        Step("gpu0", (tile(1, Mode.IN, 0, 0),)),
        Step("gpu1", (tile(1, Mode.IN, 1, 1),)),
        Step("ram", (tile(1, Mode.IN, 2, 2),)),
    ]
    if writer is not None:
        steps.append(Step("gpu0", (tile(writer, Mode.OUT, 2, 0),)))
    found = replicate(steps, slots, ["gpu0", "ram"], ROUTES)
    ways = [(each.spaces, nbytes_of(each)) for each in moves(found)]
    shared = [(("gpu0", "gpu1"), 32), (("gpu0", "ram"), 32)]
    assert (ways == shared) == (writer is None)


def test_tiles_have_buffers_of_their_own_away_from_home():
    tiles = [tile(0, Mode.INOUT, i, i) for i in range(3)]
    found = plan(*(("gpu0", [each]) for each in tiles))
    assert [slot.nbytes for slot in found.slots[1:]] == [32, 32, 32]
    places = [each.places[0] for each in found.steps if isinstance(each, Located)]
    assert [(place.row, place.column) for place in places] == [(0, 0), (4, 8), (8, 16)]
    assert all(place.pitch == 8 for place in places)
    assert places[1].at(4 * PITCH + 8, PITCH) == 0
    assert places[1].strides((PITCH, 1), PITCH) == (8, 1)


def test_what_one_step_takes_as_a_matrix_lies_together():
    column = Use(0, Mode.IN, (0, 12), (8, 16)).access()
    found = plan(("gpu0", [tile(0, Mode.INOUT, 0, 1)]), ("gpu0", [column]))
    assert [slot.nbytes for slot in found.slots[1:]] == [96]
    assert [nbytes_of(each) for each in moves(found)] == [32, 32, 64]


def test_cells_are_cut_where_tiles_begin():
    accesses = [tile(0, Mode.IN, i, j) for i in range(3) for j in range(3)]
    cells = Cells.of(ROWS * PITCH, [*accesses, Access(0, Mode.IN)])
    assert cells.pitch == PITCH
    assert cells.shape == (3, 3)
    assert all(cells.box(access).is_exact for access in accesses)
    assert cells.box(Access(0, Mode.IN)).is_exact
    triangle = Use(0, Mode.OUT, (0, 3), (0, 8), is_lower=True).access()
    assert not cells.box(triangle).is_exact


def test_accesses_may_reach_beyond_what_is_known_of_a_slot():
    step = Use(0, Mode.IN, (0, 12), (0, 24)).access()
    cells = Cells.of(100, [step])
    assert cells.nbytes == ROWS * PITCH
    assert cells.box(step).is_exact


def test_nothing_behind_the_end_of_a_slot_is_copied():
    nbytes = ROWS * PITCH - 5
    cells = Cells.of(nbytes, [tile(0, Mode.IN, 0, 0), tile(0, Mode.IN, 1, 1)])
    inside = cells.inside()
    assert int(cells.sizes()[inside].sum()) == nbytes
