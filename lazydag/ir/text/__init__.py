"""The text form of graphs.

In: a graph, or its text. Out: text that reads well and is the same on every run, or the
graph itself: ``parse(dump(g)) is g``. Sources, annotations and notes are for readers;
they are comments in the text, and parsing does not bring them back.
"""

from lazydag.ir.text.dump import dump, excerpt
from lazydag.ir.text.json_form import to_json
from lazydag.ir.text.names import user_kernels
from lazydag.ir.text.parse import parse, parse_type

__all__ = ["dump", "excerpt", "parse", "parse_type", "to_json", "user_kernels"]
