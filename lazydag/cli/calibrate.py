"""``lazydag calibrate``: measure the machine, keep and print what was found."""

from __future__ import annotations

from lazydag.cli.machine import target_lines
from lazydag.cli.output import cannot_write
from lazydag.cli.parser import Command, option
from lazydag.cost import Target
from lazydag.cost.probes import GpuProbes
from lazydag.errors import UsageError

_OPTIONS = (
    option(
        "--seconds",
        type=float,
        default=6.0,
        metavar="N",
        help="time to measure for; default: 6",
    ),
    option("--output", metavar="FILE", help="keep it in FILE, not in the cache"),
)


def run(seconds: float, output: str | None) -> None:
    """Measure, print, keep."""
    from lazydag.backends.cpu.calibration import native_probes
    from lazydag.cost.calibrate import calibrate

    if not 0 < seconds < 3600:
        raise UsageError(f"--seconds {seconds:g} is not between 0 and 3600")
    target = calibrate(native_probes(), seconds, gpus=_gpu_probes())
    print("\n".join(target_lines(target)))
    print(f"kept in {_keep(target, output)}")


def _gpu_probes() -> GpuProbes | None:
    """Return what times GPUs, if there are some that plans use."""
    from lazydag.cost.gpus import usable_gpus

    if not usable_gpus():
        return None
    from lazydag.backends.cuda.calibration import CupyProbes

    return CupyProbes()


def _keep(target: Target, output: str | None) -> str:
    from lazydag.cost.calibrate import save_calibration
    from lazydag.cost.host import calibration_file
    from lazydag.cost.store import save

    try:
        if output is None:
            return str(save_calibration(target))
        save(target, output)
    except OSError as error:
        raise cannot_write(output or str(calibration_file()), error) from error
    return output


CALIBRATE = Command("calibrate", "measure this machine for estimates", _OPTIONS, run)
