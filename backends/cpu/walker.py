"""The library function that walks along rows: what kernels with rows of elements call.

``i1 f(ptr state, ptr table)`` finds the next run of whole vectors and tells whether
there is one. Of each row these are the vectors from its first element on, then one of
what is left over, which ends with the row: its first lanes are computed again. Where
they have been overwritten, or the row is shorter than a vector, it lies in buffers, and
its last lanes repeat an element. So kernels have their body once and little else, and
each element has the bits that it has anywhere. `row_state` has the layout of the state
and of the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu import row_state as rs
from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.copies import COPIES
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import Call, VectorPrinter
from lazydag.backends.scalar.expr import Function

LIBRARY: Final = "lzw"
LEVEL: Final = 2
CALL: Final = Call(Function(LIBRARY, "next", (), "bool"), 1)


def walker_library(_call: Call) -> Module:
    """Return the text of the function, for the compiler."""
    printer = VectorPrinter(1)
    texts = [f(Code(printer)) for f in COPIES]
    texts.append(Walker(Code(printer)).print_function())
    text = module_text("\n".join(texts), printer)
    return Module(text, (CALL.symbol,), level=LEVEL)


def call_walker(out: VectorPrinter, state: str, table: str) -> str:
    """Print a call; returns the name of whether there is another run."""
    out.calls.add(CALL)
    out.declare(CALL.symbol, f"declare i1 @{CALL.symbol}(ptr, ptr)")
    return out.emit(f"call i1 @{CALL.symbol}(ptr {state}, ptr {table})")


@dataclass(frozen=True, slots=True)
class Operand:
    """Names of what is known of an operand.

    Attributes
    ----------
    number
        Its place in the table.
    record
        Address of its record in the state.
    size, kind
        Bytes of an element, and code of the stride class.
    """

    number: str
    record: str
    size: str
    kind: str


class Walker:
    """Prints the function: a state machine, one block of code for each phase."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.number, self.inputs, self.lanes, self.dims = (
            code.word("%table", word)
            for word in (rs.OPERANDS, rs.INPUTS, rs.LANES, rs.DIMS)
        )

    def print_function(self) -> str:
        """Return the text."""
        code = self.code
        names = ("tile", "row", "rest", "back", "following")
        tile, row, rest, back, following = map(code.new_label, names)
        phases = (
            (rs.OF_TILE, tile),
            (rs.OF_ROW, row),
            (rs.AFTER_WHOLE, rest),
            (rs.AFTER_BUFFERS, back),
        )
        cases = " ".join(f"i64 {phase}, label %{label}" for phase, label in phases)
        phase = self.load("%state", rs.PHASE)
        code.line(f"switch i64 {phase}, label %{following} [{cases}]")
        code.start(tile)
        self.begin_tile()
        code.jump(row)
        code.start(row)
        self.begin_row()
        code.jump(rest)
        code.start(rest)
        self.begin_rest()
        code.jump(following)
        code.start(back)
        self.move_back()
        code.jump(following)
        code.start(following)
        self.begin_following(row)
        code.line("ret i1 false")
        return code.function(f"i1 @{CALL.symbol}(ptr %state, ptr %table)")

    def begin_tile(self) -> None:
        """Print how the first row of a tile is found."""
        code = self.code
        block = self.load("%state", rs.BLOCK, "ptr")
        bases = self.load("%state", rs.BASES, "ptr")
        inner = code.i64("sub", self.dims, 1)
        self.store(self.at_word(block, inner), rs.COUNT)
        with code.loop(inner) as dim:
            code.line(f"store i64 0, ptr {self.counter(dim)}, align 8")
        with self.operands() as x:
            word = self.block_word(x)
            slot = self.at_word(block, word)
            entry = code.emit(f"getelementptr ptr, ptr {bases}, i64 {slot}")
            base = code.emit(f"load ptr, ptr {entry}, align 8")
            first = code.at(base, self.at_word(block, code.i64("add", word, 1)))
            self.store(first, rs.POINTER, x.record, "ptr")
            strides = code.element(block, code.i64("add", word, 2), "i64")
            self.store(self.at_word(strides, inner), rs.STRIDE, x.record)
            with code.when(code.emit(f"icmp sgt i64 {inner}, 0")):
                outer = code.i64("sub", inner, 1)
                self.store(self.at_word(strides, outer), rs.NEXT, x.record)

    def begin_row(self) -> None:
        """Print how a row begins: with its whole vectors, if it has any."""
        code = self.code
        bits = code.slot("i64")
        plain = code.word("%table", rs.IS_PLAIN)
        code.line(f"store i64 {plain}, ptr {bits}, align 8")
        with self.operands(code.word("%table", rs.BEGINS)) as x:
            first = self.load(x.record, rs.POINTER, "ptr")
            with code.when(self.is_kind(x, rs.BROADCAST)):
                self.splat(code.at(x.record, rs.LINE), first, x)
            is_run = self.is_kind(x, rs.CONTIGUOUS)
            with code.when(self.is_output(x)), code.when(is_run):
                address = code.emit(f"ptrtoint ptr {first} to i64")
                known = code.emit(f"load i64, ptr {bits}, align 8")
                both = code.i64("or", known, address)
                code.line(f"store i64 {both}, ptr {bits}, align 8")
        low = code.i64("and", code.emit(f"load i64, ptr {bits}, align 8"), 63)
        is_aligned = code.emit(f"icmp eq i64 {low}, 0")
        flag = code.emit(f"zext i1 {is_aligned} to i64")
        whole, _ = self.parts()
        with code.when(code.emit(f"icmp sgt i64 {whole}, 0")):
            self.begin_run("0", whole, rs.AFTER_WHOLE, flag)

    def begin_run(self, index: str, stop: str, phase: int, is_aligned: str) -> None:
        """Print the answer that there is a run."""
        code = self.code
        self.store(index, rs.INDEX)
        self.store(stop, rs.STOP)
        self.store(is_aligned, rs.IS_ALIGNED)
        self.store(str(phase), rs.PHASE)
        code.line("ret i1 true")
        code.start(code.new_label("dead"))

    def begin_rest(self) -> None:
        """Print how what is left over of a row becomes a run of one vector."""
        code = self.code
        whole, rest = self.parts()
        with code.when(code.emit(f"icmp sgt i64 {rest}, 0")):
            with code.when(self.can_repeat(whole)):
                count = self.load("%state", rs.COUNT)
                first = code.i64("sub", count, self.lanes)
                self.begin_run(first, count, rs.AFTER_REST, "0")
            with self.operands() as x, self.when_not(x, rs.BROADCAST):
                self.redirect(x, whole, rest)
            self.begin_run("0", self.lanes, rs.AFTER_BUFFERS, "0")

    def can_repeat(self, whole: str) -> str:
        """Return whether lanes before what is left over can be computed again.

        If there are any, if no output has overwritten an input, and if none is on its
        way around the caches.
        """
        code = self.code
        found = code.slot("i1")
        is_long = code.emit(f"icmp sgt i64 {whole}, 0")
        is_plain = code.emit(f"icmp eq i64 {self.load('%state', rs.IS_ALIGNED)}, 0")
        can = code.emit(f"and i1 {is_long}, {is_plain}")
        code.line(f"store i1 {can}, ptr {found}, align 1")
        with self.operands() as x, code.when(self.is_output(x)):
            written = self.load(x.record, rs.POINTER, "ptr")
            with self.operands(self.inputs) as y:
                read = self.load(y.record, rs.POINTER, "ptr")
                with code.when(code.emit(f"icmp eq ptr {read}, {written}")):
                    code.line(f"store i1 false, ptr {found}, align 1")
        return code.emit(f"load i1, ptr {found}, align 1")

    def redirect(self, x: Operand, whole: str, rest: str) -> None:
        """Print how an operand gets a vector that holds what is left over.

        Behind that the first of it is repeated: no function meets a number that is not
        the user's.
        """
        code = self.code
        is_scratch = self.is_kind(x, rs.SCRATCH)
        own, line = self.element(x, whole), code.at(x.record, rs.LINE)
        vector = code.emit(f"select i1 {is_scratch}, ptr {own}, ptr {line}")
        step = self.step(x)
        with code.when(code.emit(f"icmp slt i64 {x.number}, {self.inputs}")):
            with code.when(is_scratch):
                end = code.at(own, code.i64("mul", rest, x.size))
                missing = code.i64("sub", self.lanes, rest)
                self.copy(end, x.size, own, "0", missing, x)
            with self.when_not(x, rs.SCRATCH):
                self.splat(line, own, x)
                self.move(line, x.size, own, step, rest, x)
        self.store(self.load(x.record, rs.POINTER, "ptr"), rs.FIRST, x.record, "ptr")
        self.store(vector, rs.POINTER, x.record, "ptr")
        self.store(step, rs.STEP, x.record)
        self.store(x.size, rs.STRIDE, x.record)

    def move_back(self) -> None:
        """Print how outputs get what is in buffers, and operands their places back."""
        code = self.code
        whole, rest = self.parts()
        with self.operands() as x, self.when_not(x, rs.BROADCAST):
            first = self.load(x.record, rs.FIRST, "ptr")
            self.store(first, rs.POINTER, x.record, "ptr")
            self.store(self.load(x.record, rs.STEP), rs.STRIDE, x.record)
            with code.when(self.is_output(x)), self.when_not(x, rs.SCRATCH):
                line, own = code.at(x.record, rs.LINE), self.element(x, whole)
                self.move(own, self.step(x), line, x.size, rest, x)

    def begin_following(self, row: str) -> None:
        """Print how the next row of a tile is found; goes to `row` if there is one."""
        code = self.code
        last = code.i64("sub", self.dims, 2)
        with code.when(code.emit(f"icmp sge i64 {last}, 0")):
            block = self.load("%state", rs.BLOCK, "ptr")
            counter = self.counter(last)
            index = code.i64("add", code.emit(f"load i64, ptr {counter}, align 8"), 1)
            is_more = code.emit(f"icmp slt i64 {index}, {self.at_word(block, last)}")
            with code.when(is_more):
                code.line(f"store i64 {index}, ptr {counter}, align 8")
                with self.operands() as x:
                    self.advance(x, self.load(x.record, rs.NEXT))
                code.jump(row)
                code.start(code.new_label("dead"))
            self.wrap(block, row)

    def wrap(self, block: str, row: str) -> None:
        """Print how an outer index goes on, and those within it begin anew."""
        code = self.code
        with code.loop(code.i64("sub", self.dims, 1)) as k:
            dim = code.i64("sub", code.i64("sub", self.dims, 2), k)
            extent, counter = self.at_word(block, dim), self.counter(dim)
            index = code.i64("add", code.emit(f"load i64, ptr {counter}, align 8"), 1)
            is_more = code.emit(f"icmp slt i64 {index}, {extent}")
            kept = code.emit(f"select i1 {is_more}, i64 {index}, i64 0")
            code.line(f"store i64 {kept}, ptr {counter}, align 8")
            back = code.i64("sub", "1", extent)
            steps = code.emit(f"select i1 {is_more}, i64 1, i64 {back}")
            with self.operands() as x:
                word = code.i64("add", self.block_word(x), code.i64("add", dim, 2))
                self.advance(x, code.i64("mul", steps, self.at_word(block, word)))
            with code.when(is_more):
                code.jump(row)
                code.start(code.new_label("dead"))

    def advance(self, x: Operand, nbytes: str) -> None:
        """Print how an operand's row moves on."""
        moved = self.code.at(self.load(x.record, rs.POINTER, "ptr"), nbytes)
        self.store(moved, rs.POINTER, x.record, "ptr")

    @contextmanager
    def operands(self, count: str = "") -> Iterator[Operand]:
        """Print a loop over all operands, or the first `count`."""
        code = self.code
        with code.loop(count or self.number) as number:
            nbytes = code.i64("mul", number, rs.RECORD_NBYTES)
            record = code.at("%state", code.i64("add", nbytes, rs.LINE_NBYTES))
            word = code.i64("add", code.i64("mul", number, 2), rs.FIRST_OPERAND)
            size = self.at_word("%table", word)
            kind = self.at_word("%table", code.i64("add", word, 1))
            yield Operand(number, record, size, kind)

    def is_kind(self, x: Operand, kind: str) -> str:
        """Return whether an operand is of a stride class."""
        return self.code.emit(f"icmp eq i64 {x.kind}, {rs.CODES[kind]}")

    def is_output(self, x: Operand) -> str:
        """Return whether an operand is written."""
        return self.code.emit(f"icmp sge i64 {x.number}, {self.inputs}")

    @contextmanager
    def when_not(self, x: Operand, kind: str) -> Iterator[None]:
        """Print what happens unless an operand is of a stride class."""
        code = self.code
        with code.when(code.emit(f"icmp ne i64 {x.kind}, {rs.CODES[kind]}")):
            yield

    def step(self, x: Operand) -> str:
        """Return the distance of an operand's elements."""
        stride = self.load(x.record, rs.STRIDE)
        is_strided = self.is_kind(x, rs.STRIDED)
        return self.code.emit(f"select i1 {is_strided}, i64 {stride}, i64 {x.size}")

    def element(self, x: Operand, index: str) -> str:
        """Return the address of an element of an operand's row."""
        nbytes = self.code.i64("mul", index, self.step(x))
        return self.code.at(self.load(x.record, rs.POINTER, "ptr"), nbytes)

    def parts(self) -> tuple[str, str]:
        """Return the elements of the row in whole vectors, and those left over."""
        code = self.code
        count = self.load("%state", rs.COUNT)
        whole = code.i64("and", count, code.i64("sub", "0", self.lanes))
        return whole, code.i64("sub", count, whole)

    def counter(self, dim: str) -> str:
        """Return the address of the index along a dimension."""
        code = self.code
        records = code.i64("mul", self.number, rs.RECORD_NBYTES)
        first = code.at("%state", code.i64("add", records, rs.LINE_NBYTES))
        return code.element(first, dim, "i64")

    def block_word(self, x: Operand) -> str:
        """Return the word of a block at which an operand's words begin."""
        code = self.code
        words = code.i64("mul", x.number, code.i64("add", self.dims, 2))
        return code.i64("add", self.dims, words)

    def at_word(self, pointer: str, index: str) -> str:
        """Load a word of a table at an index that is not known."""
        where = self.code.element(pointer, index, "i64")
        return self.code.emit(f"load i64, ptr {where}, align 8")

    def move(
        self, to: str, step: str, source: str, stride: str, count: str, x: Operand
    ) -> None:
        """Print a copy of less than a line of an operand's elements."""
        code = self.code
        with code.when(self.is_kind(x, rs.CONTIGUOUS)):
            nbytes = code.i64("mul", count, x.size)
            code.line(f"call void @copy_run(ptr {to}, ptr {source}, i64 {nbytes})")
        with code.when(self.is_kind(x, rs.STRIDED)):
            self.copy(to, step, source, stride, count, x)

    def copy(
        self, to: str, step: str, source: str, stride: str, count: str, x: Operand
    ) -> None:
        """Print a copy of an operand's elements."""
        places = f"ptr {to}, i64 {step}, ptr {source}, i64 {stride}"
        self.code.line(f"call void @copy({places}, i64 {count}, i64 {x.size})")

    def splat(self, line: str, source: str, x: Operand) -> None:
        """Print how a line gets one element of an operand in all lanes."""
        self.code.line(f"call void @splat(ptr {line}, ptr {source}, i64 {x.size})")

    def load(self, pointer: str, offset: int, kind: str = "i64") -> str:
        """Load a word of the state or of a record."""
        where = self.code.at(pointer, offset)
        return self.code.emit(f"load {kind}, ptr {where}, align 8")

    def store(
        self, value: str, offset: int, pointer: str = "%state", kind: str = "i64"
    ) -> None:
        """Store a word of the state or of a record."""
        where = self.code.at(pointer, offset)
        self.code.line(f"store {kind} {value}, ptr {where}, align 8")
