"""PTX of kernels. Imports llvmlite.

The thread's function and what it calls are linked, become one kernel, and go through
LLVM's passes. The text has no fast-math flags: products and sums are not contracted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import llvmlite.binding as llvm

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import Call
from lazydag.backends.cuda.grid import GridKernel, phase_symbol
from lazydag.backends.cuda.libraries import LIBRARIES
from lazydag.backends.cuda.words import ITEMS

TRIPLE: Final = "nvptx64-nvidia-cuda"
ENTRY: Final = "kernel"
ISA: Final = "+ptx81"
"""The version of PTX: of CUDA 12.1, the first whose kernels take many words."""


@dataclass(frozen=True, slots=True, order=True)
class Capability:
    """A generation of GPUs, as ``Capability(9, 0)``."""

    major: int
    minor: int

    @property
    def name(self) -> str:
        """LLVM's and the assembler's name of it."""
        return f"sm_{self.major}{self.minor}"


NEWEST: Final = Capability(9, 0)
"""That the version of PTX knows: drivers make code for later ones of its text."""


_DECLARATIONS: Final = """
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
declare void @llvm.nvvm.barrier0()
"""

_KERNEL: Final = """
@shared = internal addrspace(3) global [{shared} x i8] undef, align 16

define ptx_kernel void @{entry}(ptr byval([{count} x i64]) align 8 %words) {{
entry:
  %shared = addrspacecast ptr addrspace(3) @shared to ptr
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %m = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %thread = zext i32 %t to i64
  %first = zext i32 %b to i64
  %step = zext i32 %m to i64
  %at = getelementptr i64, ptr %words, i64 {word}
  %items = load i64, ptr %at, align 8
  %turns.at = getelementptr i64, ptr %words, i64 {turns}
  %turns = load i64, ptr %turns.at, align 8
  br label %head
{loop}end:
  ret void
}}
"""

_EACH: Final = """
head:
  %item = phi i64 [%first, %entry], [%next, %body]
  %more = icmp slt i64 %item, %items
  br i1 %more, label %body, label %end
body:
{phases}
  %next = add i64 %item, %step
  br label %head
"""

_IN_TURN: Final = """
head:
  %group = phi i64 [%first, %entry], [%following, %done]
  %start = mul i64 %group, %turns
  %stop = add i64 %start, %turns
  %more = icmp slt i64 %start, %items
  br i1 %more, label %again, label %end
again:
  %item = phi i64 [%start, %head], [%next, %body]
  %goes.on = icmp slt i64 %item, %stop
  br i1 %goes.on, label %body, label %done
body:
{phases}
  %next = add i64 %item, 1
  br label %again
done:
  %following = add i64 %group, %step
  br label %head
"""


def ptx_of(kernel: GridKernel, capability: Capability) -> str:
    """Return the PTX of a kernel; its entry is ``kernel``, with the words by value."""
    machine = _machine(min(capability, NEWEST))
    module = _parsed(_entry_text(kernel), machine)
    module.link_in(_parsed(kernel.module.text, machine))
    for made in _libraries(kernel.module.calls, set()):
        module.link_in(_parsed(made.text, machine))
    for function in module.functions:
        if not function.is_declaration and function.name != ENTRY:
            function.linkage = "internal"
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return str(machine.emit_assembly(module))


def _entry_text(kernel: GridKernel) -> str:
    """Return the function that takes items in turn, and does all phases of each."""
    symbols = [phase_symbol(k) for k in range(kernel.phases)]
    calls = [
        f"  call void @{symbol}(i64 %thread, i64 %item, ptr %words, ptr %shared)"
        for symbol in symbols
    ]
    barrier = "\n  call void @llvm.nvvm.barrier0()"
    # The next item's first phase writes what the last phase reads.
    phases = (barrier + "\n").join(calls) + barrier * (len(calls) > 1)
    declared = [f"declare void @{each}(i64, i64, ptr, ptr)" for each in symbols]
    body = _KERNEL.format(
        shared=max(1, kernel.shared_nbytes),
        entry=ENTRY,
        count=kernel.layout.count,
        word=kernel.items_word,
        turns=kernel.layout.number(kernel.in_turn or ITEMS),
        loop=(_IN_TURN if kernel.in_turn else _EACH).format(phases=phases),
    )
    return "\n".join((_DECLARATIONS, *declared, body))


def _libraries(calls: Iterable[Call], known: set[str]) -> list[Module]:
    """Return the modules of functions and of all that they call, each once."""
    found = []
    for call in sorted(calls, key=lambda each: each.symbol):
        if call.symbol not in known:
            known.add(call.symbol)
            made = LIBRARIES[call.function.library](call)
            found += [made, *_libraries(made.calls, known)]
    return found


def _parsed(text: str, machine: llvm.TargetMachine) -> llvm.ModuleRef:
    module = llvm.parse_assembly(text)
    module.triple = TRIPLE
    module.data_layout = str(machine.target_data)
    return module


@cache
def _machine(capability: Capability) -> llvm.TargetMachine:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return llvm.Target.from_triple(TRIPLE).create_target_machine(
        cpu=capability.name, features=ISA, opt=3
    )
