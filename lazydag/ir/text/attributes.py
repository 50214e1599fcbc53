"""How the attributes of each op print and parse: one table.

Text between brackets, ``sum[axes=(0,), block=1024]``. What the written type says
already (the shape of a broadcast, the dtype of a cast) is not repeated.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph
from lazydag.ir.text.literals import read_literal, write_literal
from lazydag.ir.text.names import unword, word
from lazydag.ir.types import DTYPES, ArrayType, dtype_name

_FIELD = re.compile(
    r"""\s*(\w+)\s*=\s*(@?"(?:[^"\\]|\\.)*"|\([^()]*\)|[^\s,()"]+)\s*(,|$)"""
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a line says beside the attributes.

    Parameters
    ----------
    type : ArrayType or None
        The type, if it is written.
    kernels : mapping of str to UserKernel
        The users' kernels by name.
    """

    type: ArrayType | None = None
    kernels: Mapping[str, a.UserKernel] = field(default_factory=dict)

    def array_type(self) -> ArrayType:
        """Return the type.

        Raises
        ------
        ValueError
            If the line does not have it.
        """
        if self.type is None:
            raise ValueError("this op needs its type written")
        return self.type


@dataclass(frozen=True, slots=True)
class Codec:
    """How one value is written and read."""

    write: Callable[[Any, Mapping[Any, str]], str]
    read: Callable[[str, Written], Any]


def write_ints(values: Sequence[int]) -> str:
    """Return a tuple of integers: ``()``, ``(4,)``, ``(4,5)``."""
    return f"({','.join(map(str, values))}{',' * (len(values) == 1)})"


def read_ints(text: str, _written: Written) -> tuple[int, ...]:
    """Return the integers of a tuple.

    Raises
    ------
    ValueError
        If it is not one.
    """
    if not (text.startswith("(") and text.endswith(")")):
        raise ValueError(f"{text!r} is not a tuple such as (0,) or (1, 2)")
    parts = text[1:-1].split(",")
    if not parts[-1].strip():
        parts.pop()
    return tuple(map(int, parts))


def _read_kernel(text: str, written: Written) -> a.UserKernel:
    name = unword(text.removeprefix("@"))
    kernel = written.kernels.get(name)
    if kernel is None:
        raise ValueError(f"no kernel {name!r} was given to parse")
    return kernel


def _read_dtype(text: str, _written: Written) -> Any:
    if text not in DTYPES:
        raise ValueError(f"{text!r} is not an element type ({', '.join(DTYPES)})")
    return DTYPES[text]


def _read_literal(text: str, _written: Written) -> Any:
    try:
        return literal_eval(unword(text))
    except (SyntaxError, TypeError):
        raise ValueError(f"{text} is no tuple such as {(0, 1)}") from None


def _write_options(
    value: Sequence[tuple[str, Any]], names: Mapping[a.UserKernel, str]
) -> str:
    """Return options as a dict; people's functions are names after an ``@``."""
    shown = {
        key: f"@{names[x]}" if isinstance(x, a.UserKernel) else x for key, x in value
    }
    return word(repr(shown))


def _read_options(text: str, written: Written) -> tuple[tuple[str, Any], ...]:
    try:
        options = dict(literal_eval(unword(text)))
    except (SyntaxError, TypeError):
        raise ValueError(f"{text} are not options such as {{'axis': 0}}") from None
    return tuple(
        (key, _read_kernel(x, written) if str(x).startswith("@") else x)
        for key, x in options.items()
    )


INT = Codec(lambda value, _: str(value), lambda text, _: int(text))
INTS = Codec(lambda value, _: write_ints(value), read_ints)
LITERAL = Codec(lambda value, _: word(repr(value)), _read_literal)
OPTIONS = Codec(_write_options, _read_options)
WORD = Codec(lambda value, _: word(value), lambda text, _: unword(text))
DTYPE = Codec(lambda value, _: dtype_name(value), _read_dtype)
KERNEL = Codec(lambda value, names: f"@{word(names[value])}", _read_kernel)


@dataclass(frozen=True, slots=True)
class Form:
    """How one class of attributes is written and read.

    Parameters
    ----------
    write : callable
        ``write(attrs, names_of_kernels)`` returns the text between the brackets.
    read : callable
        ``read(text, written)`` returns the attributes, or raises ValueError.
    """

    write: Callable[[Any, Mapping[Any, str]], str]
    read: Callable[[str, Written], a.Attrs]


def read_fields(text: str, names: Collection[str]) -> dict[str, str]:
    """Split ``name=value, …``, each of `names` at most once.

    Raises
    ------
    ValueError
        If it is something else.
    """
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        part = _FIELD.match(text, at)
        if part is None or not names:
            wanted = "name=value" if names else "no attributes"
            raise ValueError(f"expected {wanted}, found {text[at:].strip()!r}")
        name, value, _ = part.groups()
        if name not in names or name in found:
            raise ValueError(f"expected one of {', '.join(names)}, found {name!r}")
        found[name] = value
        at = part.end()
    return found


def _form(cls: type[Any], **rules: Codec | Callable[[ArrayType], Any]) -> Form:
    """Return the form of a class whose fields are written, or follow from the type."""
    codecs = {name: rule for name, rule in rules.items() if isinstance(rule, Codec)}
    implied = {n: rule for n, rule in rules.items() if not isinstance(rule, Codec)}
    defaults = {f.name: f.default for f in fields(cls)}
    required = {name for name in codecs if defaults[name] is MISSING}

    def write(attrs: Any, names: Mapping[Any, str]) -> str:
        shown = [
            f"{name}={codec.write(getattr(attrs, name), names)}"
            for name, codec in codecs.items()
            if getattr(attrs, name) != defaults[name]
        ]
        return ", ".join(shown)

    def read(text: str, written: Written) -> a.Attrs:
        texts = read_fields(text, codecs)
        if missing := required - texts.keys():
            raise ValueError(f"expected {'=, '.join(sorted(missing))}=")
        values = {name: codecs[name].read(t, written) for name, t in texts.items()}
        for name, rule in implied.items():
            values[name] = rule(written.array_type())
        attrs: a.Attrs = cls(**values)
        return attrs

    return Form(write, read)


def _write_const(attrs: a.ConstAttrs, _names: Mapping[Any, str]) -> str:
    return write_literal(attrs.data, attrs.dtype)


def _read_const(text: str, written: Written) -> a.ConstAttrs:
    dtype = written.array_type().dtype
    return a.ConstAttrs(read_literal(text.strip(), dtype), dtype)


def _write_slice(attrs: a.SliceAttrs, _names: Mapping[Any, str]) -> str:
    bounds = zip(attrs.starts, attrs.counts, attrs.steps, strict=True)
    return ", ".join(_write_bounds(*each) for each in bounds)


def _write_scatter(attrs: a.ScatterAttrs, names: Mapping[Any, str]) -> str:
    return f"{_PLACES.write(attrs, names)}; {_write_slice(attrs.region, names)}"


def _read_scatter(text: str, written: Written) -> a.ScatterAttrs:
    places, _, region = text.partition(";")
    found = read_fields(places, ("axes", "at", "how"))
    return a.ScatterAttrs(
        _read_slice(region, written),
        read_ints(found.get("axes", ""), written),
        int(found.get("at", "0")),
        unword(found.get("how", "set")),
    )


def _write_bounds(start: int, count: int, step: int) -> str:
    """Return what Python writes, as tight as it can be: the last element is the end."""
    stop: int | str = start
    if count:
        stop = start + (count - 1) * step + (1 if step > 0 else -1)
    shown = "" if step < 0 and stop == -1 else stop
    return f"{start}:{shown}" if step == 1 else f"{start}:{shown}:{step}"


def _read_slice(text: str, _written: Written) -> a.SliceAttrs:
    bounds = [_read_bounds(part) for part in text.split(",")] if text.strip() else []
    starts, counts, steps = zip(*bounds, strict=True) if bounds else ((), (), ())
    return a.SliceAttrs(starts, counts, steps)


def _read_bounds(text: str) -> tuple[int, int, int]:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (2, 3):
        raise ValueError(f"{text.strip()!r} is not start:stop or start:stop:step")
    step = int(parts[2]) if len(parts) == 3 else 1
    if step == 0:
        raise ValueError("a slice cannot have step 0")
    start = int(parts[0])
    stop = -1 if not parts[1] and step < 0 else int(parts[1])
    return start, max(0, -((start - stop) // step)), step


def _length(type: ArrayType) -> Any:
    if type.ndim != 1:
        raise ValueError(f"iota has one axis, not those of {type}")
    return type.shape[0]


# What is written of a scatter before its region.
_PLACES = _form(a.ScatterAttrs, axes=INTS, at=INT, how=WORD)

#: The form of each class of attributes. Kernels and leaves are the parser's own.
FORMS: dict[type[Any], Form] = {
    a.NoAttrs: _form(a.NoAttrs),
    a.ParamAttrs: _form(
        a.ParamAttrs, slot=INT, type=lambda t: t, scope=WORD, space=WORD
    ),
    a.ConstAttrs: Form(_write_const, _read_const),
    a.IotaAttrs: _form(
        a.IotaAttrs, length=_length, dtype=lambda t: t.dtype, scope=WORD
    ),
    a.CastAttrs: _form(a.CastAttrs, dtype=lambda t: t.dtype),
    a.ShapeAttrs: _form(a.ShapeAttrs, shape=lambda t: t.shape),
    a.TransposeAttrs: _form(a.TransposeAttrs, axes=INTS),
    a.SliceAttrs: Form(_write_slice, _read_slice),
    a.PinAttrs: _form(a.PinAttrs, device=WORD, made=LITERAL),
    a.RetileAttrs: _form(a.RetileAttrs, tile=INTS, distribution=WORD),
    a.GatherAttrs: _form(a.GatherAttrs, axes=INTS, at=INT),
    a.ScatterAttrs: Form(_write_scatter, _read_scatter),
    a.ConcatAttrs: _form(a.ConcatAttrs, axis=INT),
    a.ReduceAttrs: _form(a.ReduceAttrs, axes=INTS, block=INT),
    a.ArgReduceAttrs: _form(a.ArgReduceAttrs, axis=INT),
    a.FunctionAttrs: _form(a.FunctionAttrs, name=WORD, options=OPTIONS, output=INT),
    a.CallAttrs: _form(a.CallAttrs, kernel=KERNEL, dtype=DTYPE),
    a.GetAttrs: _form(a.GetAttrs, index=INT),
    a.CopyAttrs: _form(a.CopyAttrs, space=WORD),
}


def write_attrs(attrs: a.Attrs, names: Mapping[a.UserKernel, str]) -> str:
    """Return the text between brackets, ``""`` for none."""
    form = FORMS.get(type(attrs))
    return form.write(attrs, names) if form else ""


def write_call(attrs: a.Attrs) -> dict[str, str]:
    """Return what is said of a loop or a stencil beside its body."""
    if isinstance(attrs, a.StencilAttrs):
        names = BODY_FIELDS["stencil"]
        return {name: LITERAL.write(getattr(attrs, name), {}) for name in names}
    if not isinstance(attrs, a.LoopAttrs):
        return {}
    shown = {"carries": str(attrs.carries)}
    if attrs.rows:
        shown["rows"] = str(attrs.rows)
    if attrs.length is not None:
        shown["length"] = str(attrs.length)
    if attrs.reverse:
        shown["reverse"] = "1"
    return shown


def read_body_attrs(
    op: str,
    fields: Mapping[str, str],
    bodies: tuple[Graph, ...],
    device: str | None,
) -> a.Attrs:
    """Return the attributes of a kernel, a loop, a branch or a stencil.

    Raises
    ------
    ValueError
        If a field is none, or missing.
    """
    if op == "branch":
        return a.BranchAttrs(bodies)
    (body,) = bodies
    if op == "kernel":
        tile = read_ints(fields["tile"], Written()) if "tile" in fields else None
        return a.KernelAttrs(body, tile, device)
    if op == "stencil":
        texts = [fields.get(name, "") for name in BODY_FIELDS[op]]
        return a.StencilAttrs(body, *[LITERAL.read(t, Written()) for t in texts])
    if "carries" not in fields:
        raise ValueError("expected carries=")
    length = int(fields["length"]) if "length" in fields else None
    rows, reverse = int(fields.get("rows", 0)), bool(int(fields.get("reverse", 0)))
    return a.LoopAttrs(body, int(fields["carries"]), rows, length, reverse)


#: What stands in the brackets of ops with bodies, beside stage and scope.
BODY_FIELDS: dict[str, tuple[str, ...]] = {
    "kernel": ("tile",),
    "loop": ("carries", "rows", "length", "reverse"),
    "branch": (),
    "stencil": ("neighbours", "boundary", "steps"),
}
