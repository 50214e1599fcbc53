"""Print rows of results as a table for the documentation.

The file is what ``python -m tests.benchmarks --json FILE`` writes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks.report import Goal, Row, show_seconds

TITLES = (
    "measured",
    "threads",
    "lazydag",
    "peers, and their time over ours",
    "physical limit",
    "goal",
)


def main() -> None:
    """Print the table of a file of rows."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--names", default="", help="rows whose names hold one of these, split by |"
    )
    options = parser.parse_args()
    rows = map(Row.loads, options.file.read_text().splitlines())
    wanted = options.names.split("|")
    print(f"| {' | '.join(TITLES)} |\n{'|---' * len(TITLES)}|")
    for row in rows:
        if any(name in row.name for name in wanted):
            print(line(row))


def line(row: Row) -> str:
    """Return the row of the table for a row of results."""
    cells = (
        row.name.replace("*", r"\*").replace("e+0", "e"),
        str(row.threads),
        "" if row.ours is None else show_seconds(row.ours),
        "; ".join(filter(None, (", ".join(map(row.peer, row.peers)), row.note))),
        row.limit,
        "; ".join(map(verdict, row.goals)),
    )
    return f"| {' | '.join(cells)} |"


def verdict(goal: Goal) -> str:
    """Return whether a goal was reached."""
    sign = "≤" if goal.at_most else "≥"
    said = f"{sign} {goal.show(goal.need)} {goal.what}".rstrip()
    return {True: "met", False: "**missed**", None: "not measured"}[
        goal.passed
    ] + f": {said}"


if __name__ == "__main__":
    main()
