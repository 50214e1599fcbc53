"""The explanation as one JSON document.

The schema is described for users in `docs/explain.md`; `SCHEMA` changes whenever a
reader of the old one would be misled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from lazydag.cost import Target
from lazydag.explain.analysis import Analysis
from lazydag.explain.bounds import Bounds, bounds
from lazydag.explain.listing import Region
from lazydag.explain.summary import Costs, Shown, kernels
from lazydag.ir.graph import Graph
from lazydag.ir.text import dump, to_json
from lazydag.passes.work import grid_shape, kernel_work
from lazydag.runtime.edges import Access
from lazydag.runtime.taskgraph import TaskGraph

SCHEMA = "lazydag.explain/1"

Json: TypeAlias = dict[str, Any]


def document_text(
    target: Target,
    stages: Sequence[Shown],
    tasks: TaskGraph | Region | None,
    analysis: Analysis | None,
) -> str:
    """Return the JSON text of what is shown."""
    document = {
        "schema": SCHEMA,
        "target": _target(target),
        "stages": [_stage(shown) for shown in stages],
        "tasks": None if tasks is None else _tasks(tasks, target.default.threads),
        "analysis": None if analysis is None else analysis.to_dict(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def parts_text(title: str, parts: Sequence[tuple[str, str]]) -> str:
    """Return the JSON text of a program in parts: of headings and their documents."""
    document = {
        "schema": SCHEMA,
        "title": title,
        "parts": [{"heading": head} | json.loads(text) for head, text in parts],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _target(target: Target) -> Json:
    devices = [
        {"name": d.name, "kind": d.kind, "threads": d.threads, "space": d.space}
        for d in target.devices
    ]
    return {"name": target.name, "devices": devices}


def _stage(shown: Shown) -> Json:
    graph = shown.graph
    return {
        "stage": graph.stage.label,
        "summary": asdict(shown.summary),
        "graph": to_json(graph),
        "text": dump(graph),
        "kernels": _kernels(graph, shown.costs),
    }


def _kernels(graph: Graph, costs: Costs) -> list[Json]:
    found = []
    for node, attrs in kernels(graph):
        work, cost = kernel_work(node), costs[node]
        row = {
            "name": attrs.body.name,
            "device": attrs.device,
            "tile": attrs.tile,
            "grid": grid_shape(attrs.body, attrs.tile) if attrs.tile else None,
            "nbytes_read": work.nbytes_read,
            "nbytes_written": work.nbytes_written,
            "flops": work.flops,
            "seconds": cost.seconds,
            "bound": cost.bound,
        }
        found.append(row)
    return found


def _tasks(tasks: TaskGraph | Region, workers: int) -> Json:
    found = tasks.task_list
    slots: list[Json] = []
    accesses: list[list[Json]] = [[]] * len(found)
    if isinstance(tasks, TaskGraph):
        slots = [
            {"role": slot.role.value, "name": slot.name, "nbytes": slot.nbytes}
            for slot in tasks.slots
        ]
        accesses = [[_access(each) for each in task.accesses] for task in tasks.tasks]
    rows = [
        {
            "name": label.name,
            "tiles": tiles,
            "seconds": cost,
            "nbytes": label.nbytes,
            "accesses": accessed,
            "after": after,
        }
        for label, tiles, cost, accessed, after in zip(
            map(found.of, range(len(found))),
            found.tiles.tolist(),
            found.costs.tolist(),
            accesses,
            found.predecessors(),
            strict=True,
        )
    ]
    return {"slots": slots, "tasks": rows, **_bounds(bounds(found, workers))}


def _bounds(found: Bounds) -> Json:
    return {
        "critical_path": asdict(found.path),
        "work_seconds": found.work_seconds,
        "makespan_seconds": found.makespan_seconds,
        "workers": found.workers,
    }


def _access(access: Access) -> Json:
    return {"slot": access.slot, "mode": access.mode.value}
