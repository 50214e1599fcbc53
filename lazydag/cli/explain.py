"""``lazydag explain TARGET``: the graph of a function, at any stage."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from lazydag.array import jit
from lazydag.cli.load import load_function, program_error
from lazydag.cli.machine import read_target
from lazydag.cli.output import write
from lazydag.cli.parser import Command, flag, option
from lazydag.cli.values import parse_arguments
from lazydag.errors import LazydagError, UsageError
from lazydag.explain import FORMATS, STAGES, explain

_OPTIONS = (
    option("function", metavar="TARGET", help="file.py:function or module:function"),
    option(
        "--arg",
        action="append",
        default=[],
        metavar="[NAME=]TYPE",
        dest="texts",
        help="the next argument, or the one called NAME: a type such as f64[336776] or "
        "a value such as 3.5; repeated for each argument",
    ),
    option("--stage", choices=STAGES, default="all", help="default: all"),
    option("--format", choices=FORMATS, default="text", help="default: text"),
    flag("--why", "add the reasons of every pass"),
    flag("--analyze", "run it, and show measured times beside predicted ones"),
    option("--target", metavar="FILE", help="plan for the machine that FILE describes"),
    option("--output", metavar="FILE", help="write to FILE in place of the screen"),
)


def run(
    function: str, texts: list[str], target: str | None, output: str | None, **view: Any
) -> None:
    """Write the explanation of a function; `view` holds what to show and how."""
    module, found = load_function(function)
    given = texts or _examples(function, module, found)
    machine = None if target is None else read_target(target)
    explanation = _explained(found, given, target=machine, **view)
    write(str(explanation), output)


def _examples(function: str, module: ModuleType, found: Any) -> list[Any]:
    """Return the arguments that the module itself suggests, if it does."""
    name = function.rpartition(":")[2]
    table = getattr(module, "EXAMPLES", {})
    example = getattr(found, "example_args", table.get(name))
    if example is None:
        raise UsageError(
            f"{function} has no examples of its arguments",
            remedy="Give one --arg for each, such as --arg 'f64[1000]'.",
        )
    return list(_attempt("its examples", example) if callable(example) else example)


def _explained(found: Any, given: list[Any], **view: Any) -> Any:
    positional, named = parse_arguments(given)
    function = found if hasattr(found, "trace") else jit(found)
    return _attempt("the function", explain, function, *positional, **view, **named)


def _attempt(what: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call code of the user's; its exceptions become one of ours."""
    try:
        return call(*args, **kwargs)
    except LazydagError:
        raise
    except Exception as error:
        raise program_error(f"{what} failed", error) from error


EXPLAIN = Command("explain", "show the graph of a function", _OPTIONS, run)
