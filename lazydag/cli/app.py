"""The commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version

from lazydag.cli.calibrate import CALIBRATE
from lazydag.cli.explain import EXPLAIN
from lazydag.cli.info import INFO
from lazydag.cli.parser import Parser, flag
from lazydag.cli.run import RUN
from lazydag.errors import LazydagError, UsageError

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


COMMANDS = (EXPLAIN, RUN, INFO, CALIBRATE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code.

    Parameters
    ----------
    argv
        The words after ``lazydag``; those of the process by default.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except SystemExit as stop:  # argparse leaves --help and --version so
        return int(stop.code or DONE)
    except BrokenPipeError:  # such as `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except LazydagError as error:
        return _report(error, with_traceback="--traceback" in words)


def build_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(prog="lazydag", description="A compiler for task parallelism.")
    known = f"lazydag {version('lazydag')}"
    parser.add_argument("--version", action="version", version=known)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name, help=command.help, description=f"{command.help.capitalize()}."
        )
        for row in (
            *command.options,
            flag("--traceback", "show where an error is from"),
        ):
            sub.add_argument(*row.names, **row.settings)
        sub.set_defaults(run=command.run)
    return parser


def _dispatch(words: list[str]) -> int:
    arguments = vars(build_parser().parse_args(words))
    run = arguments.pop("run")
    arguments.pop("traceback")
    run(**arguments)
    sys.stdout.flush()
    return DONE


def _report(error: LazydagError, *, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exception(error)
    if isinstance(error, UsageError):
        sentences = filter(None, (error.what, error.remedy))
        line = " ".join(". ".join(sentences).split())
        print(f"lazydag: {line}", file=sys.stderr)
        return MISUSED
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return FAILED
