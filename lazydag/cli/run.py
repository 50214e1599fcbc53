"""``lazydag run SCRIPT``: a script, watched."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

from lazydag.cli.parser import Command, Parser, flag, option
from lazydag.cli.script import run_script
from lazydag.explain import progress, trace
from lazydag.explain.terminal import is_plain

_FLAGS = (
    option(
        "--trace",
        metavar="FILE",
        help="write what is run to FILE, which https://ui.perfetto.dev shows",
    ),
    flag("--gantt", "print a chart of what was run, at the end"),
    flag("--progress", "show how far long work is, even if stderr is no terminal"),
    option("--threads", type=int, metavar="N", help="run plans on N threads"),
)
_OPTIONS = (
    *_FLAGS,
    option("script", metavar="SCRIPT", help="the file to run, as python does"),
    option(
        "words",
        nargs=argparse.REMAINDER,
        metavar="...",
        help="what the script finds in sys.argv; the options of this command may stand "
        "among it, up to a --",
    ),
)


def run(script: str, words: list[str], **flags: object) -> None:
    """Run a script under what was asked for, and exit with its code."""
    given, args = _split(words, argparse.Namespace(**flags))
    if given.threads is not None:
        from lazydag.array.engine import set_num_threads

        set_num_threads(given.threads)
    with ExitStack() as stack:
        recorded = None
        if given.trace or given.gantt:
            recorded = stack.enter_context(trace(given.trace))
        if given.progress:
            stack.enter_context(progress(force=True))
        code = run_script(script, args)
    if recorded is not None and given.gantt:
        print(recorded.gantt(plain=is_plain(sys.stderr)), file=sys.stderr)
    raise SystemExit(code)


def _split(
    words: list[str], flags: argparse.Namespace
) -> tuple[argparse.Namespace, list[str]]:
    """Return this command's options among `words`, and the rest, which the script gets.

    Examples
    --------
    >>> words = ["-n", "5", "--gantt", "x", "--", "--trace"]
    >>> _split(words, argparse.Namespace(trace=None, threads=2))
    (Namespace(trace=None, threads=2, gantt=True, progress=False),
     ['-n', '5', 'x', '--trace'])
    """
    end = words.index("--") if "--" in words else len(words)
    parser = Parser(prog="lazydag run", add_help=False, allow_abbrev=False)
    for row in _FLAGS:
        parser.add_argument(*row.names, **row.settings)
    given, args = parser.parse_known_args(words[:end], flags)
    return given, args + words[end + 1 :]


RUN = Command("run", "run a script, and watch it", _OPTIONS, run)
