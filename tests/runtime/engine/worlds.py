"""Pools and jobs for the model, and what must be true of them when all is over."""

from __future__ import annotations

import numpy as np

from lazydag.runtime.address import address_of
from lazydag.runtime.engine import words
from lazydag.runtime.engines import PYTHON
from lazydag.runtime.freeze import FrozenGraph
from lazydag.runtime.words import new_words
from tests.runtime.engine.model import ENGINE, FUTEX, Scheduler

FAR = 1_000_000  # between the blocks of two tasks


def new_pool(ticks=1 << 60):
    """Return the words of a pool whose threads sleep at once."""
    pool = new_words(words.POOL >> 3)
    for at, value in {
        words.FREE: -1,
        words.WAIT: words.WAIT_FUTEX,
        words.WAIT_FUNCTION: FUTEX,
        words.WAKE_FUNCTION: FUTEX,
        words.LEAD_TICKS: ticks,
        words.HELP_TICKS: ticks,
        words.SLEEP_NS: 1,
        words.PYTHON_HOOK: FUTEX + 1,
    }.items():
        pool[at >> 3] = value
    return pool


class Job:
    """A graph of tasks that only note that they ran, and one run of it."""

    def __init__(
        self, edges, ntiles, python=(), gated=(), failing=(), workers=3, pairs=()
    ):
        self.ntiles = np.asarray(ntiles)
        count = len(self.ntiles)
        self.edges = edges
        self.failing = set(failing)
        self.ran = []
        self.gated = set(gated)
        # Tasks whose kernels do not return before the other one's has begun.
        self.partners = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
        kernels = np.arange(1, count + 1)
        kernels[list(python)] = 0
        holds = np.zeros(count, bool)
        holds[list(gated)] = True
        self.frozen = FrozenGraph.from_arrays(
            kernels=kernels,
            blocks=FAR * np.arange(count),
            ntiles=self.ntiles,
            strides=1,
            edges=tuple(np.array(edges, np.int64).reshape(-1, 2).T),
            calls={int(task): print for task in python},
            holds_gil=holds,
        )
        self.workers = workers
        self.state = self.frozen.state(PYTHON, workers)
        self.state.view[words.LIMIT >> 3] = workers - 1
        blocks = self.frozen.columns.blocks
        self.by_block = {int(blocks[task]): task for task in python}

    def kernel(self, name, kernel, block, bases):
        task = kernel - 1
        return self.run(task, (block - FAR * task) // 8)

    def hook(self, name, job, desk, block):
        task = self.by_block[block]
        if task in self.gated:
            worker = (desk - self.state.view[words.DESKS >> 3]) // self.desk_nbytes
            assert self.state.view[words.GATE >> 3] == worker + 1
        return self.run(task, 0)

    @property
    def desk_nbytes(self):
        return self.state.view[words.DESK_NBYTES >> 3]

    def run(self, task, tile):
        self.ran.append((task, tile))
        return 7 if task in self.failing else 0

    def expect(self):
        """Return the tasks that fail, and those that are skipped."""
        bad, skipped = set(), set()
        for task in self.frozen.prepare(PYTHON).order.tolist():
            before = {a for a, b in self.edges if b == task}
            if before & (bad | skipped):
                skipped.add(task)
            elif task in self.failing and self.ntiles[task]:
                bad.add(task)
        return bad, skipped

    def check(self):
        """Check that each tile ran once, in order, and that nothing is left over."""
        bad, skipped = self.expect()
        order = self.state.tables.order
        assert {int(order[f[0]]) for f in self.state.failures()} == bad
        assert set(order[self.state.poisoned()].tolist()) == skipped
        assert len(set(self.ran)) == len(self.ran)
        good = set(range(len(self.ntiles))) - bad - skipped
        ran = [(t, tile) for t, tile in self.ran if t in good]
        assert sorted(ran) == [
            (t, i) for t in sorted(good) for i in range(self.ntiles[t])
        ]
        assert not skipped & {t for t, _ in self.ran}
        for before, after in self.edges:
            self.check_edge(before, after)
        self.check_words()

    def check_edge(self, before, after):
        ends = [at for at, (task, _) in enumerate(self.ran) if task == before]
        starts = [at for at, (task, _) in enumerate(self.ran) if task == after]
        assert not ends or not starts or max(ends) < min(starts)

    def check_words(self):
        view, tables = self.state.view, self.state.tables
        memory = self.state._memory
        sets = (view[words.SETS >> 3] - self.state.address) >> 3
        assert not memory[sets : sets + view[words.SETS_WORDS >> 3]].any()
        counters = (view[words.COUNTERS >> 3] - self.state.address) >> 3
        halves = memory[counters:].view(np.int32)[: len(tables.order)]
        several = tables.degrees > 1
        assert (halves[several] == tables.degrees[several]).all()
        assert view[words.REMAINING >> 3] == 0
        assert view[words.GATE >> 3] == 0
        assert view[words.PHASE >> 3] == words.PHASE_SHUT


class World:
    """Jobs, each led by a thread of its own, and helpers that serve them all."""

    def __init__(self, choose, jobs, helpers=2, *, every=True, ticks=1 << 60):
        self.pool = new_pool(ticks)
        self.jobs = jobs
        address = address_of(self.pool)
        self.scheduler = Scheduler(
            choose, every=every, kernel=self.kernel, hook=self.hook
        )
        self.scheduler.nap = address + words.NAP + words.TOKENS
        self.left = len(jobs)
        for number, job in enumerate(jobs):
            self.scheduler.add(f"leader {number}", self.lead(address, job))
        for worker in range(1, helpers + 1):
            helper = self.help(address, worker)
            self.scheduler.add(f"helper {worker}", helper)
        self.drained = 0

    def lead(self, pool, job):
        end = words.TICK
        while end == words.TICK:
            end = yield from ENGINE["lead"](pool, job.state.address)
            assert job.state.view[words.GATE >> 3] != 1
        self.left -= 1
        if self.left == 0:
            yield from ENGINE["quit_pool"](pool)
        return end

    def help(self, pool, worker):
        while (yield from ENGINE["help_jobs"](pool, worker)) == words.DYNAMIC_WORK:
            self.drained += 1

    def kernel(self, name, kernel, block, bases):
        job = self.job_of(bases)
        # Nobody runs a kernel behind the gate: the GIL is kept there.
        kind, number = name.split()
        worker = int(number) if kind == "helper" else 0
        assert job.state.view[words.GATE >> 3] != worker + 1
        self.hold(name, job, kernel - 1)
        return job.kernel(name, kernel, block, bases)

    def hold(self, name, job, task):
        """Keep a thread in its task until the task's partner has begun."""
        if task in job.partners:
            partner = (job.partners[task], 0)
            self.scheduler.held[name] = lambda: partner in job.ran

    def hook(self, name, job, desk, block):
        (found,) = (each for each in self.jobs if each.state.address == job)
        self.hold(name, found, found.by_block[block])
        return found.hook(name, job, desk, block)

    def job_of(self, bases):
        (found,) = (job for job in self.jobs if job.state.table == bases)
        return found

    def play(self):
        """Run to the end, and check that the pool is as it was."""
        self.scheduler.run()
        pool = self.pool
        assert pool[words.OPEN >> 3] == 0
        assert pool[words.FREE >> 3] == -1
        for slot in range(words.SLOTS):
            first = words.FIRST_SLOT + slot * words.SLOT
            assert pool[(first + words.SLOT_INSIDE) >> 3] == 0
            self.check_place(first + words.SLOT_PLACE)
        self.check_place(words.HELPERS)

    def check_place(self, at):
        assert self.pool[(at + words.SLEEPERS) >> 3] == 0
        assert self.pool[(at + words.TOKENS) >> 3] == 0


def random_job(random, count=6):
    """Return a job of tasks of all kinds."""
    nedges = int(random.integers(0, 2 * count))
    ends = np.sort(random.integers(0, count, (nedges, 2)), axis=1)
    edges = [tuple(edge) for edge in ends.tolist() if edge[0] != edge[1]]
    ntiles = np.where(random.random(count) < 0.3, random.integers(0, 4, count), 1)
    python = [t for t in range(count) if ntiles[t] == 1 and random.random() < 0.3]
    gated = [t for t in python if random.random() < 0.7]
    chance = random.choice([0, 0, 0.2])
    failing = [t for t in range(count) if random.random() < chance]
    return Job(edges, ntiles, python, gated, failing)
