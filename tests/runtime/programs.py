"""Random graphs of arrays, whose tasks stamp when they began and ended."""

from __future__ import annotations

import ctypes

import numpy as np

from lazydag.runtime import FrozenGraph

# block: clock, stamps, code, rounds. Counts the tile, notes when the last one began and
# the latest end, and returns the code.
STAMP = """
define i32 @stamp(ptr %block, ptr %bases) {
entry:
  %clock = load ptr, ptr %block
  %p1 = getelementptr i64, ptr %block, i64 1
  %mine = load ptr, ptr %p1
  %p2 = getelementptr i64, ptr %block, i64 2
  %code = load i64, ptr %p2
  %p3 = getelementptr i64, ptr %block, i64 3
  %rounds = load i64, ptr %p3
  %old = atomicrmw add ptr %mine, i64 1 seq_cst
  %begin = atomicrmw add ptr %clock, i64 1 seq_cst
  %b = getelementptr i64, ptr %mine, i64 1
  %first = atomicrmw umin ptr %b, i64 %begin seq_cst
  %cell = alloca i64
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  store volatile i64 %i, ptr %cell
  %i1 = add i64 %i, 1
  %on = icmp slt i64 %i1, %rounds
  br i1 %on, label %loop, label %done
done:
  %end = atomicrmw add ptr %clock, i64 1 seq_cst
  %e = getelementptr i64, ptr %mine, i64 2
  %last = atomicrmw umax ptr %e, i64 %end seq_cst
  %r = trunc i64 %code to i32
  ret i32 %r
}
"""
CODE = 7


class Program:
    """A graph of random tasks, and what must come of running it.

    Parameters
    ----------
    address
        Of the kernel above.
    """

    def __init__(self, address, seed):
        random = self.random = np.random.default_rng(seed)
        count = self.count = int(random.choice([1, 3, 10, 70, 300]))
        self.rank = random.permutation(count)
        self.sources, self.destinations = self.edges(int(random.integers(0, 3 * count)))
        is_grid = random.random(count) < 0.2
        self.ntiles = np.where(is_grid, random.integers(0, 20, count), 1)
        self.is_python = (random.random(count) < 0.2) & (self.ntiles == 1)
        chance = random.choice([0, 0, 0.05])
        self.fails = (random.random(count) < chance) & (self.ntiles > 0)
        self.clock = np.zeros(1, np.int64)
        self.stamps = np.zeros((count, 8), np.int64)
        self.blocks = [self.block(task) for task in range(count)]
        self.kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, ctypes.c_int64)(
            address
        )
        self.frozen = FrozenGraph.from_arrays(
            kernels=np.where(self.is_python, 0, address),
            blocks=[block.ctypes.data for block in self.blocks],
            ntiles=self.ntiles,
            strides=4,
            grains=random.integers(1, 4, count),
            edges=(self.sources, self.destinations),
            costs=random.random(count) if random.random() < 0.5 else 0.0,
            calls={int(t): self.call(int(t)) for t in np.flatnonzero(self.is_python)},
            holds_gil=self.is_python & (random.random(count) < 0.7),
            keep=self.blocks,
        )

    def edges(self, count):
        ends = np.sort(self.random.integers(0, self.count, (2, count)), axis=0)
        return self.rank[ends[:, ends[0] != ends[1]]]

    def block(self, task):
        blocks = np.zeros((max(1, self.ntiles[task]), 4), np.int64)
        blocks[:, 0] = self.clock.ctypes.data
        blocks[:, 1] = self.stamps[task].ctypes.data
        blocks[:, 3] = self.random.integers(1, 300)
        if self.fails[task]:
            blocks[self.random.integers(len(blocks)), 2] = CODE
        return blocks

    def call(self, task):
        def call(bases):
            if self.kernel(self.blocks[task].ctypes.data, 0):
                raise KeyError(task)

        return call

    def expected(self):
        """Return which tasks fail, and which are skipped."""
        bad, skipped = self.fails.copy(), np.zeros(self.count, bool)
        for task in self.rank.tolist():
            before = self.sources[self.destinations == task]
            if (bad | skipped)[before].any():
                skipped[task], bad[task] = True, False
        return bad, skipped

    def check(self, executor):
        """Run once, and check what ran, how often, and in which order."""
        self.start()
        outcome = executor.execute(self.frozen, [])
        bad, skipped = self.expected()
        assert sorted(outcome.failures) == np.flatnonzero(bad).tolist()
        assert outcome.skipped == np.flatnonzero(skipped).tolist()
        ran, good = self.stamps[:, 0], ~bad & ~skipped
        np.testing.assert_array_equal(ran[good], self.ntiles[good])
        assert (ran[bad] >= 1).all()
        self.check_what_ran(outcome)

    def start(self):
        """Forget what ran."""
        self.clock[:] = 0
        self.stamps[:] = 0
        self.stamps[:, 1] = 1 << 40

    def check_what_ran(self, outcome):
        """Check what holds for every run, even a stopped one."""
        bad, skipped = self.expected()
        ran = self.stamps[:, 0]
        assert (ran <= self.ntiles).all()
        assert not ran[skipped].any()
        assert set(outcome.failures) <= set(np.flatnonzero(bad).tolist())
        assert set(outcome.skipped) <= set(np.flatnonzero(skipped).tolist())
        ends, starts = self.stamps[self.sources, 2], self.stamps[self.destinations, 1]
        assert (ends[ran[self.sources] > 0] < starts[ran[self.sources] > 0]).all()
        for task, failure in outcome.failures.items():
            self.check_failure(task, failure)

    def check_failure(self, task, failure):
        if self.is_python[task]:
            assert failure.exception.args == (task,)
            assert failure.exception.__traceback__ is not None
        else:
            assert failure.code == CODE
            assert self.blocks[task][failure.tile, 2] == CODE
