"""`doctor`: what keeps a program from being fast, by line, and what to do about it."""

from __future__ import annotations

import html
from dataclasses import dataclass

from lazydag.errors import SourceLine
from lazydag.remarks import Kind, Remark, all_remarks, forget

_ADVICE = {
    Kind.FORCE: (
        "Keep it lazy and compute several values with lazydag.compute, or put the "
        "loop into a jitted function."
    ),
    Kind.CUT: (
        "The function runs in parts because of it. Use where(), cond() or "
        "while_loop(), or look less often."
    ),
    Kind.TRACE: (
        "Each number that it looks at is a trace of its own. Compute with the number "
        "instead, or pass it as a NumPy array."
    ),
    Kind.PLAN: (
        "Each shape is a plan of its own. Keep shapes fixed, for example by padding."
    ),
    Kind.WHOLE: "Write loops over elements with whole arrays, where you can.",
    Kind.NUMPY: "Its operands were computed for it, and it runs on one thread.",
    Kind.COPY: "Write with whole slices, or put the writes into a jitted function.",
    Kind.OVERHEAD: "Use larger tiles or arrays, so that a task takes 10 µs or more.",
}

# how often something is worth telling
_LEAST = {
    Kind.FORCE: 10,
    Kind.CUT: 1,
    Kind.TRACE: 8,
    Kind.PLAN: 8,
    Kind.WHOLE: 1,
    Kind.NUMPY: 1,
    Kind.COPY: 10,
    Kind.OVERHEAD: 1,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that costs a program time.

    Parameters
    ----------
    kind : str
        Its short name, such as ``"force"``.
    at : SourceLine or None
        The line.
    what : str
        What happens there, how often, and how long it took.
    advice : str
        What can be done.
    seconds : float
        The time it took, where it was measured.
    """

    kind: str
    at: SourceLine | None
    what: str
    advice: str
    seconds: float

    def __str__(self) -> str:
        line = "" if self.at is None else f"{self.at}  {self.at.text()}\n    "
        return f"{line}{self.what}\n    {self.advice}"


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis:
    """What `doctor` found; printing it shows it.

    Parameters
    ----------
    findings : tuple of Finding
        The longest first.
    """

    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        if not self.findings:
            return "nothing found"
        return "\n".join(f"{i:2}. {f}" for i, f in enumerate(self.findings, 1))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def doctor(*, clear: bool = False) -> Diagnosis:
    """Tell what has kept the program from being fast so far, line by line.

    It names values that were needed on the way, in loops above all; functions that are
    cut by them, traced again and again, or not traced at all; what was planned anew for
    each shape, left to NumPy, or copied; and tasks that do less than they cost.

    Parameters
    ----------
    clear
        Begin to count anew.

    Returns
    -------
    Diagnosis
        Prints as a list, the longest time first.

    Examples
    --------
    >>> import lazydag as ld
    >>> _ = ld.doctor(clear=True)
    >>> x = ld.ones(3)
    >>> for _ in range(20):
    ...     x = x + 1
    ...     if x.sum() < 0:
    ...         break
    >>> [finding.kind for finding in ld.doctor().findings]
    ['force']
    """
    told = [r for r in all_remarks() if r.count >= _LEAST[r.kind]]
    if clear:
        forget()
    found = [_finding(each) for each in told]
    return Diagnosis(tuple(sorted(found, key=lambda f: -f.seconds)))


def _finding(remark: Remark) -> Finding:
    what = f"{remark.what} {remark.kind.value}".strip()
    parts = [f"{remark.count} times" if remark.count > 1 else "once"]
    if remark.seconds:
        parts.append(f"{remark.seconds * 1e3:.3g} ms")
    if remark.nbytes:
        parts.append(f"{remark.nbytes / 1e6:.3g} MB")
    advice = _ADVICE[remark.kind]
    name = remark.kind.name.lower()
    text = f"{what}: {', '.join(parts)}"
    return Finding(name, remark.at, text, advice, remark.seconds)
