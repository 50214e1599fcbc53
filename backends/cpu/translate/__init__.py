"""Restricted Python to machine code: the engine without the GIL.

In come functions over 64-bit integers, written in the language below, and the names of
those that are called from outside. Out comes a `Module`: LLVM IR text that is optimised
when it is compiled.

The language
------------
Every value is a signed integer of 64 bits that wraps. A function stands at the top of
its module, takes ``int`` and returns ``int`` or ``None``, both written out.

=========== ==========================================================================
statements  assignment and augmented assignment to a local name, ``if``, ``while``,
            ``break``, ``continue``, ``return``, ``pass``, a call by itself
expressions constants, locals, module-level constants by their upper-case names, ``+
            - * & | ^ << >> ~``, ``//`` and ``%`` by a constant above 0, comparisons
            (1 or 0 as a value), ``a if c else b``, calls by name
conditions  any expression (true unless 0), ``and``, ``or``, ``not``, ``True``
calls       the functions that are translated, without recursion, the intrinsics of
            `lazydag.runtime.engine.memory`, ``min`` and ``max`` of two values
=========== ==========================================================================

Shifts are by 0 to 63. ``//`` and ``%`` round down, as in Python. A local must be
assigned on every way to where it is read. Whatever is outside of the language is a
`LanguageError` that names the line.

``source`` reads functions, ``statements`` and ``expressions`` translate them with a
``writer``, ``intrinsics`` is the table of what the processor does, ``program`` joins
it all.
"""

from lazydag.backends.cpu.translate.program import translate
from lazydag.backends.cpu.translate.source import LanguageError

__all__ = ["LanguageError", "translate"]
