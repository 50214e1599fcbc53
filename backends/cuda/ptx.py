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
from lazydag.backends.cuda.libraries import LIBRARIES
from lazydag.backends.cuda.thread import ThreadKernel

TRIPLE: Final = "nvptx64-nvidia-cuda"
ENTRY: Final = "kernel"
ISA: Final = "+ptx78"
"""The version of PTX: of CUDA 11.8, which knows all of the capabilities below."""


@dataclass(frozen=True, slots=True)
class Capability:
    """A generation of GPUs, as ``Capability(9, 0)``."""

    major: int
    minor: int

    @property
    def name(self) -> str:
        """LLVM's and the assembler's name of it."""
        return f"sm_{self.major}{self.minor}"


_KERNEL: Final = """
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
declare void @thread(i64, i64, ptr)

define ptx_kernel void @{entry}(ptr byval([{count} x i64]) align 8 %words) {{
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %n = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %m = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %t.wide = zext i32 %t to i64
  %n.wide = zext i32 %n to i64
  %b.wide = zext i32 %b to i64
  %m.wide = zext i32 %m to i64
  %first = mul i64 %b.wide, %n.wide
  %thread = add i64 %first, %t.wide
  %threads = mul i64 %n.wide, %m.wide
  call void @thread(i64 %thread, i64 %threads, ptr %words)
  ret void
}}
"""


def ptx_of(kernel: ThreadKernel, capability: Capability) -> str:
    """Return the PTX of a kernel; its entry is ``kernel``, with the words by value."""
    machine = _machine(capability)
    head = _KERNEL.format(entry=ENTRY, count=kernel.layout.count)
    module = _parsed(head, machine)
    module.link_in(_parsed(kernel.module.text, machine))
    for made in _libraries(kernel.calls, set()):
        module.link_in(_parsed(made.text, machine))
    for function in module.functions:
        if not function.is_declaration and function.name != ENTRY:
            function.linkage = "internal"
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return str(machine.emit_assembly(module))


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
