"""Rows of results: what was measured, what was asked for, and how it is printed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

UNITS = ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"))


def show_seconds(seconds: float) -> str:
    """Return a duration with three digits and a unit, such as ``1.52 ms``."""
    for below, factor, unit in UNITS:
        if seconds < below:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """One thing asked for, with what was measured; None when our side did not run."""

    what: str
    need: float
    got: float | None
    at_most: bool = False
    unit: str = "x"  # "x" (ratio), "%" (fraction), "s" (seconds) or "" (plain number)

    @property
    def passed(self) -> bool | None:
        """Whether it was reached; None when it was not measured."""
        if self.got is None:
            return None
        return self.got <= self.need if self.at_most else self.got >= self.need

    def text(self) -> str:
        """Return the goal and the measured value, such as ``>=3x JAX (5.2x)``."""
        got = "-" if self.got is None else self.show(self.got)
        sign = "<=" if self.at_most else ">="
        return f"{sign}{self.show(self.need)} {self.what} ({got})".replace("  ", " ")

    def show(self, value: float) -> str:
        """Return a value in the goal's unit."""
        if self.unit == "s":
            return show_seconds(value)
        if self.unit == "%":
            return f"{100 * value:.0f}%"
        return f"{value:.3g}{self.unit}"


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """The result of one benchmark: seconds a call, by library."""

    name: str
    threads: int
    ours: float | None
    peers: dict[str, float]
    ratios: dict[str, float]  # peer's time over ours
    goals: tuple[Goal, ...]
    limit: str = ""
    note: str = ""

    @property
    def mark(self) -> str:
        """``pass``, ``FAIL``, or ``-`` when there is nothing to judge."""
        verdicts = [goal.passed for goal in self.goals]
        if not verdicts or None in verdicts:
            return "-"
        return "pass" if all(verdicts) else "FAIL"

    def text(self) -> str:
        """Return the row as one line."""
        ours = "-" if self.ours is None else show_seconds(self.ours)
        parts = [f"{self.mark:4} {self.name:40} {self.threads:2} thr  ours {ours:>8}"]
        parts.append(", ".join(self.peer(name) for name in self.peers))
        parts.append("goal " + ", ".join(goal.text() for goal in self.goals))
        parts.append(f"limit {self.limit}" if self.limit else "")
        return " | ".join(part for part in (*parts, self.note) if part)

    def peer(self, name: str) -> str:
        """Return one peer's time and its ratio to ours."""
        ratio = f" {self.ratios[name]:.2f}x" if name in self.ratios else ""
        return f"{name} {show_seconds(self.peers[name])}{ratio}"

    def dumps(self) -> str:
        """Return the row as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def loads(line: str) -> Row:
        """Return the row that ``dumps`` wrote."""
        data: dict[str, Any] = json.loads(line)
        data["goals"] = tuple(Goal(**goal) for goal in data["goals"])
        return Row(**data)
