"""Every kernel that the printers make is PTX that NVIDIA's assembler takes."""

from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest

from lazydag.backends.cuda import backend
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grids import Form, print_form
from lazydag.backends.cuda.plans import PRINTERS
from lazydag.backends.cuda.ptx import ptx_of
from lazydag.compiler import plan
from tests.devices.assembler import CAPABILITIES, assemble, has_assembler
from tests.devices.catalogue import HUGE, PROGRAMS
from tests.devices.machine import attached, devices_of, far_target


@pytest.fixture(scope="module")
def printed():
    """Return the kernels of all programs, by form."""
    found = {}

    def recorded(form, body):
        return found.setdefault(form, print_form(form, body))

    with pytest.MonkeyPatch.context() as patch, attached(devices_of("simulated")):
        patch.setattr(backend, "print_form", recorded)
        for program in [*PROGRAMS, *HUGE]:
            plan(program.graph(), target=far_target())
    return found


def test_programs_need_every_printer(printed):
    assert {type(form) for form in printed} == {*get_args(Form)}
    grids = [form for form in printed if isinstance(form, GridForm)]
    assert {form.kind for form in grids} == {*PRINTERS}
    assert {form.is_narrow for form in printed} == {True, False}


@has_assembler
@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda c: c.name)
def test_the_assembler_takes_every_kernel(printed, capability, tmp_path):
    def check(numbered):
        number, kernel = numbered
        folder = tmp_path / str(number)
        folder.mkdir()
        assemble(ptx_of(kernel, capability), capability, folder)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(check, enumerate(printed.values())))
