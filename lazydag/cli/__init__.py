"""The command line: ``lazydag explain``, ``run``, ``info`` and ``calibrate``.

In: words typed in a shell. Out: text on stdout and an exit code: 0, 1 for an error of
the program that was looked at, 2 for arguments that make no sense.
"""

from lazydag.cli.app import main

__all__ = ["main"]
