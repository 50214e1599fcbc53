"""`lazydag.explain`: what is asked for. The answer is made in `build`.

This module is loaded with lazydag; what it hands over to is not, since it needs the
compiler.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lazydag.errors import UsageError
from lazydag.explain.subject import HasTasks, RunsInParts, traced
from lazydag.ir.graph import Stage

if TYPE_CHECKING:
    from lazydag.cost import Target
    from lazydag.explain.explanation import Explanation

STAGES = (*(stage.label for stage in Stage), "tasks", "all")
FORMATS = ("text", "json", "dot")


def explain(
    subject: Any,
    *args: Any,
    stage: str = "all",
    format: str = "text",
    why: bool = False,
    analyze: bool = False,
    target: Target | None = None,
    file: str | PathLike[str] | None = None,
    **kwargs: Any,
) -> Explanation:
    """Return what would be run for ``subject(*args, **kwargs)``, and why.

    Parameters
    ----------
    subject
        A jitted function; a lazy array, and then the other `args` are lazy arrays that
        are computed with it; or what a `datadeps` block gave, which has tasks only.
    *args, **kwargs
        The function's arguments. Only their types and shapes matter, unless `analyze`,
        or if the function needs values on its way: then it is run, and each of its
        parts is explained.
    stage
        ``"traced"``, ``"simplified"``, ``"fused"``, ``"tiled"``, ``"placed"``,
        ``"tasks"`` or ``"all"``.
    format
        ``"text"``, ``"json"`` or ``"dot"``: what printing shows.
    why
        Add the reasons of each pass.
    analyze
        Run it several times and set measured times beside predicted ones. A region
        is run once, on its own arrays.
    target
        The machine to plan for; this one by default.
    file
        Write the explanation to this file, too.

    Returns
    -------
    Explanation
        Prints as what was asked for.

    Raises
    ------
    UsageError
        If there is no such stage or format, or `subject` is nothing that is traced.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> double = ld.jit(lambda x: x + x)
    >>> ld.explain(double, np.ones(8), stage="fused").graphs
    (<graph @<lambda> fused>,)
    """
    from lazydag.explain.build import (  # noqa: PLC0415
        build,
        build_parts,
        build_region,
    )

    _check("stage", stage, STAGES)
    _check("format", format, FORMATS)
    if isinstance(subject, HasTasks):
        _check("stage of a region", stage, ("tasks", "all"))
        made = build_region(subject, target=target, analyze=analyze)
    elif isinstance(subject, RunsInParts):
        parts = subject.segments(*args, **kwargs)
        made = build_parts(parts, stage=stage, target=target, analyze=analyze)
    else:
        graph, arrays = traced(subject, args, kwargs)
        made = build(graph, arrays, stage=stage, target=target, analyze=analyze)
    explanation = made.shown(format, why=why)
    if file is not None:
        Path(file).write_text(f"{explanation}\n", encoding="utf-8")
    return explanation


def _check(kind: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise UsageError(f"no {kind} {given!r}", remedy=f"It is {', '.join(known)}.")
