"""Explanations of plans for targets with GPUs: devices, copies, times."""

import re

import pytest

import lazydag as ld
from lazydag.compiler import kernel_costs
from lazydag.explain.devices import Course
from lazydag.explain.explanation import Explanation
from lazydag.explain.summary import Shown
from lazydag.ir.types import F64, ArrayType
from tests.passes.programs import do, graph_of, inputs, planned, reduce
from tests.passes.targets import FOUR_GPUS, LAPTOP, WITH_GPU

BIG = ArrayType((4000, 4000), F64)


def course_of(graph, target):
    placed = planned(graph, target)
    return Course(placed, target, kernel_costs(placed, target))


def chain(x):
    """Work for a GPU, in two kernels at least."""
    value = do("matmul", do("matmul", x, x), x)
    return do("div", value, reduce("amax", value))


def test_all_steps_have_their_time():
    (x,) = inputs(str(BIG))
    course = course_of(graph_of([x], chain(x)), WITH_GPU)
    used = course.uses["gpu:0"]
    assert used.kernels > 2
    assert course.uses["cpu:0"].kernels == 0
    there, back = course.moves["ram", "gpu0"], course.moves["gpu0", "ram"]
    assert (there.copies, back.copies) == (1, 1)
    assert there.nbytes == back.nbytes == 8 * 4000**2
    assert there.seconds == pytest.approx(1e-5 + 8 * 4000**2 / 20e9)
    # One waits for the other.
    assert course.end == pytest.approx(there.seconds + used.seconds + back.seconds)


def test_what_can_be_done_at_once_is():
    params = inputs(*[str(BIG)] * 4)
    course = course_of(graph_of(params, *map(chain, params)), FOUR_GPUS)
    gpus = [course.uses[f"gpu:{i}"] for i in range(4)]
    assert len({use.kernels for use in gpus}) == 1
    one = course_of(graph_of(params[:1], chain(params[0])), FOUR_GPUS)
    assert course.end == pytest.approx(one.end, rel=0.01)


def test_text_shows_devices_and_copies():
    (x,) = inputs(str(BIG))
    value = do("matmul", do("exp", do("matmul", x, x)), x)
    placed = planned(graph_of([x], value), FOUR_GPUS)
    text = str(Explanation((Shown.of(placed, 3, FOUR_GPUS),), FOUR_GPUS))
    assert "target=cpu:0 x8 and 4 GPUs" in text
    assert re.search(r"copy\[space=gpu0\] %p0 +# .*128 MB from ram, 6.41 ms", text)
    assert re.search(
        r"gpu:0 +2 kernels +[\d.]+ ms busy +\d+ % +\d+ MB of 85.9 GB", text
    )
    assert re.search(r"ram to gpu0 +1 copy +128 MB +6.41 ms", text)
    end = re.search(r"devices, done after ([\d.]+ ms)", text)
    assert end is not None
    assert f"est. {end[1]}" in text


def test_tiles_are_said_to_visit_devices():
    factors = ld.jit(ld.linalg.cholesky)
    matrix = ArrayType((20000, 20000), F64)
    text = str(ld.explain(factors, matrix, target=FOUR_GPUS, stage="placed"))
    assert '/tiles"' in text
    assert len(re.findall(r"gpu:\d .* in gpu\d  besides tiles\n", text + "\n")) == 4
    assert not re.search(r"cpu:0 .* besides", text)


def test_where_there_is_no_gpu_nothing_is_said_of_devices():
    text = str(ld.explain(ld.jit(lambda a: a @ a), BIG, target=LAPTOP))
    assert "devices, done" not in text
    assert "target=cpu:0 x2" in text
