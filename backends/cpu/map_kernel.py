"""Prints kernels of elementwise values only."""

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.nest import Nest, finish
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.row_state import STRIDED, Row
from lazydag.backends.cpu.rows import RowLoop
from lazydag.backends.cpu.vector import VectorPrinter


def print_map(form: Form, program: Program) -> Module:
    """Return the text of a map kernel: loops around one row loop."""
    code = Code(VectorPrinter(program.width))
    nest = Nest(code, BlockLayout(form.loops + 1))
    types = (*program.inputs, *(v.dtype for v in program.values))
    kinds = form.inputs + form.outputs
    operands = list(zip(types, kinds, strict=True))
    split = len(program.inputs)
    rows = RowLoop(code, operands[:split], operands[split:], streams=form.streams)
    inner = form.loops
    with nest.loops(nest.bases(len(operands)), range(form.loops)) as pointers:
        here = [
            Row(dtype, kind, p, nest.stride(k, inner) if kind == STRIDED else "")
            for k, ((dtype, kind), p) in enumerate(zip(operands, pointers, strict=True))
        ]
        rows.emit(nest.extent(inner), here[:split], here[split:], program.values)
    printer = code.printer
    text = module_text(finish(code, streams=form.streams), printer)
    return Module(text, calls=frozenset(printer.calls))
