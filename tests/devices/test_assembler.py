"""Every kernel that the printers make is PTX that NVIDIA's assembler takes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

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

    def recording(printer):
        def record(form, program):
            found[form] = printer(form, program)
            return found[form]

        return record

    with pytest.MonkeyPatch.context() as patch, attached(devices_of("simulated")):
        for kind, printer in PRINTERS.items():
            patch.setitem(PRINTERS, kind, recording(printer))
        for program in [*PROGRAMS, *HUGE]:
            plan(program.graph(), target=far_target())
    return found


def test_programs_need_every_printer(printed):
    assert {form.kind for form in printed} == {*PRINTERS}
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
