"""`lazydag.explain` on functions and lazy arrays, in every look."""

import json

import numpy as np
import pytest

import lazydag as ld
from lazydag.errors import UsageError
from lazydag.ir.text import parse
from lazydag.ir.types import F64, ArrayType

STAGES = ["traced", "simplified", "fused", "tiled", "placed"]
N = 100_000


@ld.jit
def spread(a, b):
    """Return an elementwise result and a reduction of it."""
    d = (a - b) ** 2
    return d, ld.sum(d)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return rng.random(N), rng.random(N)


def test_all_stages_and_tasks(arrays):
    text = str(ld.explain(spread, *arrays))
    at = [text.index(f"stage={stage}") for stage in STAGES]
    assert at == sorted(at)
    assert text.index("tasks of @spread") > at[-1]
    assert "test_explain.py:21" in text
    assert "reasons" not in text


def test_nothing_is_run_unless_asked(arrays):
    def effect(x):
        calls.append(x)
        return x + 1.0

    calls: list[object] = []
    ld.explain(ld.jit(effect), arrays[0])
    assert len(calls) == 1  # the trace


def test_graphs_are_those_of_the_text(arrays):
    explanation = ld.explain(spread, *arrays, stage="traced")
    (graph,) = explanation.graphs
    assert parse(str(explanation)) is graph


def test_types_stand_in_for_arrays():
    kind = ArrayType((N,), F64)
    text = str(ld.explain(spread, kind, kind, stage="placed", analyze=True))
    assert "measured, median of" in text


def test_summary_counts_and_costs(arrays):
    (shown,) = ld.explain(spread, *arrays, stage="placed").stages
    assert shown.summary.ops == 3
    assert shown.summary.kernels == len(shown.costs)
    assert shown.summary.copies == 0
    assert shown.summary.seconds == sum(c.seconds for c in shown.costs.values())
    assert shown.summary.peaks is not None
    assert shown.summary.peaks["ram"] >= 8 * N + 8


def test_reasons(arrays):
    text = str(ld.explain(spread, *arrays, stage="placed", why=True))
    for by in ("fuse", "tile", "place"):
        assert f"\n  {by}\n" in text


def test_analysis_has_every_task(arrays):
    explanation = ld.explain(spread, *arrays, analyze=True)
    analysis, tasks = explanation.analysis, explanation.tasks
    assert analysis is not None
    assert tasks is not None
    assert [t.name for t in analysis.tasks] == [t.name for t in tasks.tasks]
    assert all(t.measured_seconds > 0 for t in analysis.tasks)
    assert [t.predicted_seconds for t in analysis.tasks] == [
        t.cost for t in tasks.tasks
    ]
    assert 0 < analysis.makespan_seconds <= analysis.measured_seconds


def test_analysis_of_writes_that_copy():
    """Where a kernel is several tasks, each is measured."""

    def sweeps(x):
        y = ld.zeros(x.shape)
        for _ in range(2):
            y[1:-1, 1:-1] = x[:-2, 1:-1] + x[2:, 1:-1]
            x[1:-1, 1:-1] = y[1:-1, :-2] * y[1:-1, 2:]
        return x, y

    explanation = ld.explain(ld.jit(sweeps), np.ones((300, 300)), analyze=True)
    assert explanation.analysis is not None
    placed = explanation.stages[-1]
    assert len(explanation.analysis.tasks) > len(placed.costs)
    assert explanation.analysis.makespan_seconds > 0


def test_bytes_moved_by_the_analysis(arrays):
    analysis = ld.explain(spread, *arrays, analyze=True).analysis
    assert analysis is not None
    assert analysis.tasks[0].nbytes >= 3 * 8 * N


def test_json(arrays):
    document = json.loads(ld.explain(spread, *arrays, analyze=True).json())
    assert document["schema"] == "lazydag.explain/1"
    assert [stage["stage"] for stage in document["stages"]] == STAGES
    placed = document["stages"][-1]
    assert placed["summary"]["copies"] == 0
    assert {k["device"] for k in placed["kernels"]} == {"cpu:0"}
    assert {n["by"] for n in placed["graph"]["notes"]} >= {"fuse", "tile", "place"}
    names = [task["name"] for task in document["tasks"]["tasks"]]
    assert names == [kernel["name"] for kernel in placed["kernels"]]
    assert [t["name"] for t in document["analysis"]["tasks"]] == names


def test_json_of_one_stage_has_nothing_else(arrays):
    document = json.loads(ld.explain(spread, *arrays, stage="fused").json())
    assert len(document["stages"]) == 1
    assert document["tasks"] is None
    assert document["analysis"] is None


@pytest.mark.parametrize("stage", [*STAGES, "tasks"])
def test_dot(arrays, stage):
    dot = str(ld.explain(spread, *arrays, stage=stage, format="dot"))
    assert dot.startswith("digraph")
    assert dot.count("{") == dot.count("}")


def test_notebooks_show_escaped_text():
    shown = ld.explain(ld.jit(lambda x: x + 1.0), np.ones(4))._repr_html_()
    assert shown.startswith("<pre>")
    assert "@&lt;lambda&gt;" in shown


def test_written_to_a_file(arrays, tmp_path):
    path = tmp_path / "spread.txt"
    explanation = ld.explain(spread, *arrays, stage="fused", file=path)
    assert path.read_text() == f"{explanation}\n"


def test_lazy_arrays(arrays):
    a, b = map(ld.asarray, arrays)
    c = a * b
    explanation = ld.explain(c, ld.sum(c), stage="traced", analyze=True)
    (graph,) = explanation.graphs
    assert [node.op.name for node in graph.outputs] == ["mul", "sum"]
    assert len(graph.params) == 2
    assert explanation.analysis is not None


def test_an_array_that_is_only_copied():
    text = str(ld.explain(ld.asarray(np.ones(3)), analyze=True))
    assert "0 ops -> 1 kernel" in text  # results are never the arguments themselves


def test_misuse(arrays):
    with pytest.raises(UsageError, match="no stage 'cooked'"):
        ld.explain(spread, *arrays, stage="cooked")
    with pytest.raises(UsageError, match="no format 'html'"):
        ld.explain(spread, *arrays, format="html")
    with pytest.raises(UsageError, match=r"Put @lazydag\.jit above it"):
        ld.explain(np.sin, *arrays)
    with pytest.raises(UsageError, match="neither"):
        ld.explain(3)
