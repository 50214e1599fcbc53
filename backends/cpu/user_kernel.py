"""Scalar functions that people write, compiled by Numba for use inside of kernels.

In come Python functions of numbers, with loops and branches; out come functions of
whole vectors for the library ``lzu``. Importing this module imports Numba.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any, Final

import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core.errors import NumbaError
from numba.np.numpy_support import as_dtype, from_dtype

from lazydag.backends.cpu.code import Code, memory_type, module_text
from lazydag.backends.cpu.mathlib import math_library
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.target import host
from lazydag.backends.cpu.user_calls import LIBRARY
from lazydag.backends.cpu.user_math import with_our_math
from lazydag.backends.cpu.vector import Call, VectorPrinter
from lazydag.backends.scalar.expr import Function
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.errors import DTypeError, LazydagError
from lazydag.ir.source import SourceLoc
from lazydag.ir.types import dtype_name

LEVEL: Final = 3
OPTIONS: Final[dict[str, Any]] = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What Numba made of a function for some types.

    Attributes
    ----------
    text
        Its LLVM IR.
    symbol
        Name of ``i32 f(ptr result, ptr exception, arguments...)`` in there.
    result
        Type of the value.
    calls
        Functions of the math library that it calls.
    """

    text: str
    symbol: str
    result: np.dtype[Any]
    calls: frozenset[Call] = frozenset()

    @property
    def can_fail(self) -> bool:
        """Whether it may raise: not every way out returns 0."""
        head = re.compile(rf"^define [^\n]*@{re.escape(self.symbol)}\(", re.MULTILINE)
        function = head.split(self.text)[1].partition("\n}")[0]
        return any(code != "0" for code in _RETURNS.findall(function))


_RETURNS: Final = re.compile(r"^ *ret i32 (\S+)$", re.MULTILINE)
_known: dict[str, Compiled] = {}


def compiled_as(name: str) -> Compiled:
    """Return what the library function of a name was made of."""
    return _known[name]


def result_dtype(
    function: Callable[..., Any], dtypes: Sequence[np.dtype[Any]]
) -> np.dtype[Any]:
    """Return the element type that a function returns for operands of given types.

    Raises
    ------
    DTypeError
        If Numba cannot compile the function for them, or it returns no number.
    """
    return compile_function(function, tuple(dtypes)).result


def user_function(
    function: Callable[..., Any], dtypes: Sequence[np.dtype[Any]]
) -> Function:
    """Return the library function that computes a person's function."""
    compiled = compile_function(function, tuple(dtypes))
    digest = blake2b(compiled.text.encode(), digest_size=8).hexdigest()
    name = f"{_plain(function.__name__)}_{digest}"
    _known[name] = compiled
    params = tuple(_name(dtype) for dtype in dtypes)
    failure = ""
    if compiled.can_fail:
        failure = f"{function.__name__}, decorated with @lazydag.kernel, raised"
    return Function(LIBRARY, name, params, _name(compiled.result), failure)


def _name(dtype: np.dtype[Any]) -> DType:
    name: DType = dtype_name(dtype)  # type: ignore[assignment]
    return name


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


@cache
def compile_function(
    function: Callable[..., Any], dtypes: tuple[np.dtype[Any], ...]
) -> Compiled:
    """Compile with Numba; remembered as long as the process lives."""
    signature = tuple(from_dtype(dtype) for dtype in dtypes)
    dispatcher = numba.njit(**OPTIONS)(function)
    try:
        dispatcher.compile(signature)
    except NumbaError as error:
        raise _cannot_compile(function, dtypes, error) from error
    overload = dispatcher.overloads[signature]
    try:
        result = np.dtype(as_dtype(overload.signature.return_type))
        dtype_name(result)
    except (NotImplementedError, NumbaError, LazydagError) as error:
        what = f"{function.__name__} returns {overload.signature.return_type}"
        remedy = "Return one number of a type that lazydag has, on every path."
        raise DTypeError(what, _location(function), remedy) from error
    text, calls = with_our_math(dispatcher.inspect_llvm(signature))
    return Compiled(text, overload.fndesc.llvm_func_name, result, calls)


def _location(function: Callable[..., Any], line: int = 0) -> SourceLoc:
    code = function.__code__
    return SourceLoc(code.co_filename, line or code.co_firstlineno, code.co_name)


def _cannot_compile(
    function: Callable[..., Any], dtypes: Sequence[np.dtype[Any]], error: NumbaError
) -> DTypeError:
    types = ", ".join(map(dtype_name, dtypes))
    lines = [line.strip() for line in str(error).splitlines()]
    reasons = [line for line in lines if line and not line.startswith("Failed in")]
    reason = reasons[0] if reasons else "no reason given"
    what = f"Numba cannot compile {function.__name__}({types}): {reason}"
    at = getattr(error, "loc", None)
    line = getattr(at, "line", None) or 0
    remedy = (
        "Write it with numbers, loops and branches; functions of math and numpy on "
        "numbers are known."
    )
    return DTypeError(what, _location(function, line), remedy)


def user_library(call: Call) -> Module:
    """Return the text of a person's function on vectors, optimised."""
    compiled = compiled_as(call.function.name)
    module = llvm.parse_assembly(compiled.text)
    outer = llvm.parse_assembly(scalar_call(call, compiled.symbol))
    outer.triple, outer.data_layout = module.triple, module.data_layout
    outer.link_in(module)
    inner = [compiled.symbol]
    for made in sorted(compiled.calls, key=lambda each: each.symbol):
        # Inlined, so that lanes stay vectors.
        outer.link_in(llvm.parse_assembly(math_library(made).text))
        inner.append(made.symbol)
    for symbol in inner:
        function = outer.get_function(symbol)
        function.linkage = "internal"
        function.add_function_attribute("alwaysinline")
    _optimise(outer)
    return Module(str(outer), (call.symbol,), level=LEVEL)


def scalar_call(call: Call, symbol: str) -> str:
    """Return the text of a library function that calls Numba's for each lane."""
    kinds = [memory_type(dtype) for dtype in call.function.params]
    params = ", ".join(["ptr", "ptr", *kinds])
    return f"{_lanes(call, symbol)}\ndeclare i32 @{symbol}({params})\n"


def _lanes(call: Call, symbol: str) -> str:
    """Return a loop over lanes around the scalar function.

    If it can fail, its last operand is the caller's status word, which is set then.
    LLVM's vectoriser makes vector code of the loop where it can.
    """
    code = Code(VectorPrinter(call.width))
    out, function = code.printer, call.function
    buffers = [code.buffer(dtype, call.width) for dtype in function.params]
    result = code.buffer(function.result, call.width)
    exception, status = code.slot("ptr"), code.slot("i32")
    for k, (dtype, buffer) in enumerate(zip(function.params, buffers, strict=True)):
        out.store(f"%a{k}", buffer, dtype)
    code.line(f"store i32 0, ptr {status}, align 8")
    with code.loop(str(call.width)) as lane:
        arguments = [f"ptr {code.element(result, lane, function.result)}"]
        arguments.append(f"ptr {exception}")
        for dtype, buffer in zip(function.params, buffers, strict=True):
            kind, align = memory_type(dtype), TYPES[dtype].nbytes
            where = code.element(buffer, lane, dtype)
            value = code.emit(f"load {kind}, ptr {where}, align {align}")
            arguments.append(f"{kind} {value}")
        failed = code.emit(f"call i32 @{symbol}({', '.join(arguments)})")
        before = code.emit(f"load i32, ptr {status}, align 8")
        either = code.emit(f"or i32 {failed}, {before}")
        code.line(f"store i32 {either}, ptr {status}, align 8")
    if function.failure:
        total = code.emit(f"load i32, ptr {status}, align 8")
        with code.when(code.emit(f"icmp ne i32 {total}, 0")):
            code.line("store i32 1, ptr %status, align 4")
    value = out.load(result, function.result)
    kind = out.type(function.result)
    code.line(f"ret {kind} {value}")
    params = [f"{out.type(p)} %a{k}" for k, p in enumerate(function.params)]
    params += ["ptr %status"] * bool(function.failure)
    head = f"{kind} @{call.symbol}({', '.join(params)})"
    return module_text(code.function(head), out)


def _optimise(module: llvm.ModuleRef) -> None:
    target = host()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=3
    )
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
