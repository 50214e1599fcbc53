"""Writes in plans: in place where the base dies, with what stays copied elsewhere."""

import numpy as np
import pytest

from lazydag.compiler import plan
from lazydag.compiler.cache import evaluate
from lazydag.compiler.plan import Plan
from lazydag.ir.graph import Graph
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import parse

BIG = 300  # rows and columns: too many elements for the interpreter


def graph(body: str, results: str, n: int = BIG) -> Graph:
    """Return a graph over two square arrays, with N for the extent."""
    square, rows = f"f64[{n},{n}]", f"f64[{n - 1},{n}]"
    body = body.replace("SQ", square).replace("ROWS", rows)
    for name, extent in (("N-1", n - 1), ("N-2", n - 2), ("N", n)):
        body = body.replace(name, str(extent))
    text = f"graph @f(%x: {square}, %y: {square})  stage=traced\n{body}\n"
    return parse(f"{text}  return {results}")


def checked(found: Graph) -> Plan:
    """Plan and run; the bits are NumPy's, but for products of matrices."""
    rtol = 1e-9 if any(n.op.name == "matmul" for n in found.nodes()) else 0.0
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=p.type.shape) for p in found.params]
    before = [array.copy() for array in arrays]
    planned = plan(found)
    wanted = [evaluate_graph(found, arrays), evaluate(found, arrays)]
    for _ in range(2):
        for results in wanted:
            for a, b in zip(planned.run(arrays), results, strict=True):
                np.testing.assert_allclose(a, b, rtol=rtol)
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)
    return planned


def tasks(planned: Plan) -> list[str]:
    return [task.name for task in planned.task_graph.tasks]


SUM = "  %a: SQ = add %x %y\n"
ROW = "  %r: f64[1,N] = slice[3:4, 0:N] %y\n"
WRITE = "  %w: SQ = write[5:6, 0:N] %a %r\n"


@pytest.mark.parametrize("n", [8, BIG])
def test_a_base_that_dies_is_written_in_place(n: int) -> None:
    planned = checked(graph(SUM + ROW + WRITE, "%w", n))
    assert tasks(planned) == ["add", "write"]
    assert planned.memory.peak_nbytes == n * n * 8


@pytest.mark.parametrize("n", [8, BIG])
def test_a_base_that_is_wanted_is_copied(n: int) -> None:
    planned = checked(graph(SUM + ROW + WRITE, "%a, %w", n))
    assert tasks(planned) == ["add", "copy", "write"]


def test_arguments_are_copied() -> None:
    planned = checked(graph(ROW + WRITE.replace("%a", "%x"), "%w"))
    assert tasks(planned) == ["copy", "write"]


def test_other_readers_of_a_base_run_before_the_write() -> None:
    body = (
        SUM
        + ROW
        + WRITE
        + (
            "  %1: ROWS = slice[0:N-1, 0:N] %a\n"
            "  %2: ROWS = slice[1:N, 0:N] %a\n"
            "  %3: ROWS = mul %1 %2\n"
        )
    )
    assert tasks(checked(graph(body, "%w, %3"))) == ["add", "mul", "write"]


def test_a_reader_that_waits_for_the_write_makes_it_a_copy() -> None:
    body = SUM + ROW + WRITE + "  %m: SQ = matmul %a %w\n"
    names = tasks(checked(graph(body, "%m")))
    assert sorted(names) == ["add", "copy", "matmul", "write"]


INNER = "%i: f64[N-2,N-2] = slice[1:N-1, 1:N-1] %a\n"


def test_a_region_is_updated_in_place() -> None:
    body = (
        SUM
        + INNER
        + ("  %2: f64[N-2,N-2] = mul %i %i\n  %w: SQ = write[1:N-1, 1:N-1] %a %2\n")
    )
    planned = checked(graph(body, "%w"))
    assert tasks(planned) == ["add", "mul_write"]
    assert planned.memory.peak_nbytes == BIG * BIG * 8


def test_a_sweep_goes_from_one_buffer_to_another() -> None:
    body, at = SUM, "%a"
    for k in range(6):
        body += (
            f"  %u{k}: f64[N-2,N] = slice[0:N-2, 0:N] {at}\n"
            f"  %d{k}: f64[N-2,N] = slice[2:N, 0:N] {at}\n"
            f"  %s{k}: f64[N-2,N] = add %u{k} %d{k}\n"
            f"  %w{k}: SQ = write[1:N-1, 0:N] {at} %s{k}\n"
        )
        at = f"%w{k}"
    planned = checked(graph(body, at))
    # What is around each sweep is two rows; the last one is where they are.
    assert tasks(planned) == ["add", *["copy", "copy", "add_write"] * 5, "add_write"]
    assert planned.memory.peak_nbytes <= 3 * BIG * BIG * 8


def test_a_shift_reads_before_it_writes() -> None:
    body = SUM + (
        "  %1: ROWS = slice[0:N-1, 0:N] %a\n  %w: SQ = write[1:N, 0:N] %a %1\n"
    )
    planned = checked(graph(body, "%w"))
    assert tasks(planned) == ["add", "copy", "write"]
    assert planned.task_graph.tasks[1].accesses[1].stop == BIG * 8  # one row


@pytest.mark.parametrize(
    "region",
    ["0:N:2, 1:N:3", "N-1::-2, N-2::-3", "7:8, 0:N", "0:N, 7:8", "2:9, 3:5"],
)
def test_any_region(region: str) -> None:
    body = SUM + f"  %1 = slice[{region}] %y\n  %2 = slice[{region}] %x\n"
    body += f"  %3 = div %1 %2\n  %w: SQ = write[{region}] %a %3\n"
    assert tasks(checked(graph(body, "%w"))) == ["add", "div_write"]


def test_a_constant_base_is_filled() -> None:
    body = "  %0: f64[] = const[2.0]\n  %1: SQ = broadcast %0\n" + ROW
    body += WRITE.replace("%a", "%1")
    assert tasks(checked(graph(body, "%w"))) == ["fill", "write"]


def test_a_large_value_is_read_where_it_was_written() -> None:
    body = (
        SUM
        + INNER
        + (
            "  %2: f64[N-2,N-2] = mul %i %i\n  %w: SQ = write[1:N-1, 1:N-1] %a %2\n"
            "  %3: f64[N-2,N-2] = slice[1:N-1, 1:N-1] %w\n"
            "  %4: f64[N-2,N-2] = slice[0:N-2, 1:N-1] %w\n"
            "  %5: f64[N-2,N-2] = sub %3 %4\n"
        )
    )
    assert tasks(checked(graph(body, "%5"))) == ["add", "mul_write", "sub"]
