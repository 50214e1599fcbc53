"""Targets as TOML files: calibrations, and machines that a user describes.

A file has a name and tables ``[[device]]``, ``[[space]]``, ``[[link]]`` and
``[[kernel]]`` with the fields of `Device`, `Space`, `Link` and `Speed`. Fields that
have a default may be left out.
"""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from lazydag.cost.target import Device, Link, Space, Speed, Target
from lazydag.errors import ParseError

T = TypeVar("T", Device, Space, Link, Speed)

_Row: TypeAlias = Device | Space | Link | Speed

_TABLES: Final = ("device", "space", "link", "kernel")


def dump(target: Target) -> str:
    """Return a target as TOML.

    Examples
    --------
    >>> from lazydag.cost.host import default_target
    >>> parse(dump(default_target())) == default_target()
    True
    """
    tables: dict[str, tuple[_Row, ...]] = {
        "device": target.devices,
        "space": target.spaces,
        "link": target.links,
        "kernel": target.kernels,
    }
    parts = [f"name = {_value(target.name)}"]
    parts += [
        "\n".join([f"[[{name}]]", *_lines(asdict(row))])
        for name, table in tables.items()
        for row in table
    ]
    return "\n\n".join(parts) + "\n"


def parse(text: str, file: str = "target") -> Target:
    """Return the target that a TOML text describes.

    Parameters
    ----------
    file
        For messages.

    Raises
    ------
    ParseError
        If it is not TOML, or has unknown, missing or ill-typed fields.
    TargetError
        If the target is inconsistent.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParseError(f"{file} is not TOML: {error}") from error
    unknown = set(content) - {"name", *_TABLES}
    if unknown:
        what = f"{file} has {', '.join(sorted(unknown))}, which no target has"
        tables = ", ".join(f"[[{table}]]" for table in _TABLES)
        remedy = f"A target has a name and tables {tables}."
        raise ParseError(what, remedy=remedy)
    return Target(
        devices=tuple(_rows(content, "device", Device, file)),
        spaces=tuple(_rows(content, "space", Space, file)),
        links=tuple(_rows(content, "link", Link, file)),
        name=str(content.get("name", file)),
        kernels=tuple(_rows(content, "kernel", Speed, file)),
    )


def load(path: str | os.PathLike[str]) -> Target:
    """Read a target from a TOML file.

    Raises
    ------
    ParseError, TargetError
        As `parse` does.
    OSError
        If the file cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"{os.fspath(path)} is not text: {error}") from error
    return parse(text, os.fspath(path))


def save(target: Target, path: str | os.PathLike[str]) -> None:
    """Write a target to a TOML file, whole or not at all.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_whole(Path(path), dump(target))


def write_whole(path: Path, text: str) -> None:
    """Write a text to a file so that readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _lines(row: dict[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{key} = {_value(at)}" for key, at in value.items())
            yield f"{name} = {{ {inner} }}"
        else:
            yield f"{name} = {_value(value)}"


def _value(value: object) -> str:
    # JSON's strings and integers are TOML's; its floats may lack the point.
    if isinstance(value, float):
        text = repr(value)
        return text if any(mark in text for mark in ".n") else text.replace("e", ".0e")
    return json.dumps(value)


def _rows(content: dict[str, Any], name: str, kind: type[T], file: str) -> Iterator[T]:
    rows = content.get(name, [])
    if not isinstance(rows, list):
        raise ParseError(f"{file}: {name} is not a list", remedy=f"Write [[{name}]].")
    for number, row in enumerate(rows):
        yield _row(row, kind, f"{file}: {name} {row.get('name', number)}")


def _row(row: dict[str, Any], kind: type[T], owner: str) -> T:
    known = {field.name: field for field in fields(kind)}
    for name in row:
        if name not in known:
            remedy = f"It may have {', '.join(known)}."
            raise ParseError(f"{owner} has an unknown field {name!r}", remedy=remedy)
    for name, field in known.items():
        is_needed = field.default is MISSING and field.default_factory is MISSING
        if name not in row and is_needed:
            raise ParseError(f"{owner} lacks the field {name!r}")
    values: dict[str, Any] = {
        name: _typed(value, str(known[name].type), f"{owner}: {name}")
        for name, value in row.items()
    }
    return kind(**values)


def _typed(value: Any, kind: str, owner: str) -> Any:
    if kind.startswith("dict") and isinstance(value, dict):
        return {
            name: _typed(rate, "float", f"{owner}.{name}")
            for name, rate in value.items()
        }
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "float" and is_number:
        return float(value)
    if kind == "int" and is_number and value == int(value):
        return int(value)
    if kind == "str" and isinstance(value, str):
        return value
    raise ParseError(f"{owner} is {value!r}, which is no {kind.partition('[')[0]}")
