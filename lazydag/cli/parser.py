"""The argument parser: argparse, whose errors are one line each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from lazydag.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` in place of printing its usage."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong."""
        raise UsageError(message, remedy=f"{self.prog} --help lists what there is.")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command: its names, and what argparse is to do with it."""

    names: tuple[str, ...]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: what it says of itself, what it takes, what it does.

    Parameters
    ----------
    run
        Called with the options by name.
    """

    name: str
    help: str
    options: tuple[Option, ...]
    run: Callable[..., None]


def option(*names: str, **settings: Any) -> Option:
    """Return an option as a row of a table."""
    return Option(names, settings)


def flag(name: str, help: str) -> Option:
    """Return an option that is there or not."""
    return Option((name,), {"action": "store_true", "help": help})
