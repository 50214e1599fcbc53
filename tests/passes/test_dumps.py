"""Text in, text out: each `.ir` file and the plan that a pass makes of it.

The folder says which passes run, and for which machine. `--update-golden` writes what
they make; read it as if a colleague had planned it by hand.
"""

from pathlib import Path

import pytest

from lazydag.cost.target import Target
from lazydag.ir.text import dump, parse
from lazydag.ir.verify import verify
from lazydag.passes.base import Pass
from lazydag.passes.fuse import Fuse
from lazydag.passes.join_products import JoinProducts
from lazydag.passes.place import Place
from lazydag.passes.simplify import Simplify
from lazydag.passes.split_reductions import SplitReductions
from lazydag.passes.tile import Tile
from tests.passes.targets import LAPTOP, WITH_GPU

HERE = Path(__file__).parent
FUSE = (Simplify(), SplitReductions(), Fuse())
PASSES: dict[str, tuple[tuple[Pass, ...], Target]] = {
    "simplify": ((Simplify(),), LAPTOP),
    "split": ((Simplify(), SplitReductions()), LAPTOP),
    "fuse": (FUSE, LAPTOP),
    "join": ((*FUSE, JoinProducts(), Tile()), LAPTOP),
    "tile": ((*FUSE, Tile()), LAPTOP),
    "place": ((*FUSE, Tile(), Place()), WITH_GPU),
}
FILES = sorted(path for folder in PASSES for path in (HERE / folder).glob("*.ir"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_dump(path, golden):
    passes, target = PASSES[path.parent.name]
    graph = parse(path.read_text(), file=path.name)
    for each in passes:
        graph = each(graph, target)
        verify(graph, by=type(each).__name__)
    expected = path.with_suffix(".out").relative_to(HERE)
    golden(str(expected), dump(graph, sources=False))
