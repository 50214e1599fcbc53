"""PTX of kernels that are larger, or for later GPUs, than those of tests elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from lazydag.backends.cpu.program import program_of, structure_of
from lazydag.backends.cuda.capability import runs
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.map_kernel import print_map
from lazydag.backends.cuda.ptx import Capability, ptx_of
from lazydag.backends.cuda.words import MAX_WORDS
from tests.backends.kernels import graph_of, op, params_of
from tests.devices.assembler import CAPABILITIES, assemble, has_assembler


def sum_of(count, shape=(2, 3, 4)):
    """Return the body of a sum of so many arrays."""
    total, *rest = params = params_of(*[np.zeros(shape)] * count)
    for each in rest:
        total = op("add", total, each)
    return graph_of(params, total)


def kernel_of(count):
    body = sum_of(count)
    form = GridForm(structure_of(body).number, "map", 3, 0, is_narrow=False)
    return print_map(form, program_of(body))


@has_assembler
@pytest.mark.parametrize("capability", CAPABILITIES, ids=str)
def test_kernels_take_more_words_than_were_once_allowed(capability, tmp_path):
    kernel = kernel_of(2)
    kernel = replace(kernel, layout=replace(kernel.layout, operands=1000))
    assert 4096 < 8 * kernel.layout.count <= 8 * MAX_WORDS
    assemble(ptx_of(kernel, capability), capability, tmp_path)


def test_what_has_too_many_operands_for_a_launch_runs_elsewhere():
    assert runs(sum_of(500))
    assert not runs(sum_of(600))


def test_later_gpus_run_code_for_earlier_ones():
    text = ptx_of(kernel_of(2), Capability(12, 0))
    assert ".target sm_90" in text
