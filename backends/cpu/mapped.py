"""Object code to addresses without a loader, where nothing is left to load.

In comes an ELF object; out come addresses of its functions, or None for whatever is not
plainly one piece of code: relocations, data, references to other objects, another
processor. LLVM's loader takes all of these, but takes 50 ms to import.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, error
from typing import Final

import numpy as np

MACHINES: Final = {"x86_64": 62, "aarch64": 183}
"""ELF's numbers of the processors whose code is mapped."""

_HEADER: Final = Struct("<16sHHIQQQIHHHHHH")
_SECTION: Final = Struct("<IIQQQQIIQQ")
_SYMBOL: Final = Struct("<IBBHQQ")

_ELF64_LITTLE: Final = b"\x7fELF\x02\x01\x01"
_RELOCATABLE: Final = 1
_FUNCTION: Final = 2
_NOTHING: Final = 8  # kind of a section that has a size, but no bytes
_ABSOLUTE: Final = 0xFFF1  # what names the source file
_KNOWN: Final = {b"", b".strtab", b".symtab", b".note.GNU-stack", b".text"}


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions that run wherever they lie.

    Attributes
    ----------
    text
        The instructions.
    functions
        Where each function begins in them.
    """

    text: bytes
    functions: dict[str, int]


def map_object(content: bytes, entries: Sequence[str]) -> tuple[int, ...] | None:
    """Addresses of functions of an object, or None if it cannot be mapped.

    Parameters
    ----------
    content
        The object. It is trusted: who reads it from a disk checks that it is whole.
    entries
        Names of the functions.
    """
    if not sys.platform.startswith("linux"):
        return None
    code = read_code(content, os.uname().machine)
    if code is None or not set(entries) <= set(code.functions):
        return None
    try:
        start = _map(code.text)
    except OSError:  # a system that lets nobody make code
        return None
    return tuple(start + code.functions[name] for name in entries)


def read_code(content: bytes, machine: str) -> Code | None:
    """The code of an object for a processor, or None if there is more to it."""
    try:
        return _read(content, MACHINES[machine])
    except (error, LookupError, OverflowError, ValueError):
        return None


def _read(content: bytes, machine: int) -> Code | None:
    header = _HEADER.unpack_from(content)
    ident, kind, found = header[:3]
    if not ident.startswith(_ELF64_LITTLE) or (kind, found) != (_RELOCATABLE, machine):
        return None
    start, size, count, names_index = header[6], *header[11:14]
    rows = [_SECTION.unpack_from(content, start + i * size) for i in range(count)]
    names_at = rows[names_index][4]
    sections = {_name(content, names_at, row[0]): i for i, row in enumerate(rows)}
    if len(sections) != count or not sections.keys() <= _KNOWN:
        return None
    index = sections[b".text"]
    text = _bytes(content, rows[index])
    functions: dict[str, int] = {}
    for name, info, place, value in _symbols(content, rows, sections[b".symtab"]):
        if place not in {index, _ABSOLUTE}:
            return None
        if place == index and info & 15 == _FUNCTION and value < len(text):
            functions[name.decode()] = value
    return Code(text, functions)


def _symbols(
    content: bytes, rows: list[tuple[int, ...]], index: int
) -> Iterator[tuple[bytes, int, int, int]]:
    names_at = rows[rows[index][6]][4]
    table = _bytes(content, rows[index])
    for name, info, _, place, value, _ in list(_SYMBOL.iter_unpack(table))[1:]:
        yield _name(content, names_at, name), info, place, value


def _bytes(content: bytes, row: tuple[int, ...]) -> bytes:
    kind, start, size = row[1], row[4], row[5]
    if kind == _NOTHING or start + size > len(content):
        raise ValueError("a section without its bytes")
    return content[start : start + size]


def _name(content: bytes, names_at: int, offset: int) -> bytes:
    start = names_at + offset
    return content[start : content.index(b"\0", start)]


def _map(text: bytes) -> int:
    # A file, since the system itself then keeps instruction caches right, and never
    # both writable and executable.
    handle = os.memfd_create("lazydag")
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(text)
        code = mmap.mmap(
            handle, len(text), mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC
        )
    finally:
        os.close(handle)
    # Threads may be in the code until the process ends, after all objects are gone.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))
    return np.frombuffer(code, np.uint8).ctypes.data
