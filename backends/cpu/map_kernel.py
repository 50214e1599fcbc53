"""Prints kernels of elementwise values only."""

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.nest import BASES, BLOCK, finish
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.rows import RowLoop
from lazydag.backends.cpu.vector import VectorPrinter


def print_map(form: Form, program: Program) -> Module:
    """Return the text of a map kernel: one loop over all rows of a tile."""
    code = Code(VectorPrinter(program.width))
    inputs = list(zip(program.inputs, form.inputs, strict=True))
    dtypes = [v.dtype for v in program.values]
    outputs = list(zip(dtypes, form.outputs, strict=True))
    dims = form.loops + 1
    rows = RowLoop(code, inputs, outputs, streams=form.streams, dims=dims)
    rows.emit_tile(BLOCK, BASES, program.values)
    text = module_text(finish(code, streams=form.streams), code.printer)
    return Module(text, calls=frozenset(code.printer.calls))
