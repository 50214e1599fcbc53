"""The words of the text form, and the small parts of its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lazydag.ir.graph import Stage
from lazydag.ir.text.cursor import Cursor, Place
from lazydag.ir.text.names import unword
from lazydag.ir.text.types import ARRAY_TYPE, read_array_type
from lazydag.ir.types import ArrayType

_STRING = r'"(?:[^"\\]|\\.)*"'


def _token(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*({pattern})")


GRAPH = _token(r"graph\b")
REF = _token(rf"%(?:{_STRING}|[\w.\[\]]+)(?:'\d+)?")
UNUSED = _token(r"_(?!\w)")
NAME = re.compile(rf"\s*@({_STRING}|[\w.:<>+-]+)")
STAGE = re.compile(r"\s*stage=(\w+)")
SCOPE = re.compile(rf"\s*scope=({_STRING}|[\w.:<>+-]+)")
SLOT = re.compile(r"\s*slot=(\d+)")
KEYWORD = _token(r"return\b|yield\b|params\b|\}")
ELSE = _token(r"else\b")
OP = _token(r"[^\W\d]\w*")
ATTRS = re.compile(rf'\[((?:[^\[\]"]|{_STRING})*)\]')
OPEN, CLOSE, COMMA = _token(r"\("), _token(r"\)"), _token(",")
COLON, EQUALS, BRACE = _token(":"), _token("="), _token(r"\{")
_TYPE = _token(ARRAY_TYPE.pattern.replace("(", "(?:"))


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter as it is written."""

    ref: str
    type: ArrayType
    space: str
    slot: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Results:
    """The left side of a line.

    Parameters
    ----------
    refs : list of str or None
        Names, None for an output that is not used.
    types : list of ArrayType
        Their types; empty if none are written.
    whole : bool
        Whether the one name is that of all outputs of a kernel together.
    place : Place
        Where they are, for errors.
    """

    refs: list[str | None]
    types: list[ArrayType]
    whole: bool
    place: Place


_types: dict[str, ArrayType] = {}


def take_array_type(at: Cursor) -> ArrayType:
    """Read ``f64[8]``."""
    text = at.expect(_TYPE, "a type such as f64[8]")
    known = _types.get(text)
    if known is None:
        try:
            known = _types[text] = read_array_type(text)
        except ValueError as error:
            raise at.behind(text).fault(str(error)) from error
    return known


def take_stage(at: Cursor) -> Stage:
    """Read ``stage=traced``."""
    name = at.expect(STAGE, "stage= and the stage")
    return read_stage(name, at.behind(name))


def read_stage(name: str, place: Place) -> Stage:
    """Return the stage of this name."""
    stages = {stage.label: stage for stage in Stage}
    if name not in stages:
        raise place.fault(f"expected a stage ({', '.join(stages)}), found {name!r}")
    return stages[name]


def take_scope(at: Cursor) -> str:
    """Read ``scope=flights.py:29:haversine``, if it is there."""
    return unword(at.take(SCOPE) or "")


def take_params(at: Cursor, *, closed: bool) -> list[Param]:
    """Read ``%x: f64[8], …`` up to ``)``, or to the end of a line in a body."""
    params: list[Param] = []
    more = not _ends(at, closed)
    while more:
        place = at.here()
        ref = at.expect(REF, "a parameter such as %x")
        at.expect(COLON, ": and the parameter's type")
        type = take_array_type(at)
        space = take_name(at) or ""
        slot = at.take(SLOT)
        number = None if slot is None else int(slot)
        params.append(Param(ref, type, space, number, place))
        comma = at.take(COMMA)
        more = not _ends(at, closed)
        if more and not comma:
            raise at.here().expected("a comma or the end of the parameters")
    return params


def _ends(at: Cursor, closed: bool) -> bool:
    """Tell whether a list is at its end, which is read."""
    if not closed:
        return at.at_end()
    while at.at_end():
        if not at.next_line():
            raise at.here().expected(")")
    return at.take(CLOSE) is not None


def take_results(at: Cursor) -> Results:
    """Read the left side of a line, up to the device."""
    place = at.here()
    refs = [_result(at)]
    while at.take(COMMA):
        refs.append(_result(at))
    if not at.take(COLON):
        return Results(refs, [], whole=False, place=place)
    if not at.take(OPEN):
        return Results(refs, _array_types(at), whole=False, place=place)
    types = [] if at.take(CLOSE) else _array_types(at)
    if types:
        at.expect(CLOSE, ")")
    return Results(refs, types, whole=True, place=place)


def _result(at: Cursor) -> str | None:
    if at.take(UNUSED):
        return None
    return at.expect(REF, "a value such as %0")


def _array_types(at: Cursor) -> list[ArrayType]:
    types = [take_array_type(at)]
    while at.take(COMMA):
        types.append(take_array_type(at))
    return types


def take_name(at: Cursor) -> str | None:
    """Read ``@name``, if it is there."""
    text = at.take(NAME)
    return None if text is None else unword(text)
