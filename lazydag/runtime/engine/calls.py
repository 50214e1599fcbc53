"""Python callables as tasks, called through the interpreter's C interface.

A callable's block is one word, its address; it is called with the run's table of buffer
addresses. What it raises is fetched here and handed to the job's `ON_ERROR`, so that
the very exception arrives there with its traceback.

A worker keeps the GIL from one call to the next as long as it has such tasks to run:
taking it takes longer than many a call. The interpreter still takes it away for other
threads while callables run.
"""

from __future__ import annotations

from lazydag.runtime.engine.memory import call, call32, load, store
from lazydag.runtime.engine.words import (
    BASES_OBJECT,
    CODE_RAISED,
    DESK_HELD,
    DESK_TRACEBACK,
    DESK_TYPE,
    DESK_VALUE,
    ON_ERROR,
    PYTHON_CALL,
    PYTHON_CLEAR,
    PYTHON_DECREF,
    PYTHON_ENSURE,
    PYTHON_FETCH,
    PYTHON_HOOK,
    PYTHON_INT,
    PYTHON_NORMALIZE,
    PYTHON_RELEASE,
)


def call_python(pool: int, job: int, desk: int, block: int) -> int:
    """Call a block's callable; return 0, or `CODE_RAISED`. Leaves the GIL taken."""
    hook = load(pool + PYTHON_HOOK)
    if hook != 0:
        return call32(hook, job, desk, block)
    if load(desk + DESK_HELD) == 0:
        store(desk + DESK_HELD, 1 + call32(load(pool + PYTHON_ENSURE)))
    result = call(load(pool + PYTHON_CALL), load(block), load(job + BASES_OBJECT))
    if result == 0:
        hand_over(pool, job, desk)
        return CODE_RAISED
    call(load(pool + PYTHON_DECREF), result)
    return 0


def drop_gil(pool: int, desk: int) -> None:
    """Give up the GIL, if the worker has it."""
    held = load(desk + DESK_HELD)
    if held != 0:
        store(desk + DESK_HELD, 0)
        call(load(pool + PYTHON_RELEASE), held - 1)


def hand_over(pool: int, job: int, desk: int) -> None:
    """Give the exception that is set to `ON_ERROR`, by way of the desk."""
    kind = desk + DESK_TYPE
    value = desk + DESK_VALUE
    traceback = desk + DESK_TRACEBACK
    call(load(pool + PYTHON_FETCH), kind, value, traceback)
    call(load(pool + PYTHON_NORMALIZE), kind, value, traceback)
    number = call(load(pool + PYTHON_INT), desk)
    if number != 0:
        result = call(load(pool + PYTHON_CALL), load(job + ON_ERROR), number)
        drop(pool, result)
        drop(pool, number)
    call(load(pool + PYTHON_CLEAR))
    drop(pool, load(kind))
    drop(pool, load(value))
    drop(pool, load(traceback))
    store(kind, 0)
    store(value, 0)
    store(traceback, 0)


def drop(pool: int, reference: int) -> None:
    """Drop a reference to a Python object, if there is one."""
    if reference != 0:
        call(load(pool + PYTHON_DECREF), reference)
